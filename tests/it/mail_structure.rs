//! Mails that are built wrong, or in ways that few programs build them: what can be read is read, and what cannot goes to
//! a person.

use caredesk::mail::{DeskMail, Envelope, Incoming, Limits, MessageIds, Reading, read};

fn read_raw(raw: &[u8]) -> Reading {
    let desk = DeskMail {
        addresses: vec!["helpdesk@nas.example".into()],
        ids: MessageIds::new([7; 32], "nas.example"),
        boundary: caredesk::mail::Boundary::None,
    };
    read(raw, &Envelope::default(), &desk, &Limits::default())
}

fn readable(raw: &[u8]) -> Incoming {
    match read_raw(raw) {
        Reading::Readable(mail) => *mail,
        Reading::Unreadable(mail) => panic!("{}: {}", mail.code, String::from_utf8_lossy(raw)),
    }
}

fn refused(raw: &[u8]) -> &'static str {
    match read_raw(raw) {
        Reading::Readable(mail) => panic!("it was read: {}", mail.latest_text),
        Reading::Unreadable(mail) => mail.code,
    }
}

const HEAD: &str = "From: Jo Smith <jo@care.example>\nTo: helpdesk@nas.example\nSubject: FW: [EXTERNAL] locked out\n";

#[test]
fn a_pound_sign_survives_whatever_the_label_says() {
    let wanted = "It costs £250 – for Zoë’s";
    let windows = b"It costs \xA3250 \x96 for Zo\xEB\x92s";
    for label in ["utf-8", "us-ascii", "iso-8859-1", "ISO-8859-1", "windows-1252", "unknown-8bit", "nonsense"] {
        for (body, what) in [(wanted.as_bytes(), "UTF-8"), (windows.as_slice(), "windows-1252")] {
            let head = format!("{HEAD}Content-Type: text/plain; charset={label}\nContent-Transfer-Encoding: 8bit\n\n");
            assert_eq!(readable(&[head.as_bytes(), body].concat()).latest_text, wanted, "{what} as {label}");
            let html = format!("{HEAD}Content-Type: text/html; charset={label}\n\n<p>");
            assert_eq!(readable(&[html.as_bytes(), body].concat()).latest_text, wanted, "HTML, {what} as {label}");
        }
    }
    let broken = [wanted.as_bytes(), b" \xE2\x82"].concat();
    let mail = readable(&[HEAD.as_bytes(), b"Content-Type: text/plain; charset=utf-8\n\n", &broken].concat());
    assert!(mail.latest_text.starts_with(wanted), "one broken letter spoils no other: {}", mail.latest_text);
}

#[test]
fn broken_wrapping_is_read_as_far_as_it_goes() {
    let multipart = |boundary: &str, inner: &str| {
        format!("{HEAD}Content-Type: multipart/mixed; boundary=\"{boundary}\"\n\n{inner}")
    };
    for (what, raw) in [
        ("no last border", multipart("b", "--b\nContent-Type: text/plain\n\nPlease help.\n")),
        ("blanks in the border", multipart("a b", "--a b  \nContent-Type: text/plain\n\nPlease help.\n--a b--  \n")),
        ("no empty line in a part", multipart("b", "--b\nContent-Type: text/plain\n\nPlease help.\n--b\n")),
        ("base64 with dirt", format!("{HEAD}Content-Transfer-Encoding: base64\n\nUGxl!YXNl\n IGhl*bHAu\n")),
        ("base64 without its end", format!("{HEAD}Content-Transfer-Encoding: base64\n\nUGxlYXNlIGhlbHAu")),
        (
            "quoted-printable with bare signs",
            format!("{HEAD}Content-Transfer-Encoding: quoted-printable\n\nPlease =\nhelp."),
        ),
        ("HTML alone", format!("{HEAD}Content-Type: text/html\n\n<html><body><p>Please help.")),
    ] {
        assert_eq!(readable(raw.as_bytes()).latest_text, "Please help.", "{what}");
    }
}

#[test]
fn what_cannot_be_read_goes_to_a_person() {
    let of = |kind: &str, body: &str| refused(format!("{HEAD}Content-Type: {kind}\n\n{body}").as_bytes());
    assert_eq!(of("application/ms-tnef; name=winmail.dat", "x"), "winmail");
    assert_eq!(of("application/pkcs7-mime; smime-type=enveloped-data", "x"), "sealed");
    assert_eq!(of("multipart/encrypted; boundary=b", "--b\n\nx\n--b--"), "sealed");
    assert_eq!(of("text/plain", "-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----"), "sealed");
    assert_eq!(of("message/partial; id=x; number=1", "x"), "partial");
    assert_eq!(of("message/external-body; access-type=url", "x"), "external-body");
}

#[test]
fn a_winmail_file_beside_a_text_is_listed_and_told() {
    let mail = readable(
        format!("{HEAD}Content-Type: multipart/mixed; boundary=b\n\n--b\n\nPlease help.\n--b\nContent-Type: application/ms-tnef; name=winmail.dat\n\nx\n--b--\n")
            .as_bytes(),
    );
    assert_eq!(mail.latest_text, "Please help.");
    assert!(mail.because.contains("winmail.dat"), "{}", mail.because);
    assert_eq!(mail.attachments.first().map(|file| file.name.as_str()), Some("winmail.dat"));
}

#[test]
fn a_mail_within_a_mail_is_a_file_that_can_be_read_and_no_command() {
    let inner =
        "From: Ann Lee <ann@care.example>\nSubject: leaver\n\nPlease delete the account of Bo.\n\nKind regards\nAnn";
    let mail = readable(
        format!("{HEAD}Content-Type: multipart/mixed; boundary=b\n\n--b\n\nSee attached.\n--b\nContent-Type: message/rfc822\n\n{inner}\n--b--\n")
            .as_bytes(),
    );
    assert_eq!(mail.latest_text, "See attached.");
    assert_eq!(mail.from.address, "jo@care.example");
    let forwarded = mail.forwarded.expect("the inner mail can be read");
    assert!(forwarded.attached && forwarded.from.contains("ann@care.example"), "{forwarded:?}");
    assert_eq!(forwarded.text, "Please delete the account of Bo.");
    assert_eq!(mail.attachments.len(), 1);
}

#[test]
fn names_of_files_are_made_safe() {
    let named = |field: &str| {
        let mail = readable(
            format!("{HEAD}Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\nContent-Type: application/pdf\nContent-Disposition: attachment; {field}\n\nx\n--b--\n")
                .as_bytes(),
        );
        mail.attachments.first().map(|file| file.name.clone()).unwrap_or_default()
    };
    assert_eq!(named("filename=\"..\\\\..\\\\x.pdf\""), "x.pdf");
    assert_eq!(named("filename*0*=utf-8''%2e%2e%2finvoice%20;\n filename*1=\"March.pdf\""), "invoice March.pdf");
    assert_eq!(named("filename*=utf-8''invoice%E2%80%AEfdp.exe"), "invoicefdp.exe");
    assert_eq!(named("filename=\"con.pdf\""), "_con.pdf");
    assert_eq!(named("filename=\"report. . \""), "report");
    assert!(named(&format!("filename=\"{}.pdf\"", "x".repeat(300))).len() <= 150);
}

#[test]
fn two_forms_that_differ_are_both_shown_to_a_person() {
    let alternative = |plain: &str, html: &str| {
        readable(
            format!("{HEAD}Content-Type: multipart/alternative; boundary=b\n\n--b\n\n{plain}\n--b\nContent-Type: text/html\n\n{html}\n--b--\n")
                .as_bytes(),
        )
    };
    let mail = alternative("Please cancel it.", "<p>Please approve it.</p>");
    assert!(mail.differs && mail.because.contains("different"));
    assert!(mail.text.contains("cancel") && mail.text.contains("approve"));
    let mail = alternative(
        "Please *cancel* it.\n\nhttps://x.example/",
        "<p>Please <b>cancel</b> it.</p><a href='https://x.example/'>x</a>",
    );
    assert!(!mail.differs);
}

#[test]
fn a_sender_in_borrowed_letters_is_told() {
    let mail = readable("From: owner <owner@n\u{4BB}s.example>\nSubject: x\n\nhello".as_bytes());
    assert!(mail.odd_sender.is_some() && mail.because.contains("letters"));
}

#[test]
fn a_subject_is_found_under_its_tags() {
    let mail = readable(format!("{HEAD}\nhello").as_bytes());
    assert_eq!((mail.subject.as_str(), mail.topic.as_str()), ("FW: [EXTERNAL] locked out", "locked out"));
}

#[test]
fn of_a_quoted_question_a_machine_reads_the_number_alone() {
    let mail = readable(
        format!("{HEAD}In-Reply-To: <x@nas.example>\n\nOn 2 Mar 2026 at 10:00, Desk <helpdesk@nas.example> wrote:\n> 1. ODS code?\n>    It looks like V12345.\n\nVLA07\n\n> 2. Mobile? 07700 900123\n> Bye\n")
            .as_bytes(),
    );
    assert!(mail.latest_text.contains("> 1. ODS code?"));
    assert_eq!(mail.own_text, "1.\n\nVLA07\n\n2. 07700 900123");
}
