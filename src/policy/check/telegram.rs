//! Checks the part of `desk.yaml` that is about Telegram alone, and fills in the sentences that an author left out.

use super::{reading_age, texts};
use crate::policy::draft::DeskDraft;
use crate::policy::finding::{Finding, did_you_mean};
use crate::policy::telegram::{COMMANDS, OF_THE_DESK, TelegramRules, TelegramText, usual_command};
use crate::policy::text::Template;
use crate::policy::yaml::{Document, join};

/// The longest words beside a command, in characters: Telegram takes no more.
const BESIDE_A_COMMAND: usize = 256;
/// The longest sentence, in characters: one message of Telegram's.
const LONGEST: usize = 4_096;

/// Makes the rules.
pub(super) fn check(document: &Document, draft: &DeskDraft, findings: &mut Vec<Finding>) -> TelegramRules {
    let written = &draft.telegram;
    groups(document, written.groups.as_deref(), findings);
    for (name, words) in &written.commands {
        let path = join("/telegram/commands", name);
        if !COMMANDS.contains(&name.as_str()) {
            let message = format!("there is no command `{name}`");
            let help = did_you_mean(name, COMMANDS);
            findings.push(Finding::error("unknown-key", document.key_place(&path), message, help));
        }
        let length = words.trim().chars().count();
        if length == 0 || length > BESIDE_A_COMMAND {
            let message = format!("the words beside `/{name}` have {length} characters; Telegram takes 1 to 256");
            findings.push(Finding::error("bad-value", document.place(&path), message, "write a few words"));
        }
    }
    let mut rules = usual();
    for (name, words) in &mut rules.commands {
        if let Some(own) = written.commands.get(name) {
            own.trim().clone_into(words);
        }
    }
    for (name, source) in &written.texts {
        let path = join("/telegram/texts", name);
        let Some(text) = TelegramText::named(name) else {
            let keys = TelegramText::ALL.iter().map(|(_, key, _)| *key);
            let message = format!("Telegram needs no text `{name}`");
            findings.push(Finding::error("unknown-text", document.key_place(&path), message, did_you_mean(name, keys)));
            continue;
        };
        if let Some(template) = sentence(document, &path, source, text, findings) {
            rules.texts.insert(text, template);
        }
    }
    rules
}

/// The rules of a desk that says nothing of them.
pub(super) fn usual() -> TelegramRules {
    TelegramRules {
        commands: COMMANDS.iter().map(|name| ((*name).to_owned(), usual_command(name).to_owned())).collect(),
        texts: TelegramText::ALL.iter().map(|(text, _, usual)| (*text, texts::plain(usual))).collect(),
    }
}

/// In a group everybody would read what one person tells, and everybody could answer for them.
fn groups(document: &Document, written: Option<&str>, findings: &mut Vec<Finding>) {
    let Some(word) = written.filter(|word| *word != "no") else { return };
    let (message, help) = match word {
        "yes" => (
            "groups cannot be served: everybody there would read what one person tells".to_owned(),
            "write `groups: no`; in a group the bot says `private_only` and leaves",
        ),
        other => (format!("`{other}` says neither yes nor no"), "write `groups: no`"),
    };
    findings.push(Finding::error("bad-value", document.place("/telegram/groups"), message, help));
}

fn sentence(
    document: &Document,
    path: &str,
    source: &str,
    text: TelegramText,
    findings: &mut Vec<Finding>,
) -> Option<Template> {
    let template = texts::template(document, path, source, findings)?;
    for hole in template.holes() {
        let name = hole.path.join(".");
        let known: Vec<&str> = OF_THE_DESK.into_iter().chain(text.hole()).collect();
        if !known.contains(&name.as_str()) {
            let place = document.place_in(path, source, texts::name_in(source, hole.at));
            let message = format!("`{name}` cannot stand in this text");
            findings.push(Finding::error("unknown-name", place, message, did_you_mean(&name, known)));
            return None;
        }
        if let Some(filter) = hole.filters.iter().find(|filter| ["date", "time", "count"].contains(&filter.name())) {
            let place = document.place_in(path, source, texts::name_in(source, hole.at));
            let message = format!("`{name}` cannot be shown with `{}`", filter.name());
            findings.push(Finding::error("bad-text", place, message, "it is words: take the filter away"));
            return None;
        }
    }
    if source.trim().is_empty() || source.chars().count() > LONGEST {
        let message = "a message of Telegram's has 1 to 4096 characters".to_owned();
        findings.push(Finding::error("bad-value", document.place(path), message, "say it in a few sentences"));
        return None;
    }
    reading_age::check(source, document.place(path), findings);
    Some(template)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::finding::Place;

    #[test]
    fn the_sentences_of_a_desk_that_writes_none_are_good() {
        let mut findings = Vec::new();
        for (text, _, source) in TelegramText::ALL {
            reading_age::check(source, Place::start_of("flows/desk.yaml"), &mut findings);
            let said = usual().say(text, ("The desk", "desk@care.example"), "tea");
            assert!(!said.is_empty() && !said.contains("{{"), "{text:?}: {said}");
            assert_eq!(said.contains("tea"), text.hole().is_some(), "{said}");
        }
        assert_eq!(findings, []);
    }
}
