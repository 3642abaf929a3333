//! Where a message begins to ask for something else: "also", "secondly", "2.", "and how do I".

/// Phrases with which a further request begins, at the start of a sentence or behind a comma or an "and".
const OPENERS: &[&str] = &[
    "also",
    "secondly",
    "thirdly",
    "lastly",
    "finally",
    "additionally",
    "separately",
    "plus",
    "another thing",
    "one more thing",
    "one other thing",
    "last thing",
    "the other thing",
    "other thing",
    "second thing",
    "in addition",
    "on another note",
    "on another matter",
    "on a separate note",
    "another request",
    "another problem",
    "different question",
    "another question",
    "one more question",
    "second question",
    "by the way",
    "btw",
    "ps",
    "p.s",
    "p.s.",
    "while i'm here",
    "while i am here",
    "while i'm at it",
    "while i am at it",
    "while i'm on",
    "while i have you",
    "at the same time",
    "on top of that",
    "as well as that",
];
/// Words with which a question or a wish goes on behind "and".
const QUESTIONS: &[&str] = &["how", "where", "what", "who", "when", "can", "could", "please", "is", "do"];
/// More parts than this are no requests but a list.
const MOST: usize = 5;

/// The text in parts, each of which may be a request of its own. One part: nothing says that there are several.
pub(super) fn parts(text: &str) -> Vec<&str> {
    let lower = text.to_ascii_lowercase();
    let mut starts: Vec<usize> = numbered(&lower);
    if starts.is_empty() {
        starts = word_starts(&lower).filter(|at| opens(&lower, *at)).collect();
    }
    let mut parts = Vec::new();
    let mut from = 0;
    for at in starts {
        push(&mut parts, &text[from..at]);
        from = at;
    }
    push(&mut parts, &text[from..]);
    if parts.len() > MOST { vec![text] } else { parts }
}

fn push<'a>(parts: &mut Vec<&'a str>, part: &'a str) {
    if part.split_whitespace().nth(2).is_some() {
        parts.push(part.trim());
    }
}

/// Where numbers from 1 on stand as the marks of a list: `1.`, `1)` or `(1)`.
fn numbered(text: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    for number in 1..=9_u32 {
        let from = starts.last().map_or(0, |at| at + 1);
        let marks = [format!("({number})"), format!("{number})"), format!("{number}.")];
        let found = word_starts(text).filter(|at| *at >= from).find(|at| {
            marks.iter().any(|mark| {
                text[*at..].strip_prefix(mark.as_str()).is_some_and(|rest| rest.starts_with(char::is_whitespace))
            })
        });
        match found {
            Some(at) => starts.push(at),
            None => break,
        }
    }
    if starts.len() < 2 { Vec::new() } else { starts }
}

/// Where words begin.
fn word_starts(text: &str) -> impl Iterator<Item = usize> + '_ {
    let mut before = ' ';
    text.char_indices().filter_map(move |(at, c)| {
        let starts = before.is_whitespace() && !c.is_whitespace();
        before = c;
        starts.then_some(at)
    })
}

/// Whether a further request begins at a word.
fn opens(text: &str, at: usize) -> bool {
    let (before, here) = (text[..at].trim_end(), &text[at..]);
    if before.is_empty() {
        return false;
    }
    let says = |phrase: &str| {
        here.strip_prefix(phrase).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '\''))
    };
    if says("and") {
        let next = here.split_whitespace().nth(1).unwrap_or_default();
        return QUESTIONS.contains(&next) || next == "also";
    }
    let ends_clause = !before.ends_with(|c: char| c.is_alphanumeric()) || before.ends_with(" and");
    let new_line = text[before.len()..at].contains('\n');
    // What a clause "and also" begins with is its "and".
    (ends_clause || new_line) && !before.ends_with(" and") && OPENERS.iter().any(|phrase| says(phrase))
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn a_second_request_begins_where_it_says_so() {
        assert_eq!(
            parts("how to make signature? also where to hide my phone nr"),
            ["how to make signature?", "also where to hide my phone nr"]
        );
        assert_eq!(
            parts("1. I've forgotten my password.\n2. Once I'm in, how do I get the emails on my mobile?"),
            ["1. I've forgotten my password.", "2. Once I'm in, how do I get the emails on my mobile?"]
        );
        assert_eq!(
            parts("Please change my name, and where can I amend the signature?"),
            ["Please change my name,", "and where can I amend the signature?"]
        );
        assert_eq!(parts("Chidi is locked out. Secondly, how do I add somebody?").len(), 2);
    }

    #[test]
    fn one_request_stays_whole() {
        for text in [
            "I also have a question about my password",
            "Also, we need NHSmail",
            "my code is 2. and 1) is missing",
            "and how do I log in",
            "",
        ] {
            assert!(parts(text).len() <= 1, "{text}");
        }
    }
}
