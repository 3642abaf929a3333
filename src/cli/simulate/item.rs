//! What was typed, written as an item of a scenario.

use crate::policy::message::Channel;
use crate::policy::scenario::keyed;

/// A message of somebody.
pub(super) fn message(channel: Channel, from: &str, subject: Option<&str>, text: &str) -> String {
    let key = match channel {
        Channel::Mail => "mail",
        Channel::Chat => "chat",
        Channel::Phone | Channel::Text => "call",
    };
    let mut item = format!("{}\n{}", keyed(key, text), keyed("from", from));
    if let Some(subject) = subject.filter(|_| channel == Channel::Mail) {
        item.push_str(&format!("\n{}", keyed("subject", subject)));
    }
    item
}

/// An agent's act: `[as NAME] VERB [TASK or words] [fact=value …]`.
pub(super) fn act(typed: &str) -> Result<String, String> {
    let (agent, rest) = match typed.strip_prefix("as ") {
        Some(rest) => {
            let (name, rest) = rest.trim().split_once(char::is_whitespace).unwrap_or((rest.trim(), ""));
            (Some(name), rest.trim())
        }
        None => (None, typed.trim()),
    };
    let (verb, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    if verb.is_empty() {
        return Err("Say what the agent does: `agent done`, `agent cannot REASON`, `agent reply WORDS`.".into());
    }
    let verb = verb.to_lowercase();
    let mut lines = Vec::new();
    match verb.as_str() {
        "done" | "answer" | "go_on" => {
            let (words, gives) = gives(rest);
            lines.push(keyed("agent", &verb));
            match words.as_slice() {
                [] => {}
                [task] if verb == "done" => lines.push(keyed("task", task)),
                [stray, ..] => {
                    return Err(format!(
                        "What is `{stray}`? A fact is given as `fact=value`: `agent {verb} identity_checked=yes`."
                    ));
                }
            }
            if !gives.is_empty() {
                lines.push("gives:".into());
                for (fact, value) in gives {
                    lines.extend(keyed(&fact, &value).lines().map(|line| format!("  {line}")));
                }
            }
        }
        _ => lines.push(keyed("agent", format!("{verb} {}", rest.trim()).trim_end())),
    }
    lines.extend(agent.map(|agent| keyed("as", agent)));
    Ok(lines.join("\n"))
}

/// Words, then `fact=value`; a value goes on until the next fact.
fn gives(typed: &str) -> (Vec<String>, Vec<(String, String)>) {
    let mut words = Vec::new();
    let mut gives: Vec<(String, String)> = Vec::new();
    for word in typed.split_whitespace() {
        let fact = word
            .split_once('=')
            .filter(|(fact, _)| !fact.is_empty() && fact.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
        match (fact, gives.last_mut()) {
            (Some((fact, value)), _) => gives.push((fact.to_owned(), value.to_owned())),
            (None, Some((_, value))) => {
                value.push(' ');
                value.push_str(word);
            }
            (None, None) => words.push(word.to_owned()),
        }
    }
    for (_, value) in &mut gives {
        let plain = value.trim_end_matches(',').trim();
        let plain = plain.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(plain);
        *value = plain.to_owned();
    }
    (words, gives)
}

#[cfg(test)]
mod tests {
    use super::act;

    #[test]
    fn an_agent_gives_facts_with_spaces_in_them() {
        assert_eq!(
            act("as sam done set_up, user_name=amy field, ok=\"yes\"").ok(),
            Some("agent: done\ntask: set_up,\ngives:\n  user_name: amy field\n  ok: yes\nas: sam".into())
        );
        assert_eq!(act("cannot no_such_person").ok(), Some("agent: cannot no_such_person".into()));
        assert!(act("go_on what").is_err());
        assert!(act("as sam").is_err());
    }
}
