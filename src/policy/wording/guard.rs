//! Conditions in plain words: the `when` of a step and the `if` of a rule. What it cannot read it gives back as it was
//! written, so that nothing is ever said wrongly.

use crate::policy::facts::FactType;
use crate::policy::flow::Pack;

use super::{path_in_words, question};

/// A condition in words, as a flow sees its facts.
pub fn guard(pack: &Pack, flow: &str, source: &str) -> String {
    let words = tokens(source).and_then(|tokens| {
        let mut reader = Reader { pack, flow, tokens: &tokens };
        let words = reader.any_of(false)?;
        reader.tokens.is_empty().then_some(words)
    });
    words.unwrap_or_else(|| format!("`{}`", source.trim()))
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Path(Vec<String>),
    Text(String),
    Number(String),
    Sign(&'static str),
}

const SIGNS: [&str; 11] = ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "(", ")"];

fn tokens(source: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = source.trim();
    while let Some(first) = rest.chars().next() {
        let length = if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            sign.len()
        } else if first == '"' {
            let end = rest.get(1..)?.find('"')? + 1;
            let text = rest.get(1..end)?;
            if text.contains('\\') {
                return None;
            }
            tokens.push(Token::Text(text.to_owned()));
            end + 1
        } else if first.is_ascii_digit() {
            let length = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            tokens.push(Token::Number(rest.get(..length)?.to_owned()));
            length
        } else if first.is_ascii_lowercase() {
            let named = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
            let length = rest.find(|c: char| !named(c)).unwrap_or(rest.len());
            tokens.push(Token::Path(rest.get(..length)?.split('.').map(str::to_owned).collect()));
            length
        } else {
            return None;
        };
        rest = rest.get(length..)?.trim_start();
    }
    Some(tokens)
}

struct Reader<'a> {
    pack: &'a Pack,
    flow: &'a str,
    tokens: &'a [Token],
}

impl Reader<'_> {
    /// Takes a word or a sign if it is the next one.
    fn takes(&mut self, word: &str, sign: &str) -> bool {
        let next = match self.tokens.first() {
            Some(Token::Path(path)) => path.len() == 1 && path.first().is_some_and(|name| name == word),
            Some(Token::Sign(found)) => *found == sign,
            Some(Token::Text(_) | Token::Number(_)) | None => false,
        };
        if next {
            self.tokens = self.tokens.get(1..).unwrap_or(&[]);
        }
        next
    }

    fn any_of(&mut self, not: bool) -> Option<String> {
        let mut words = self.all_of(not)?;
        while self.takes("or", "||") {
            let joint = if not { "and" } else { "or" };
            words = format!("{words}, {joint} {}", self.all_of(not)?);
        }
        Some(words)
    }

    fn all_of(&mut self, not: bool) -> Option<String> {
        let mut words = self.one(not)?;
        while self.takes("and", "&&") {
            let joint = if not { "or" } else { "and" };
            words = format!("{words}, {joint} {}", self.one(not)?);
        }
        Some(words)
    }

    fn one(&mut self, not: bool) -> Option<String> {
        if self.takes("not", "!") {
            return self.one(!not);
        }
        if self.takes("", "(") {
            let words = self.any_of(not)?;
            return self.takes("", ")").then_some(words);
        }
        if self.takes("known", "") {
            let fact = self.in_brackets()?;
            let is = if not { "is not known" } else { "is known" };
            return Some(format!("{} {is}", self.thing(&fact)));
        }
        self.compared(not)
    }

    /// `a`, or `a == b` and its like.
    fn compared(&mut self, not: bool) -> Option<String> {
        let first = self.tokens.first().cloned();
        let (left, is_number) = self.side()?;
        let sign = match self.tokens.first() {
            Some(Token::Sign(sign @ ("==" | "!=" | "<" | "<=" | ">" | ">="))) => *sign,
            _ if is_number => return None,
            _ => {
                return Some(
                    self.alone(first, not).unwrap_or_else(|| format!("{left} is {}", if not { "no" } else { "yes" })),
                );
            }
        };
        self.tokens = self.tokens.get(1..).unwrap_or(&[]);
        let (right, _) = self.side()?;
        let compares = match (sign, not) {
            ("==", false) | ("!=", true) => "is",
            ("!=", false) | ("==", true) => "is not",
            ("<", false) | (">=", true) => "is less than",
            ("<=", false) | (">", true) => "is at most",
            (">", false) | ("<=", true) => "is more than",
            _ => "is at least",
        };
        Some(format!("{left} {compares} {right}"))
    }

    /// A yes or no field of a record, as a sentence.
    fn alone(&self, token: Option<Token>, not: bool) -> Option<String> {
        let Some(Token::Path(path)) = token else { return None };
        let (field, whole) = path.split_last()?;
        let (yes, no) = match field.as_str() {
            "leaving" => ("is marked as leaving", "is not marked as leaving"),
            "joined" => ("has joined", "has not joined"),
            "suspended" => ("is suspended", "is not suspended"),
            "ever_registered" => ("is, or was, registered", "was never registered"),
            "sole_owner" => ("is the only owner", "is not the only owner"),
            "is_nhs" => ("ends in @nhs.net", "does not end in @nhs.net"),
            _ => return None,
        };
        if whole.is_empty() {
            return None;
        }
        Some(format!("the {} {}", path_in_words(whole), if not { no } else { yes }))
    }

    /// One side of a comparison, and whether it is a number.
    fn side(&mut self) -> Option<(String, bool)> {
        if self.takes("count", "") {
            let list = self.in_brackets()?;
            return Some((format!("the number of {}", path_in_words(&list)), true));
        }
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        match first {
            Token::Text(text) => Some((format!("“{text}”"), false)),
            Token::Number(number) => Some((number.clone(), true)),
            Token::Path(path) if path.len() == 1 && path.first().is_some_and(|name| is_joint(name)) => None,
            Token::Path(path) => Some((self.thing(path), false)),
            Token::Sign(_) => None,
        }
    }

    fn in_brackets(&mut self) -> Option<Vec<String>> {
        if !self.takes("", "(") {
            return None;
        }
        let Some((Token::Path(path), rest)) = self.tokens.split_first() else { return None };
        self.tokens = rest;
        self.takes("", ")").then(|| path.clone())
    }

    /// What a path stands for: a question in quotes, or a field.
    fn thing(&self, path: &[String]) -> String {
        match path {
            [fact] => match self.pack.fact(self.flow, fact).or_else(|| self.pack.any_fact(fact)) {
                Some(decl) if matches!(decl.kind, FactType::YesNo | FactType::Choice) => {
                    format!("“{}”", question(self.pack, self.flow, fact))
                }
                _ => format!("the {}", path_in_words(path)),
            },
            _ => format!("the {}", path_in_words(path)),
        }
    }
}

fn is_joint(name: &str) -> bool {
    matches!(name, "and" | "or" | "not" | "in" | "known" | "count")
}

#[cfg(test)]
mod tests {
    use super::tokens;

    #[test]
    fn what_cannot_be_read_is_left_as_it_is() {
        assert_eq!(tokens("not a and (b == \"x\" or count(c) >= 2)").map(|tokens| tokens.len()), Some(15));
        assert_eq!(tokens("a @ b"), None);
        assert_eq!(tokens("a == \"open"), None);
    }
}
