//! First messages: whatever is written, a decision comes with its reason, the same each time, and its shares are shares.

use std::sync::LazyLock;

use caredesk::policy::flow::Starts;
use caredesk::policy::intent::{Decision, Entrance, Matcher};

use super::words::{WORDS, texts};
use super::{Outcome, Target, run_for};

/// A few flows, so that learning takes no time.
static MATCHER: LazyLock<Matcher> = LazyLock::new(|| {
    let flows: [(&str, bool, &[&str], &[&str]); 4] = [
        (
            "reset",
            false,
            &["reset my password", "locked out of my account", "forgot my password", "cannot log in"],
            &["locked out"],
        ),
        ("signature", true, &["how do I make a signature", "signature at the bottom of my emails"], &["signature"]),
        ("mailbox", false, &["add somebody to the shared mailbox", "remove Ann from our shared mailbox"], &[]),
        ("urgent", false, &["somebody is hurt", "call an ambulance"], &["ambulance"]),
    ];
    let own = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    let starts = flows.map(|(_, _, examples, keywords)| Starts {
        examples: own(examples),
        keywords: own(keywords),
        never: own(&["never ever"]),
    });
    let entrances = flows.iter().zip(&starts).map(|((flow, is_answer, ..), starts)| {
        let hurry = if *flow == "urgent" { 250 } else { 1000 };
        Entrance { flow, title: flow, is_answer: *is_answer, hurry, starts }
    });
    Matcher::of(entrances.collect::<Vec<_>>())
});

#[test]
fn no_words_break_the_matcher() {
    run_for(&Target { name: "matcher", seeds: texts(), tokens: WORDS, longest: 2_000, check }, 2_000);
}

fn check(raw: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(raw);
    let subject: String = text.chars().take(40).collect();
    let routed = MATCHER.route_either(&subject, &text, Some(("passed on", &text)));
    if routed != MATCHER.route_either(&subject, &text, Some(("passed on", &text))) {
        return Err("the same words are routed in two ways".into());
    }
    let sum: u32 = routed.candidates.iter().map(|candidate| candidate.score).sum();
    let falls = routed.candidates.is_sorted_by(|one, other| one.score >= other.score);
    if sum > 1000 || !falls || routed.because.is_empty() || routed.because.len() > 4_000 {
        return Err(format!("shares or reason are none: {routed:?}"));
    }
    if (routed.decision == Decision::Clarify) != (routed.choices().len() > 1) || routed.also.len() > 3 {
        return Err(format!("choices or further requests are none: {routed:?}"));
    }
    if let Some(odd) = routed.also.iter().find(|beside| beside.flow == routed.flow || !text.contains(&beside.words)) {
        return Err(format!("nobody asked for {odd:?}"));
    }
    Ok(format!(
        "{} {}, {} candidates, {} besides",
        routed.decision.name(),
        routed.flow,
        routed.candidates.len(),
        routed.also.len()
    ))
}
