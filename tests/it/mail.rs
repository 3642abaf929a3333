//! Mail in: a corpus of letters with what is read in them, hostile mail, and mail that is no mail at all.

use std::fs;
use std::path::{Path, PathBuf};

use caredesk::mail::{DeskMail, Envelope, Limits, MessageIds, Reading, read};
use proptest::prelude::*;

fn desk() -> DeskMail {
    DeskMail {
        addresses: vec!["helpdesk@nas.example".into()],
        ids: MessageIds::new([7; 32], "nas.example"),
        boundary: caredesk::mail::Boundary::None,
    }
}

fn read_raw(raw: &[u8]) -> Reading {
    read(raw, &Envelope::default(), &desk(), &Limits::default())
}

fn corpus() -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/mail");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the corpus is there")
        .map(|entry| entry.expect("it can be listed").path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "eml"));
    files.sort();
    files.into_iter().map(|path| (path.clone(), fs::read(path).expect("a corpus file can be read"))).collect()
}

/// What a mail says, in the form that stands beside it in the corpus.
fn told(reading: &Reading) -> String {
    match reading {
        Reading::Unreadable(mail) => format!("unreadable: {}\n{}\n", mail.code, mail.reason),
        Reading::Readable(mail) => {
            let mut lines = vec![
                format!("class: {} ({})", mail.class.name(), mail.because),
                format!("from: {}", mail.from.address),
            ];
            lines.extend(mail.from.name.as_ref().map(|name| format!("name: {name}")));
            lines.push(format!("subject: {}", mail.subject));
            lines.extend(
                mail.suppress_answer
                    .as_ref()
                    .filter(|_| mail.class.is_from_a_person())
                    .map(|why| format!("no answer: {why}")),
            );
            lines.extend((!mail.references.is_empty()).then(|| format!("references: {}", mail.references.join(" "))));
            lines.extend(mail.attachments.iter().map(|attachment| format!("attachment: {attachment:?}")));
            let marks = [
                ("html differs", mail.differs),
                ("secret removed", mail.secret_removed),
                ("sender differs", mail.sender_differs),
            ];
            lines.extend(marks.iter().filter(|(_, is)| *is).map(|(mark, _)| format!("mark: {mark}")));
            format!("{}\n\n{}\n", lines.join("\n"), mail.latest_text)
        }
    }
}

/// A mail is added to the corpus by adding two files. With `UPDATE_CORPUS=1` the second is written, to be read by a person.
#[test]
fn every_mail_of_the_corpus_reads_as_it_should() {
    let mut wrong = Vec::new();
    for (path, raw) in corpus() {
        let said = told(&read_raw(&raw));
        let beside = path.with_extension("txt");
        if std::env::var_os("UPDATE_CORPUS").is_some() {
            fs::write(&beside, &said).expect("the expectation can be written");
        }
        let wanted = fs::read_to_string(&beside).unwrap_or_default();
        if said != wanted {
            wrong.push(format!("{}\n--- is\n{said}--- should be\n{wanted}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn line_ends_of_the_way_change_nothing() {
    for (path, raw) in corpus() {
        if raw.contains(&b'\r') {
            continue;
        }
        let text = String::from_utf8_lossy(&raw).replace('\n', "\r\n");
        let other = if std::str::from_utf8(&raw).is_ok() { read_raw(text.as_bytes()) } else { continue };
        match (read_raw(&raw), other) {
            (Reading::Readable(a), Reading::Readable(b)) => {
                assert_eq!(a.digest, b.digest, "{}", path.display());
                assert_eq!(a.latest_text, b.latest_text, "{}", path.display());
            }
            (a, b) => assert_eq!(told(&a), told(&b), "{}", path.display()),
        }
    }
}

#[test]
fn the_digest_is_of_what_was_written_not_of_the_way() {
    let of = |raw: &str| match read_raw(raw.as_bytes()) {
        Reading::Readable(mail) => mail.digest,
        Reading::Unreadable(mail) => panic!("{}", mail.reason),
    };
    let mail = "From: jo@care.example\nDate: Mon, 2 Mar 2026 10:00:00 +0000\nMessage-ID: <a@care.example>\nSubject: locked\n\nhello\n";
    let traced =
        format!("Return-Path: <jo@care.example>\nReceived: from a by b; Mon, 2 Mar 2026 10:00:01 +0000\n{mail}\n");
    assert_eq!(of(mail), of(&traced));
    assert_eq!(of(mail), of(&mail.replace("Subject: locked", "Subject:\n locked")));
    for (from, to) in
        [("hello", "hallo"), ("<a@", "<b@"), ("10:00:00", "10:00:01"), ("jo@", "sam@"), ("locked", "lost")]
    {
        assert_ne!(of(mail), of(&mail.replace(from, to)), "{from}");
    }
}

#[test]
fn the_null_path_is_not_the_unknown_path() {
    let mail = b"From: jo@care.example\nSubject: locked\n\nhello\n";
    let class = |path: Option<&str>| {
        let envelope = Envelope { mail_from: path.map(str::to_owned), rcpt: vec![] };
        match read(mail, &envelope, &desk(), &Limits::default()) {
            Reading::Readable(mail) => mail.class.name(),
            Reading::Unreadable(_) => "unreadable",
        }
    };
    assert_eq!(class(None), "request");
    assert_eq!(class(Some("jo@care.example")), "request");
    assert_eq!(class(Some("")), "auto_reply");
    assert_eq!(class(Some("<>")), "auto_reply");
}

/// Hostile mails: each is answered, in whatever way, on the small stack of a test and without running for long.
#[test]
fn bombs_are_survived() {
    let head = "From: jo@care.example\nSubject: x\n";
    let mixed = |inner: &str| format!("{head}Content-Type: multipart/mixed; boundary=b\n\n{inner}");
    let unclosed: String = (0..40_000)
        .map(|n| {
            format!(
                "--b{}\nContent-Type: multipart/mixed; boundary=b{n}\n\n",
                if n == 0 { String::new() } else { (n - 1).to_string() }
            )
        })
        .collect();
    let wrapped = |times: usize| {
        let mut mail = b"From: a@b.example\n\nhi".to_vec();
        for _ in 0..times {
            let mut outer =
                b"From: a@b.example\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n".to_vec();
            outer.extend_from_slice(base64(&mail).as_bytes());
            mail = outer;
        }
        mail
    };
    let bombs: Vec<(&str, Option<&str>, Vec<u8>)> = vec![
        ("nothing", Some("empty"), b"".to_vec()),
        ("blanks", Some("empty"), b" \r\n\r\n ".to_vec()),
        (
            "nested multiparts",
            Some("too-deep"),
            format!("{head}{}", "Content-Type: multipart/mixed; boundary=b\n\n--b\n".repeat(100_000)).into_bytes(),
        ),
        (
            "nested mails",
            Some("too-deep"),
            format!("{head}{}", "Content-Type: message/rfc822\n\n".repeat(100_000)).into_bytes(),
        ),
        ("mails wrapped in mails", None, wrapped(25)),
        ("nested mails in a wrapped mail", Some("too-deep"), {
            let nested = base64(format!("{}hi", "Content-Type: message/rfc822\n\n".repeat(30_000)).as_bytes());
            format!("{head}Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{nested}").into_bytes()
        }),
        (
            "nested digests",
            Some("too-deep"),
            mixed(&"--b\nContent-Type: multipart/digest; boundary=b\n\n--b\n\n".repeat(30_000)).into_bytes(),
        ),
        ("empty parts", None, mixed(&"--b\n".repeat(1_000_000)).into_bytes()),
        ("empty parts with lines", Some("too-many-parts"), mixed(&"--b\n\n".repeat(1_000_000)).into_bytes()),
        ("unclosed boundaries", Some("too-deep"), mixed(&unclosed).into_bytes()),
        ("many headers", Some("too-many-headers"), format!("{head}{}\nhi", "X: y\n".repeat(1_000_000)).into_bytes()),
        (
            "one long header",
            Some("headers-too-long"),
            format!("{head}X: {}\n\nhi", "y".repeat(13_000_000)).into_bytes(),
        ),
        (
            "many recipients",
            None,
            format!("{head}To: {}z@b.example\n\nhi", "a@b.example, ".repeat(1_000_000)).into_bytes(),
        ),
        (
            "600 recipients",
            Some("too-many-addresses"),
            format!("{head}To: {}z@b.example\n\nhi", "a@b.example, ".repeat(600)).into_bytes(),
        ),
        (
            "many encoded words",
            None,
            format!("{head}Comments: {}\n\nhi", "=?utf-8?q?a?= ".repeat(1_000_000)).into_bytes(),
        ),
        (
            "encoded words in the subject",
            None,
            format!("From: jo@care.example\nSubject: {}\n\nhi", "=?utf-8?q?a?= ".repeat(17_000)).into_bytes(),
        ),
        ("many comments", None, format!("From: {}jo@care.example\n\nhi", "(".repeat(200_000)).into_bytes()),
        ("comments in To", None, format!("{head}To: {}a@b.example\n\nhi", "(".repeat(200_000)).into_bytes()),
        ("many references", None, format!("{head}References: {}\n\nhi", "<a@b>".repeat(50_000)).into_bytes()),
        (
            "a long boundary",
            None,
            format!("{head}Content-Type: multipart/mixed; boundary={}\n\nhi", "b".repeat(70_000)).into_bytes(),
        ),
        ("lines like borders", None, mixed(&"--c\n".repeat(99_000)).into_bytes()),
        (
            "soft breaks",
            None,
            format!("{head}Content-Transfer-Encoding: quoted-printable\n\n{}", "=\n".repeat(10_000_000)).into_bytes(),
        ),
        ("deep html", None, format!("{head}Content-Type: text/html\n\n{}", "<div>".repeat(100_000)).into_bytes()),
        (
            "deep quotes",
            None,
            format!("{head}Content-Type: text/html\n\n{}", "<blockquote>a".repeat(100_000)).into_bytes(),
        ),
        ("open tags", None, format!("{head}Content-Type: text/html\n\n{}", "<a '".repeat(1_000_000)).into_bytes()),
        (
            "open comments",
            None,
            format!("{head}Content-Type: text/html\n\n{}", "<!-- <style".repeat(500_000)).into_bytes(),
        ),
        ("entities", None, format!("{head}Content-Type: text/html\n\n{}", "&amp;".repeat(1_000_000)).into_bytes()),
        (
            "style",
            None,
            format!("{head}Content-Type: text/html\n\n<style>{}</style>hi", "a{b:c}".repeat(900_000)).into_bytes(),
        ),
        ("On On On", None, format!("{head}\n{}", "On ".repeat(20_000)).into_bytes()),
        ("On lines", None, format!("{head}\n{}", "On a\n".repeat(12_000)).into_bytes()),
        ("From lines", None, format!("{head}\n{}", "From: a\n".repeat(12_000)).into_bytes()),
        ("passwords", None, format!("{head}\n{}", "password is for my ".repeat(12_000)).into_bytes()),
        ("quotes", None, format!("{head}\n{}", "password \"a ".repeat(20_000)).into_bytes()),
        ("too big", Some("too-big"), vec![b'a'; 35_000_001]),
    ];
    for (name, code, raw) in bombs {
        let began = std::time::Instant::now();
        match (read_raw(&raw), code) {
            (Reading::Unreadable(mail), Some(code)) => assert_eq!(mail.code, code, "{name}"),
            (Reading::Readable(_), Some(code)) => panic!("{name} was read; it should be refused as {code}"),
            (_, None) => {}
        }
        if std::env::var_os("SHOW_TIMES").is_some() {
            eprintln!("{name}: {:?}", began.elapsed());
        }
    }
}

#[test]
fn the_largest_mail_that_is_let_in_is_read_whole() {
    let mut raw = b"From: jo@care.example\nSubject: big\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n".to_vec();
    let line = "QUJD".repeat(19) + "\n";
    raw.extend_from_slice(line.repeat(440_000).as_bytes());
    raw.extend_from_slice(b"--b--\n");
    let Reading::Readable(mail) = read_raw(&raw) else { panic!("it is not too big") };
    assert_eq!(mail.latest_text, "hello");
    assert_eq!(mail.attachments.first().map(|attachment| attachment.bytes.len()), Some(440_000 * 57));
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, byte| (word << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let digit = char::from(ALPHABET[(word >> (18 - 6 * at)) as usize & 63]);
            out.push(if at <= chunk.len() { digit } else { '=' });
        }
    }
    out
}

#[test]
fn a_mail_cut_off_anywhere_is_survived() {
    for name in ["outlook-reply.eml", "delivery-failed.eml"] {
        let raw = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/mail").join(name))
            .expect("the corpus has it");
        for end in 0..raw.len() {
            told(&read_raw(&raw[..end]));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_are_survived(raw in prop::collection::vec(any::<u8>(), 0..600)) {
        read_raw(&raw);
        read_raw(&[b"From: jo@care.example\n".as_slice(), &raw].concat());
        read_raw(&[b"From: jo@care.example\nContent-Type: text/html\n\n".as_slice(), &raw].concat());
    }

    #[test]
    fn a_damaged_mail_is_survived(which in any::<prop::sample::Index>(), damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..12)) {
        let corpus = corpus();
        let (_, mut raw) = corpus[which.index(corpus.len())].clone();
        for (place, byte, way) in damage {
            let at = place.index(raw.len().max(1)).min(raw.len().saturating_sub(1));
            match way {
                0 if !raw.is_empty() => raw[at] = byte,
                1 => raw.insert(at, byte),
                2 if !raw.is_empty() => drop(raw.remove(at)),
                _ => {
                    let piece = raw[at..raw.len().min(at + 60)].to_vec();
                    let middle = raw.len() / 2;
                    raw.splice(middle..middle, piece);
                }
            }
        }
        if let Reading::Readable(mail) = read_raw(&raw) {
            prop_assert!(mail.from.address.matches('@').count() == 1);
        }
    }
}
