//! What came of a played item, written as a scenario expects it, and the quoting that a scenario file needs.

use std::collections::BTreeSet;

use crate::policy::message::Channel;
use crate::policy::outcome::{Block, Letter};
use crate::policy::ticket::{State, TaskStatus, Ticket, Waiting};

use super::super::expect::due_at;
use super::Stage;
use super::rehearsal::News;

/// How many words of each paragraph are expected: enough to know it, few enough to let it be reworded.
const WORDS: usize = 9;

/// `expect:` with all that is so now. `known` are the facts that were known before.
pub(super) fn expectation(stage: &Stage<'_>, news: &News, known: BTreeSet<String>) -> String {
    let mut lines = vec!["expect:".to_owned()];
    let case = stage.case.and_then(|case| stage.cases.get(case));
    if news.only_answered {
        if let Some(answer) = &stage.answered {
            lines.push(format!("  answered: {answer}"));
        }
    } else if let Some(case) = case {
        request(stage, &case.ticket, &known, &mut lines);
    }
    lines.push(format!("  tickets: {}", stage.cases.len()));
    let references: Vec<&str> = stage.cases.iter().map(|case| case.ticket.reference.0.as_str()).collect();
    let of = |channel| news.letters.iter().filter(move |letter: &&Letter| letter.channel == channel);
    let mails: Vec<&Letter> = of(Channel::Mail).chain(of(Channel::Text)).collect();
    if mails.is_empty() {
        lines.push("  letters: []".into());
    } else {
        lines.push("  letters:".into());
        for letter in mails {
            lines.push(format!("    - to: {}", scalar(&letter.to.address)));
            phrases(letter, &references, "      ", &mut lines);
        }
    }
    let replies: Vec<&Letter> = of(Channel::Chat).collect();
    let by_chat = case.is_some_and(|case| case.ticket.channel == Channel::Chat);
    if !replies.is_empty() {
        lines.push("  replies:".into());
        for reply in replies {
            let at = lines.len();
            phrases(reply, &references, "      ", &mut lines);
            match lines.get_mut(at) {
                Some(line) => line.replace_range(4..6, "- "),
                None => lines.push("    - has: []".into()),
            }
        }
    } else if by_chat {
        lines.push("  replies: []".into());
    }
    if !news.told.is_empty() {
        lines.push("  told:".into());
        lines.extend(news.told.iter().map(|told| format!("    - {}", scalar(told))));
    }
    lines.join("\n")
}

/// Where the request is, what it waits for, and what is newly known.
fn request(stage: &Stage<'_>, ticket: &Ticket, known: &BTreeSet<String>, lines: &mut Vec<String>) {
    let state = match ticket.state {
        State::Closed(ending) => match ending.name() {
            "agent" => "closed",
            name => name,
        },
        state => state.name(),
    };
    lines.push(format!("  flow: {}", ticket.flow));
    lines.push(format!("  state: {state}"));
    if let Some(frame) = ticket.frames.last() {
        lines.push(format!("  step: {}.{}", frame.flow, frame.step));
    }
    if let Waiting::Answers { facts, .. } | Waiting::Confirm { names: facts, .. } = &ticket.waiting
        && !facts.is_empty()
    {
        lines.push(format!("  waiting_for: [{}]", facts.join(", ")));
    }
    let open = ticket.tasks.iter().filter(|task| task.status == TaskStatus::Open);
    let open: Vec<&str> = open.map(|task| task.act.as_str()).collect();
    match open.as_slice() {
        [] => {}
        [only] => lines.push(format!("  task: {only}")),
        several => lines.push(format!("  tasks: [{}]", several.join(", "))),
    }
    if matches!(ticket.state, State::WithTask | State::WithAgent) {
        lines.push(format!("  queue: {}", ticket.queue));
    }
    if !ticket.state.is_closed()
        && let Some(due) = due_at(ticket, &stage.pack.desk.zone)
    {
        lines.push(format!("  due: {}", due.strftime("%Y-%m-%d %H:%M")));
    }
    let secret = |name: &str| stage.pack.any_fact(name).is_some_and(|decl| decl.secret);
    let new = ticket.facts.iter().filter(|(name, _)| !known.contains(*name) && !secret(name));
    let new: Vec<(&String, String)> = new.map(|(name, known)| (name, known.value.to_string())).collect();
    let plain = |value: &str| value.trim() == value && !value.is_empty() && !value.contains("{{");
    let facts: Vec<String> = new
        .iter()
        .filter(|(_, value)| plain(value))
        .map(|(name, value)| format!("    {name}: {}", scalar(value)))
        .collect();
    if !facts.is_empty() {
        lines.push("  facts:".into());
        lines.extend(facts);
    }
}

/// The first words of each paragraph, and each question.
fn phrases(letter: &Letter, references: &[&str], indent: &str, lines: &mut Vec<String>) {
    let mut found: Vec<String> = Vec::new();
    for block in &letter.blocks {
        match block {
            Block::Text(text) => found.extend(phrase(text)),
            Block::Questions(questions) => found.extend(questions.iter().map(|question| question.ask.clone())),
            Block::Understood(_) | Block::Code { .. } | Block::Conversation | Block::Signature(_) => {}
        }
    }
    // A reference is another each time that the story changes; it is no part of what is expected.
    found.retain(|text| {
        !text.trim().is_empty() && !text.contains("{{") && !references.iter().any(|it| text.contains(it))
    });
    if found.is_empty() {
        return;
    }
    lines.push(format!("{indent}has:"));
    lines.extend(found.iter().map(|text| format!("{indent}  - {}", scalar(text))));
}

fn phrase(text: &str) -> Option<String> {
    let line = text.lines().find(|line| !line.trim().is_empty())?;
    Some(line.split_whitespace().take(WORDS).collect::<Vec<_>>().join(" "))
}

/// A text on one line, in quotes where YAML or the reader of the pack needs them.
pub(super) fn scalar(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_alphanumeric())
        && text.chars().all(|c| c.is_alphanumeric() || " @._-+/'(),?!;<>".contains(c))
        && !text.ends_with(' ')
        && !text.contains("  ");
    if plain { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                quoted.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A key with a text of any length: on one line, or as a block of lines.
pub fn keyed(key: &str, text: &str) -> String {
    let text = text.trim_end();
    let block = text.contains('\n')
        && text.lines().all(|line| !line.starts_with(' ') && !line.chars().any(char::is_control))
        && !text.starts_with('\n')
        && !text.contains(['\u{85}', '\u{2028}', '\u{2029}', '\u{feff}']);
    if !block {
        return format!("{key}: {}", scalar(text));
    }
    let lines: Vec<String> = text
        .lines()
        .map(|line| if line.is_empty() { String::new() } else { format!("  {}", line.trim_end()) })
        .collect();
    format!("{key}: |\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::{keyed, scalar};
    use crate::policy::yaml;

    #[test]
    fn every_text_comes_back_from_a_scenario_file_as_it_was() {
        let texts = [
            "plain words",
            "yes",
            "it's 7: really # not",
            "{{ x }}",
            "- a",
            "\"q\" \\ \t end",
            "é \u{7} ü",
            "1. a\n2. b",
        ];
        for text in texts {
            for written in [format!("a: {}", scalar(text)), keyed("a", text)] {
                let (document, findings) = yaml::read("a.yaml", &written);
                assert!(findings.is_empty(), "{written}: {findings:?}");
                let document = document.expect("it can be read");
                let value = document.get("/a").and_then(|value| value.as_str()).expect("a text");
                assert_eq!(value.trim_end(), text, "{written}");
            }
        }
    }
}
