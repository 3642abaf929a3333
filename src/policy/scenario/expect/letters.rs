//! What letters and replies must say, and how what they do say is shown.

use crate::policy::outcome::{Block, Letter, Question};

use super::{LetterWish, ReplyWish, Unmet, holds};

/// Every letter must be wished for, and every wish be granted by a letter of its own.
pub(super) fn check_letters(wishes: &[LetterWish], letters: &[&Letter]) -> Result<(), Unmet> {
    let Err(why) = granted(wishes, letters) else { return Ok(()) };
    let wished: Vec<String> = wishes.iter().map(|wish| wished(Some(&wish.to), &wish.has, &wish.lacks)).collect();
    let sent = letters.iter().map(|letter| format!("to {}\n{}", letter.to.address, in_plain_text(letter)));
    Err(Unmet::new("letters", why, all_or(wished, "no letter"), all_or(sent.collect(), "no letter")))
}

fn all_or(texts: Vec<String>, none: &str) -> String {
    if texts.is_empty() { none.to_owned() } else { texts.join("\n\n") }
}

/// What a letter or reply should say, a line for each phrase.
fn wished(to: Option<&str>, has: &[String], lacks: &[String]) -> String {
    let to = to.map(|to| format!("to {to}"));
    let has = has.iter().map(|phrase| format!("says “{phrase}”"));
    let lacks = lacks.iter().map(|phrase| format!("never “{phrase}”"));
    let lines: Vec<String> = to.into_iter().chain(has).chain(lacks).collect();
    if lines.is_empty() { "says anything".to_owned() } else { lines.join("\n") }
}

fn granted(wishes: &[LetterWish], letters: &[&Letter]) -> Result<(), String> {
    let texts: Vec<(String, String)> =
        letters.iter().map(|letter| (letter.to.address.clone(), in_plain_text(letter))).collect();
    if wishes.len() == letters.len() && all_granted(wishes, &mut (0..texts.len()).collect(), &texts) {
        return Ok(());
    }
    for wish in wishes {
        let to_them: Vec<&String> =
            texts.iter().filter(|(to, _)| to.eq_ignore_ascii_case(&wish.to)).map(|(_, text)| text).collect();
        if to_them.is_empty() {
            let to: Vec<&str> = texts.iter().map(|(to, _)| to.as_str()).collect();
            let sent = if to.is_empty() {
                "no letter was sent".to_owned()
            } else {
                format!("letters went to {}", to.join(", "))
            };
            return Err(format!("expected a letter to {}, but {sent}", wish.to));
        }
        if let Some(why) = to_them.first().and_then(|text| ungranted(&wish.has, &wish.lacks, text))
            && !to_them.iter().any(|text| ungranted(&wish.has, &wish.lacks, text).is_none())
        {
            return Err(format!("the letter to {} {why}", wish.to));
        }
    }
    let sent: Vec<String> = texts.iter().map(|(to, text)| format!("to {to}: “{text}”")).collect();
    let sent = if sent.is_empty() { "none".into() } else { format!("{}:\n{}", sent.len(), sent.join("\n")) };
    Err(format!("expected {} letters, each for itself, but there came {sent}", wishes.len()))
}

/// Whether each wish finds a letter that no other wish takes. `free` are the letters that are left.
fn all_granted(wishes: &[LetterWish], free: &mut Vec<usize>, texts: &[(String, String)]) -> bool {
    let Some((wish, rest)) = wishes.split_first() else { return true };
    for at in 0..free.len() {
        let letter = free[at];
        let (to, text) = &texts[letter];
        if !to.eq_ignore_ascii_case(&wish.to) || ungranted(&wish.has, &wish.lacks, text).is_some() {
            continue;
        }
        free.remove(at);
        if all_granted(rest, free, texts) {
            return true;
        }
        free.insert(at, letter);
    }
    false
}

/// Each wish must be granted by some reply; no wish at all means silence.
pub(super) fn check_replies(wishes: &[ReplyWish], replies: &[&Letter]) -> Result<(), Unmet> {
    let Err(why) = replied(wishes, replies) else { return Ok(()) };
    let wished = wishes.iter().map(|wish| wished(None, &wish.has, &wish.lacks)).collect();
    let came = replies.iter().map(|reply| in_plain_text(reply)).collect();
    Err(Unmet::new("replies", why, all_or(wished, "silence"), all_or(came, "silence")))
}

fn replied(wishes: &[ReplyWish], replies: &[&Letter]) -> Result<(), String> {
    let texts: Vec<String> = replies.iter().map(|reply| in_plain_text(reply)).collect();
    if wishes.is_empty() && !texts.is_empty() {
        return Err(format!("expected silence, but the reply was “{}”", texts.join(" / ")));
    }
    for wish in wishes {
        if !texts.iter().any(|text| ungranted(&wish.has, &wish.lacks, text).is_none()) {
            return Err(match texts.last() {
                Some(text) => format!("the reply {}", ungranted(&wish.has, &wish.lacks, text).unwrap_or_default()),
                None => "expected a reply, but there was none".into(),
            });
        }
    }
    Ok(())
}

/// What is missing in a text, or stands in it and must not.
fn ungranted(has: &[String], lacks: &[String], text: &str) -> Option<String> {
    if let Some(phrase) = has.iter().find(|phrase| !holds(text, phrase)) {
        return Some(format!("does not say “{phrase}”. It says: “{text}”"));
    }
    let phrase = lacks.iter().find(|phrase| holds(text, phrase))?;
    Some(format!("says “{phrase}”, which it must not. It says: “{text}”"))
}

/// All that a letter says, with its subject.
fn in_plain_text(letter: &Letter) -> String {
    let mut lines: Vec<String> = Vec::new();
    if !letter.subject.is_empty() {
        lines.push(letter.subject.clone());
    }
    for block in &letter.blocks {
        match block {
            Block::Text(text) | Block::Signature(text) => lines.push(text.clone()),
            // A letter that was sent has the code itself, or what was said, in its place.
            Block::Code { .. } | Block::Conversation => {}
            Block::Questions(questions) => {
                lines.extend(questions.iter().enumerate().map(|(n, question)| question_line(n + 1, question)));
            }
            Block::Understood(told) => lines.extend(told.iter().map(|(ask, answer)| format!("{ask} {answer}"))),
        }
    }
    lines.join("\n")
}

fn question_line(number: usize, question: &Question) -> String {
    let parts = question.wrong.iter().chain([&question.ask]).chain(&question.hint).chain(&question.choices);
    format!("{number}. {}", parts.cloned().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use crate::policy::message::{Channel, Party};
    use crate::policy::outcome::{Block, Letter};

    use super::super::LetterWish;
    use super::check_letters;

    fn letter(to: &str, text: &str) -> Letter {
        Letter {
            number: 1,
            channel: Channel::Mail,
            to: Party::at(to),
            subject: "Help [CD-7K3M-9QX4]".into(),
            blocks: vec![Block::Text(text.into())],
            choices: Vec::new(),
            answers: None,
            references: Vec::new(),
            automatic: true,
        }
    }

    fn wish(to: &str, has: &str) -> LetterWish {
        LetterWish { to: to.into(), has: vec![has.into()], lacks: vec!["secret".into()] }
    }

    #[test]
    fn two_letters_to_one_person_are_told_apart_in_any_order() {
        let (one, two) = (letter("amy@home.example", "first and\nsecond"), letter("amy@home.example", "first"));
        let wishes = [wish("amy@home.example", "first"), wish("amy@home.example", "first and second")];
        assert_eq!(check_letters(&wishes, &[&one, &two]), Ok(()));
    }

    #[test]
    fn a_letter_that_is_missing_not_listed_or_says_too_much_is_told() {
        let one = letter("amy@home.example", "the secret");
        let told = |wishes: &[LetterWish], letters: &[&Letter]| check_letters(wishes, letters).unwrap_err().why;
        assert!(told(&[], &[&one]).contains("to amy@home.example: “Help"));
        assert!(told(&[wish("omar@home.example", "x")], &[&one]).contains("expected a letter to omar@home.example"));
        assert!(told(&[wish("amy@home.example", "the")], &[&one]).contains("says “secret”, which it must not"));
    }
}
