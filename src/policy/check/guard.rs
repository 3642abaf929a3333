//! What a guard (`when:`) says about facts: the small logic by which the checker knows which steps are passed
//! together. Rules of types and names are kept by [`rules`](crate::policy::rules); what is not understood here is
//! taken to be either way.

use crate::policy::finding::Place;
use crate::policy::rules::Expression;

/// A guard, as far as it can be reasoned about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Guard {
    /// A yes_no fact or field is yes.
    Yes(Read),
    /// A fact has one of these values.
    OneOf(Read, Vec<String>),
    /// A fact or field is known.
    Known(Vec<String>),
    /// The contrary.
    Not(Box<Guard>),
    /// Both.
    And(Box<Guard>, Box<Guard>),
    /// At least one.
    Or(Box<Guard>, Box<Guard>),
    /// Something that reads these, and may be either way.
    Either(Vec<Read>),
}

/// A path that is read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Read {
    /// The path.
    pub path: Vec<String>,
    /// Its first character.
    pub place: Place,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Path(Vec<String>),
    Literal(String),
    Sign(&'static str),
    Number,
}

/// Reads a guard that is a valid expression. `place` tells where a byte of the source stands.
pub(super) fn read(source: &str, expression: &Expression, place: impl Fn(usize) -> Place) -> Guard {
    parse(source, &place).unwrap_or_else(|| {
        let reads = expression.reads.iter().filter(|read| !read.guarded);
        Guard::Either(reads.map(|read| Read { path: read.path.clone(), place: read.place.clone() }).collect())
    })
}

fn parse(source: &str, place: &dyn Fn(usize) -> Place) -> Option<Guard> {
    let tokens = tokens(source)?;
    let mut parser = Parser { tokens: &tokens, next: 0, depth: 0, place };
    let guard = parser.either()?;
    (parser.next == tokens.len()).then_some(guard)
}

const SIGNS: [&str; 14] = ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "(", ")", "[", "]", ","];

fn tokens(source: &str) -> Option<Vec<(Token, usize)>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = source.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next()?;
        let (token, length) = if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        } else if first == '"' {
            let end = rest[1..].find('"')? + 1;
            (Token::Literal(rest[1..end].to_owned()), end + 1)
        } else if first.is_ascii_digit() || (first == '-' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
            let length = rest[1..].find(|c: char| !c.is_ascii_digit()).map_or(rest.len(), |n| n + 1);
            (Token::Number, length)
        } else if first.is_ascii_alphabetic() || first == '_' {
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
            let length = rest.find(|c| !word(c)).unwrap_or(rest.len());
            (word_token(&rest[..length]), length)
        } else {
            let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign))?;
            (Token::Sign(sign), sign.len())
        };
        tokens.push((token, at));
        at += length;
    }
    Some(tokens)
}

fn word_token(word: &str) -> Token {
    match word {
        "and" => Token::Sign("&&"),
        "or" => Token::Sign("||"),
        "not" => Token::Sign("!"),
        "in" => Token::Sign("in"),
        "true" => Token::Literal("yes".into()),
        "false" => Token::Literal("no".into()),
        _ => Token::Path(word.split('.').map(str::to_owned).collect()),
    }
}

/// Deeper brackets are not followed; the guard is then taken to be either way.
const DEEPEST: usize = 32;

struct Parser<'a> {
    tokens: &'a [(Token, usize)],
    next: usize,
    depth: usize,
    place: &'a dyn Fn(usize) -> Place,
}

impl Parser<'_> {
    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.get(self.next), Some((Token::Sign(next), _)) if *next == sign);
        self.next += usize::from(found);
        found
    }

    fn either(&mut self) -> Option<Guard> {
        let mut left = self.both()?;
        while self.sign("||") {
            left = Guard::Or(Box::new(left), Box::new(self.both()?));
        }
        Some(left)
    }

    fn both(&mut self) -> Option<Guard> {
        let mut left = self.one()?;
        while self.sign("&&") {
            left = Guard::And(Box::new(left), Box::new(self.one()?));
        }
        Some(left)
    }

    fn one(&mut self) -> Option<Guard> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let guard = if self.sign("!") {
            Guard::Not(Box::new(self.one()?))
        } else if self.sign("(") {
            let inner = self.either()?;
            self.sign(")").then_some(inner)?
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Some(guard)
    }

    fn comparison(&mut self) -> Option<Guard> {
        let (left, mut reads) = self.operand()?;
        if let Operand::Guard(guard) = left {
            return Some(guard);
        }
        for sign in ["==", "!="] {
            if self.sign(sign) {
                let (right, more) = self.operand()?;
                reads.extend(more);
                let equal = equality(left, right, reads);
                return Some(match (sign, equal) {
                    ("!=", Guard::Either(reads)) => Guard::Either(reads),
                    ("!=", equal) => Guard::Not(Box::new(equal)),
                    (_, equal) => equal,
                });
            }
        }
        for sign in ["<=", ">=", "<", ">"] {
            if self.sign(sign) {
                reads.extend(self.operand()?.1);
                return Some(Guard::Either(reads));
            }
        }
        if self.sign("in") {
            return self.membership(left, reads);
        }
        Some(match (left, reads.pop()) {
            (Operand::Path, Some(read)) => Guard::Yes(read),
            _ => Guard::Either(reads),
        })
    }

    fn membership(&mut self, left: Operand, mut reads: Vec<Read>) -> Option<Guard> {
        if !self.sign("[") {
            reads.extend(self.operand()?.1);
            return Some(Guard::Either(reads));
        }
        let mut values = Vec::new();
        let mut plain = matches!(left, Operand::Path);
        while !self.sign("]") {
            match self.operand()? {
                (Operand::Literal(value), _) => values.push(value),
                (_, more) => {
                    plain = false;
                    reads.extend(more);
                }
            }
            self.sign(",");
        }
        Some(match (plain, reads.pop()) {
            (true, Some(read)) => Guard::OneOf(read, values),
            (_, read) => Guard::Either(reads.into_iter().chain(read).collect()),
        })
    }

    fn operand(&mut self) -> Option<(Operand, Vec<Read>)> {
        let (token, at) = self.tokens.get(self.next)?.clone();
        self.next += 1;
        match token {
            Token::Literal(text) => Some((Operand::Literal(text), vec![])),
            Token::Number => Some((Operand::Other, vec![])),
            Token::Sign(_) => None,
            Token::Path(path) => {
                if !self.sign("(") {
                    return Some((Operand::Path, vec![Read { path, place: (self.place)(at) }]));
                }
                let (Token::Path(inner), at) = self.tokens.get(self.next)?.clone() else { return None };
                self.next += 1;
                if !self.sign(")") {
                    return None;
                }
                match path.join(".").as_str() {
                    "known" => Some((Operand::Guard(Guard::Known(inner)), vec![])),
                    "count" => Some((Operand::Other, vec![Read { path: inner, place: (self.place)(at) }])),
                    _ => None,
                }
            }
        }
    }
}

enum Operand {
    Path,
    Literal(String),
    Guard(Guard),
    Other,
}

fn equality(left: Operand, right: Operand, mut reads: Vec<Read>) -> Guard {
    match (left, right) {
        (Operand::Path, Operand::Literal(value)) | (Operand::Literal(value), Operand::Path) => match reads.pop() {
            Some(read) => Guard::OneOf(read, vec![value]),
            None => Guard::Either(reads),
        },
        _ => Guard::Either(reads),
    }
}
