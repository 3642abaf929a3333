//! The cells of tables: what a column must be, in the author's words.

use crate::policy::calendar::parse_date;
use crate::policy::finding::{Finding, Place, did_you_mean};
use crate::policy::rules::{Cell, Column, Domain, day_number};

/// Reads a cell.
pub(super) fn read(column: &Column, written: &str, place: Place, findings: &mut Vec<Finding>) -> Option<Cell> {
    let parts: Vec<&str> = written.split('|').map(str::trim).collect();
    let name = column.path.join(".");
    if let Domain::Words(words) = &column.domain {
        let slip = parts.iter().find(|part| !words.iter().any(|word| word == *part));
        return match slip {
            None => Some(Cell::Words(parts.iter().map(|part| (*part).to_owned()).collect(), written.to_owned())),
            Some(slip) => {
                let message = format!("`{name}` is never `{slip}`");
                let help = did_you_mean(slip, words.iter().map(String::as_str));
                findings.push(Finding::error("table-cell", place, message, help));
                None
            }
        };
    }
    let spans: Option<Vec<(i64, i64)>> = parts.iter().map(|part| span(&column.domain, part)).collect();
    let Some(spans) = spans else {
        let (what, help) = match column.domain {
            Domain::Days => {
                ("a day", "write a day such as `2026-04-01`, `before` it, `2026-04-01 or later`, or `… to …`")
            }
            Domain::Numbers(..) | Domain::Words(_) => {
                ("a number", "write `2`, `2 or more`, `less than 3`, `3 to 9`, or several with `|` between them")
            }
        };
        let message = format!("`{name}` is {what}; `{written}` is none");
        findings.push(Finding::error("table-cell", place, message, help));
        return None;
    };
    let (least, most) = match column.domain {
        Domain::Numbers(least, most) => (least, most),
        Domain::Words(_) | Domain::Days => (i64::MIN, i64::MAX),
    };
    let empty = spans.iter().any(|(from, to)| from.max(&least) > to.min(&most));
    if empty {
        let message = format!("`{name}` is never `{written}`");
        let help = match (least, most) {
            (i64::MIN, i64::MAX) => "write the smaller one first".to_owned(),
            (_, i64::MAX) => format!("it is {least} or more, and the smaller number comes first"),
            (_, _) => format!("it is {least} to {most}, and the smaller number comes first"),
        };
        findings.push(Finding::error("table-cell", place, message, help));
        return None;
    }
    Some(Cell::Within(spans, written.to_owned()))
}

/// From where to where a part of a cell reaches.
fn span(domain: &Domain, part: &str) -> Option<(i64, i64)> {
    let value = |text: &str| -> Option<i64> {
        match domain {
            Domain::Days => parse_date(text.trim()).map(day_number),
            Domain::Numbers(..) | Domain::Words(_) => text.trim().parse().ok(),
        }
    };
    let (least, most) = (i64::MIN, i64::MAX);
    if let Some((from, to)) = part.split_once(" to ") {
        return Some((value(from)?, value(to)?));
    }
    for ending in [" or more", " or later"] {
        if let Some(from) = part.strip_suffix(ending) {
            return Some((value(from)?, most));
        }
    }
    for ending in [" or less", " or fewer", " or earlier"] {
        if let Some(to) = part.strip_suffix(ending) {
            return Some((least, value(to)?));
        }
    }
    for beginning in ["less than ", "fewer than ", "before "] {
        if let Some(to) = part.strip_prefix(beginning) {
            return Some((least, value(to)?.checked_sub(1)?));
        }
    }
    for beginning in ["more than ", "after "] {
        if let Some(from) = part.strip_prefix(beginning) {
            return Some((value(from)?.checked_add(1)?, most));
        }
    }
    let only = value(part)?;
    Some((only, only))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(domain: Domain, written: &str) -> (Option<Cell>, Vec<String>) {
        let column = Column { path: vec!["x".into()], domain };
        let mut findings = Vec::new();
        let cell = read(&column, written, Place::start_of("rules/a.yaml"), &mut findings);
        (cell, findings.into_iter().map(|finding| format!("{}. {}", finding.message, finding.help)).collect())
    }

    #[test]
    fn numbers_are_said_as_people_say_them() {
        let spans = |written| match cell(Domain::Numbers(0, 99), written).0 {
            Some(Cell::Within(spans, _)) => spans,
            _ => vec![],
        };
        assert_eq!(spans("3"), [(3, 3)]);
        assert_eq!(spans("2 or more"), [(2, i64::MAX)]);
        assert_eq!(spans("less than 3"), [(i64::MIN, 2)]);
        assert_eq!(spans("1 | 3 to 9"), [(1, 1), (3, 9)]);
        assert_eq!(
            cell(Domain::Numbers(1, i64::MAX), "0").1,
            ["`x` is never `0`. it is 1 or more, and the smaller number comes first"]
        );
        assert_eq!(spans("9 to 3"), []);
        assert!(cell(Domain::Numbers(0, 99), "two").1[0].starts_with("`x` is a number; `two` is none"));
    }

    #[test]
    fn a_choice_that_is_none_gets_the_nearest() {
        let words = || Domain::Words(vec!["one site".into(), "several sites".into()]);
        assert!(cell(words(), "one site | several sites").1.is_empty());
        assert_eq!(cell(words(), "one sight").1, ["`x` is never `one sight`. did you mean `one site`?"]);
    }
}
