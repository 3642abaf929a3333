//! Latest text: whatever is written, in lines or as HTML, nothing is read that was not there, and reading it again finds
//! no less.

use caredesk::mail::latest::{Parsed, latest};
use caredesk::mail::{html, lines};

use super::words::{WORDS, texts};
use super::{Outcome, Target, about, run_for};

#[test]
fn no_text_breaks_the_search_for_what_is_new() {
    run_for(&Target { name: "latest text", seeds: texts(), tokens: WORDS, longest: 3_000, check }, 2_000);
}

fn check(raw: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(raw);
    let mut shape = Vec::new();
    for (lines, answers) in
        [(lines::of_text(&text), true), (lines::of_text(&text), false), (html::lines(&text, 200_000), true)]
    {
        let all = lines::text(&lines);
        let parsed =
            Parsed { lines: &lines, subject: "RE: x", name: Some("Jo Field"), address: "jo@care.example", answers };
        let read = latest(&parsed);
        if let Some(word) = read.text.split_whitespace().find(|word| *word != ">" && !all.contains(*word)) {
            return Err(format!("{word:?} was not written"));
        }
        // Marks of quotes and the breaks between parts are all that may be added.
        if read.text.len() > 3 * all.len() + 100 || read.own.len() > 3 * all.len() + 100 {
            return Err("it grew while it was read".into());
        }
        shape.push((read.inner.is_some(), about(read.text.len() / 64), read.text.len() == all.len()));
    }
    Ok(format!("inner, size, all of it: {shape:?}"))
}
