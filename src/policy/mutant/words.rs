//! Small changes of a condition, a length of time or a rule: what another hand might have written.

/// A changed text: where the change begins, in words, and the whole.
pub(super) type Changed = (usize, String, String);

/// Comparisons and what each becomes.
const TURNS: [(&str, &str); 6] = [("==", "!="), ("!=", "=="), ("<=", "<"), (">=", ">"), ("<", "<="), (">", ">=")];

/// A condition otherwise: a comparison turned, `and` for `or`, a `not` dropped, a number moved.
pub(super) fn condition(text: &str) -> Vec<Changed> {
    let mut changes = Vec::new();
    let mut at = 0;
    let mut quoted = false;
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or_default();
        let begins = !text.get(..at).and_then(|before| before.chars().next_back()).is_some_and(is_word);
        let mut width = c.len_utf8();
        if c == '"' {
            quoted = !quoted;
        } else if !quoted {
            if let Some((from, to)) = TURNS.iter().find(|(from, _)| rest.starts_with(from)) {
                changes.push(replaced(text, at, from, to));
                width = from.len();
            } else if begins && let Some(word) = leading_word(rest) {
                width = word.len();
                match word {
                    "and" => changes.push(replaced(text, at, word, "or")),
                    "or" => changes.push(replaced(text, at, word, "and")),
                    "not" => changes.push(replaced(text, at, "not ", "")),
                    "true" => changes.push(replaced(text, at, word, "false")),
                    "false" => changes.push(replaced(text, at, word, "true")),
                    number => changes.extend(more(number).map(|to| replaced(text, at, number, &to))),
                }
            }
        }
        at += width;
    }
    changes
}

/// Whether to negate it is the same as to turn its comparison.
pub(super) fn is_one_comparison(text: &str) -> bool {
    let words = |word: &str| text.split_whitespace().any(|part| part == word);
    (text.contains("==") || text.contains("!=")) && !words("and") && !words("or")
}

/// A length or number otherwise: one more of it.
pub(super) fn longer(text: &str) -> Option<String> {
    let number: String = text.trim_start().chars().take_while(char::is_ascii_digit).collect();
    let rest = text.trim_start().strip_prefix(&number)?;
    // A limit has its own place.
    let rest_is_plain = !rest.starts_with('.') && !rest.starts_with('-') && !rest.starts_with(':');
    let more = number.parse::<u64>().ok().filter(|_| rest_is_plain)?.checked_add(1)?;
    let singular = number == "1" && !rest.is_empty() && !rest.ends_with('s') && rest.split(' ').count() <= 3;
    match rest.rsplit_once(' ') {
        // `30 minutes before`: the unit is not the last word.
        Some((unit, last @ ("before" | "after"))) if number == "1" && !unit.ends_with('s') => {
            Some(format!("{more}{unit}s {last}"))
        }
        _ if singular => Some(format!("{more}{rest}s")),
        _ => Some(format!("{more}{rest}")),
    }
}

/// A script otherwise: line, column, the change in words, and the whole.
pub(super) fn script(text: &str) -> Vec<(usize, usize, String, String)> {
    let lines: Vec<&str> = text.split('\n').collect();
    let mut changes = Vec::new();
    let mut said: Option<(usize, &str)> = None;
    for (n, line) in lines.iter().enumerate() {
        if line.trim_start().starts_with("//") || line.trim_start().starts_with("fn ") {
            said = None;
            continue;
        }
        let mut put = |column: usize, change: String, new: String| {
            let mut changed: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            changed[n] = new;
            changes.push((n + 1, column + 1, change, changed.join("\n")));
        };
        if let Some((head, condition_of, tail)) = branch(line) {
            let column = head.chars().count();
            if !is_one_comparison(condition_of) {
                put(column, format!("`{condition_of}` negated"), format!("{head}not ({condition_of}){tail}"));
            }
            put(column, format!("`{condition_of}` never holds"), format!("{head}false && ({condition_of}){tail}"));
            for (at, change, new) in condition(condition_of) {
                put(column + at, change, format!("{head}{new}{tail}"));
            }
        }
        if let Some(verdict) = chosen(line) {
            let before = said.replace((n, verdict)).filter(|(_, other)| *other != verdict);
            if let Some((other_line, other)) = before {
                let mut changed: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
                let quote = |word: &str| format!("\"{word}\"");
                changed[n] = line.replacen(&quote(verdict), &quote(other), 1);
                changed[other_line] = lines[other_line].replacen(&quote(other), &quote(verdict), 1);
                let change = format!("the verdicts `{other}` and `{verdict}` change places");
                changes.push((n + 1, 1, change, changed.join("\n")));
            }
        }
    }
    changes
}

/// `if CONDITION {`, in three pieces.
fn branch(line: &str) -> Option<(&str, &str, &str)> {
    let start = line.find("if ")? + 3;
    let end = line.rfind(" {").filter(|end| *end > start)?;
    Some((line.get(..start)?, line.get(start..end)?, line.get(end..)?))
}

/// The verdict of a `choose("…"` on this line.
fn chosen(line: &str) -> Option<&str> {
    line.split_once("choose(\"")?.1.split_once('"').map(|(verdict, _)| verdict)
}

fn replaced(text: &str, at: usize, from: &str, to: &str) -> Changed {
    let (before, rest) = text.split_at(at);
    let new = format!("{before}{to}{}", rest.strip_prefix(from).unwrap_or(rest));
    let to = if to.is_empty() { "left out".to_owned() } else { format!("became `{to}`") };
    (at, format!("`{}` {to} in `{text}`", from.trim()), new)
}

fn more(number: &str) -> Option<String> {
    Some(number.parse::<u64>().ok()?.checked_add(1)?.to_string())
}

fn leading_word(text: &str) -> Option<&str> {
    let end = text.find(|c| !is_word(c)).unwrap_or(text.len());
    text.get(..end).filter(|word| !word.is_empty())
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::{condition, longer, script};

    #[test]
    fn a_condition_is_changed_at_each_of_its_words() {
        let new: Vec<String> =
            condition(r#"not x and y.z >= 3 or w == "a and b""#).into_iter().map(|(_, _, new)| new).collect();
        assert_eq!(
            new,
            [
                r#"x and y.z >= 3 or w == "a and b""#,
                r#"not x or y.z >= 3 or w == "a and b""#,
                r#"not x and y.z > 3 or w == "a and b""#,
                r#"not x and y.z >= 4 or w == "a and b""#,
                r#"not x and y.z >= 3 and w == "a and b""#,
                r#"not x and y.z >= 3 or w != "a and b""#,
            ]
        );
    }

    #[test]
    fn a_length_becomes_one_more() {
        let one_more = |text| longer(text).unwrap_or_default();
        assert_eq!(one_more("3 working days"), "4 working days");
        assert_eq!(one_more("1 working day"), "2 working days");
        assert_eq!(one_more("1 hour after"), "2 hours after");
        assert_eq!(one_more("90 days"), "91 days");
        assert_eq!(longer("limits.leaver_kept"), None);
    }

    #[test]
    fn a_rule_is_changed_in_its_conditions_and_verdicts() {
        let text =
            "fn f(x) {\n    if x == 1 {\n        return choose(\"one\", \"\");\n    }\n    choose(\"more\", \"\")\n}";
        let told: Vec<String> =
            script(text).into_iter().map(|(line, _, change, _)| format!("{line} {change}")).collect();
        assert_eq!(
            told,
            [
                "2 `x == 1` never holds",
                "2 `==` became `!=` in `x == 1`",
                "2 `1` became `2` in `x == 1`",
                "5 the verdicts `one` and `more` change places",
            ]
        );
    }
}
