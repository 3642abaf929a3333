//! What people newly wrote, measured on whole mails in the shapes that mail programs make, with the words of their
//! authors beside them. The samples are frozen; `tests/data/replies/README.md` says how they are compared.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use caredesk::mail::{DeskMail, Envelope, Incoming, Limits, MessageIds, Reading, read};

/// The share of mails that must come out word for word, in hundredths.
const EXACT: usize = 97;

/// One mail with what should be read in it.
struct Sample {
    name: String,
    raw: Vec<u8>,
    gold: String,
    inner: Option<String>,
}

/// What was read in it.
struct Measured {
    name: String,
    exact: bool,
    lost: Vec<String>,
    extra: Vec<String>,
    took: Duration,
    /// Both texts, where they are asked for.
    shown: String,
}

#[test]
fn what_people_newly_wrote_is_found() {
    let samples = samples();
    let measured: Vec<Measured> = samples.iter().map(measure).collect();
    let table = table(&measured);
    println!("{table}");
    let exact = measured.iter().filter(|one| one.exact).count();
    let lost = measured.iter().filter(|one| !one.lost.is_empty()).count();
    assert!(measured.len() >= 80, "the samples are there");
    assert!(exact * 100 >= EXACT * measured.len(), "{table}");
    assert!(lost == 0, "{table}");
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/replies")
}

fn samples() -> Vec<Sample> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder()).expect("the samples are there").map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "eml"));
    files.sort();
    files
        .iter()
        .map(|path| Sample {
            name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            raw: with_crlf(&fs::read(path).expect("a sample can be read")),
            gold: fs::read_to_string(path.with_extension("txt")).expect("each sample has its gold"),
            inner: fs::read_to_string(path.with_extension("inner.txt")).ok(),
        })
        .collect()
}

/// The mail as it travels.
pub fn with_crlf(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() + raw.len() / 30);
    for line in raw.split_inclusive(|&byte| byte == b'\n') {
        let bare = line.strip_suffix(b"\n");
        out.extend_from_slice(bare.map_or(line, |bare| bare.strip_suffix(b"\r").unwrap_or(bare)));
        out.extend_from_slice(if bare.is_some() { b"\r\n" } else { b"" });
    }
    out
}

fn measure(sample: &Sample) -> Measured {
    let desk = DeskMail {
        addresses: vec!["careadmin@nhs.net".into(), "helpdesk@nhs.net".into()],
        ids: MessageIds::new([7; 32], "desk.example"),
        boundary: caredesk::mail::Boundary::None,
    };
    let began = Instant::now();
    let reading = read(&sample.raw, &Envelope::default(), &desk, &Limits::default());
    let took = began.elapsed();
    let said = match &reading {
        Reading::Readable(mail) => mail.latest_text.clone(),
        Reading::Unreadable(_) => String::new(),
    };
    let (mut lost, mut extra) = difference(&words(&sample.gold), &words(&said));
    let mut exact = words(&sample.gold) == words(&said);
    if let (Reading::Readable(mail), Some(inner)) = (&reading, &sample.inner) {
        let told = forwarded(mail);
        let (missing, more) = difference(&words(inner), &words(&told));
        exact &= words(inner) == words(&told);
        lost.extend(missing.into_iter().map(|word| format!("inner:{word}")));
        extra.extend(more.into_iter().map(|word| format!("inner:{word}")));
    }
    let mut shown = String::new();
    if std::env::var_os("SHOW_TEXTS").is_some() && !exact {
        shown = format!("=== {}\n--- is\n{said}\n--- should be\n{}", sample.name, sample.gold);
        if let (Reading::Readable(mail), Some(inner)) = (&reading, &sample.inner) {
            shown.push_str(&format!("--- inner is\n{}\n--- inner should be\n{inner}", forwarded(mail)));
        }
    }
    Measured { name: sample.name.clone(), exact, lost, extra, took, shown }
}

fn forwarded(mail: &Incoming) -> String {
    mail.forwarded.as_ref().map(|inner| inner.text.clone()).unwrap_or_default()
}

/// The words of a text. White space is nothing, and so is a list mark at the start of a line.
fn words(text: &str) -> Vec<String> {
    let text = text.replace('\u{A0}', " ");
    text.lines()
        .flat_map(|line| {
            let mut words = line.split_whitespace().peekable();
            words.next_if(|first| ["-", "*", "•", "·"].contains(first));
            words.map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

/// Words that are missing, and words too many.
fn difference(gold: &[String], said: &[String]) -> (Vec<String>, Vec<String>) {
    (beyond(gold, said), beyond(said, gold))
}

/// The words of one text that the other has not, or not as often.
fn beyond(words: &[String], other: &[String]) -> Vec<String> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in other {
        *counts.entry(word).or_default() += 1;
    }
    let mut rest = Vec::new();
    for word in words {
        match counts.get_mut(word.as_str()) {
            Some(count) if *count > 0 => *count -= 1,
            _ => rest.push(word.clone()),
        }
    }
    rest
}

fn table(measured: &[Measured]) -> String {
    let all = measured.len();
    let count = |is: &dyn Fn(&Measured) -> bool| measured.iter().filter(|one| is(one)).count();
    let exact = count(&|one| one.exact);
    let slowest = measured.iter().max_by_key(|one| one.took);
    let mut lines = vec![
        "| Latest text | mails | of |".to_owned(),
        "|---|---|---|".to_owned(),
        format!("| word for word | {exact} ({:.1} %) | {all} |", percent(exact, all)),
        format!("| words of the author lost | {} | {all} |", count(&|one| !one.lost.is_empty())),
        format!("| words too many | {} | {all} |", count(&|one| !one.extra.is_empty())),
    ];
    lines.extend(slowest.map(|one| format!("\nSlowest: {} in {:?}", one.name, one.took)));
    for one in measured.iter().filter(|one| !one.exact) {
        let some = |words: &[String]| words.iter().take(8).cloned().collect::<Vec<_>>().join(" ");
        lines.push(format!(
            "{}: lost {} [{}], too many {} [{}]",
            one.name,
            one.lost.len(),
            some(&one.lost),
            one.extra.len(),
            some(&one.extra)
        ));
        lines.extend((!one.shown.is_empty()).then(|| one.shown.clone()));
    }
    lines.join("\n")
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred samples")]
fn percent(part: usize, whole: usize) -> f64 {
    part as f64 * 100.0 / whole.max(1) as f64
}
