//! The words of a script, as the parser met them: what the tree does not keep (places of functions, labels of a
//! `switch`, brackets) and what authors may not write at all.

use std::sync::{Arc, Mutex, PoisonError};

use rhai::{Engine, LexError, Position, Token};

use crate::policy::finding::{Finding, Place};

/// More words than this between two separators are no rule; the parser would go too deep on them.
const LONGEST_STATEMENT: usize = 500;

/// One word and where it begins.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) token: Token,
    pub(super) at: Position,
}

/// Makes an engine read `and`, `or` and `not`; with `seen`, also keeps every word as the author wrote it.
#[expect(deprecated, reason = "the hook is not deprecated but volatile; the version of rhai is pinned")]
pub(super) fn listen(engine: &mut Engine, seen: Option<Arc<Mutex<Vec<Word>>>>) {
    engine.on_parse_token(move |token, at, _| {
        if let Some(seen) = &seen {
            let mut words = seen.lock().unwrap_or_else(PoisonError::into_inner);
            words.push(Word { token: token.clone(), at });
            let text = matches!(token, Token::StringConstant(_) | Token::InterpolatedString(_));
            if !text && statement_is_too_long(&words) {
                return Token::LexError(LexError::StringTooLong(LONGEST_STATEMENT).into());
            }
        }
        match &token {
            Token::Identifier(name) if name.as_str() == "and" => Token::And,
            Token::Identifier(name) if name.as_str() == "or" => Token::Or,
            Token::Identifier(name) if name.as_str() == "not" => Token::Bang,
            _ => token,
        }
    });
}

fn statement_is_too_long(words: &[Word]) -> bool {
    let separator = |word: &Word| matches!(word.token, Token::SemiColon | Token::LeftBrace | Token::RightBrace);
    words.len() > LONGEST_STATEMENT && !words[words.len() - LONGEST_STATEMENT..].iter().any(separator)
}

/// Whether a word stands for `and` or `or`.
pub(super) fn joins(token: &Token) -> bool {
    matches!(token, Token::And | Token::Or) || is_word(token, "and") || is_word(token, "or")
}

/// Whether a word is this name.
pub(super) fn is_word(token: &Token, word: &str) -> bool {
    matches!(token, Token::Identifier(name) if name.as_str() == word)
}

/// A text that people wrote, cut up by lines and columns as the parser counts them.
pub(super) struct Source<'a> {
    file: &'a Place,
    chars: Vec<char>,
    lines: Vec<usize>,
    pub(super) words: Vec<Word>,
}

impl<'a> Source<'a> {
    /// A text whose first character stands at `file`.
    pub(super) fn new(text: &str, file: &'a Place, words: Vec<Word>) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let ends = chars.iter().enumerate().filter(|(_, c)| **c == '\n').map(|(n, _)| n + 1);
        let lines = std::iter::once(0).chain(ends).collect();
        Self { file, chars, lines, words }
    }

    /// The place in the author's file.
    pub(super) fn place(&self, at: Position) -> Place {
        let (line, column) = (at.line().unwrap_or(1), at.position().unwrap_or(1).max(1));
        let column = if line == 1 { self.file.column + column - 1 } else { column };
        Place { file: self.file.file.clone(), line: self.file.line + line - 1, column }
    }

    /// How many characters stand before a place.
    pub(super) fn offset(&self, at: Position) -> usize {
        let line = at.line().unwrap_or(1).saturating_sub(1);
        let start = self.lines.get(line).copied().unwrap_or(self.chars.len());
        (start + at.position().unwrap_or(1).saturating_sub(1)).min(self.chars.len())
    }

    /// The author's words from one place to before another, or to the end.
    pub(super) fn slice(&self, from: Position, to: Option<Position>) -> String {
        let (from, to) = (self.offset(from), to.map_or(self.chars.len(), |to| self.offset(to)));
        self.chars.get(from..to).unwrap_or_default().iter().collect::<String>().trim().to_owned()
    }

    /// The text with other texts put in at some offsets.
    pub(super) fn with(&self, mut put_in: Vec<(usize, String)>) -> String {
        put_in.sort_by_key(|(at, _)| *at);
        let mut text = String::with_capacity(self.chars.len());
        let mut rest = put_in.into_iter().peekable();
        for (n, c) in self.chars.iter().enumerate() {
            while let Some((_, piece)) = rest.next_if(|(at, _)| *at <= n) {
                text.push_str(&piece);
            }
            text.push(*c);
        }
        text.extend(rest.map(|(_, piece)| piece));
        text
    }

    /// The number of the word that begins at a place.
    pub(super) fn word_at(&self, at: Position) -> Option<usize> {
        self.words.iter().position(|word| word.at == at)
    }

    /// The number of the next wanted word at the same depth. What stands in brackets is skipped, and so is what fills a
    /// text: its brace opens no block.
    pub(super) fn find(&self, from: usize, wanted: impl Fn(&Token) -> bool) -> Option<usize> {
        let mut depth = 0usize;
        for (n, word) in self.words.iter().enumerate().skip(from) {
            let fills_a_text =
                n.checked_sub(1).is_some_and(|n| matches!(self.words[n].token, Token::InterpolatedString(_)));
            if depth == 0 && !fills_a_text && wanted(&word.token) {
                return Some(n);
            }
            match word.token {
                Token::LeftBrace | Token::LeftParen | Token::LeftBracket | Token::MapStart => depth += 1,
                Token::RightBrace | Token::RightParen | Token::RightBracket => depth = depth.checked_sub(1)?,
                _ => {}
            }
        }
        None
    }

    /// Every function's name and its place, in order.
    pub(super) fn functions(&self) -> Vec<(&str, Position)> {
        self.words
            .windows(2)
            .filter_map(|pair| match (&pair[0].token, &pair[1].token) {
                (Token::Fn, Token::Identifier(name) | Token::Reserved(name)) => Some((name.as_str(), pair[1].at)),
                _ => None,
            })
            .collect()
    }

    /// The labels of the `switch` that begins at a place: one group of words for each, without the default.
    pub(super) fn labels(&self, switch: Position) -> Vec<&[Word]> {
        let mut labels = Vec::new();
        let open = self.word_at(switch).and_then(|n| self.find(n + 1, |token| *token == Token::LeftBrace));
        let Some(mut from) = open.map(|open| open + 1) else { return labels };
        while let Some(arrow) = self.find(from, |token| *token == Token::DoubleArrow) {
            let group = self.words.get(from..arrow).unwrap_or_default();
            let group = match group.iter().position(|word| word.token == Token::If) {
                Some(condition) => &group[..condition],
                None => group,
            };
            labels.extend(
                group
                    .split(|word| word.token == Token::Pipe)
                    .filter(|label| !matches!(label, [] | [Word { token: Token::Underscore, .. }])),
            );
            let Some(end) = self.end_of_case(arrow + 1) else { break };
            from = end;
        }
        labels
    }

    /// Behind what stands right of an arrow: a block needs no comma.
    fn end_of_case(&self, from: usize) -> Option<usize> {
        if self.words.get(from)?.token == Token::LeftBrace {
            let close = self.find(from + 1, |token| *token == Token::RightBrace)?;
            let comma = self.words.get(close + 1).is_some_and(|word| word.token == Token::Comma);
            return Some(close + 1 + usize::from(comma));
        }
        self.find(from, |token| *token == Token::Comma).map(|comma| comma + 1)
    }

    /// Words that no rule may hold.
    pub(super) fn forbidden(&self) -> Vec<Finding> {
        self.words.iter().filter_map(|word| forbidden(&word.token, self.place(word.at))).collect()
    }
}

fn forbidden(token: &Token, place: Place) -> Option<Finding> {
    let no = |what: &str, help: &str| {
        Some(Finding::error("forbidden-word", place.clone(), format!("{what} cannot stand in a rule"), help))
    };
    let instead = |word: &str| {
        let message = format!("`{}` is written as a word here", token.literal_syntax());
        Some(Finding::error("write-the-word", place.clone(), message, format!("write `{word}`")))
    };
    match token {
        Token::While | Token::Loop | Token::For | Token::Do | Token::Until | Token::Break | Token::Continue => {
            let help = "a rule looks at its facts once; `count(list)` and `in` look at a whole list";
            no(&format!("`{}`: repeating", token.literal_syntax()), help)
        }
        Token::Try | Token::Catch | Token::Throw => {
            let help = "give every path a verdict; ask `known(…)` where something may not be set";
            no(&format!("`{}`: handling errors", token.literal_syntax()), help)
        }
        Token::Const => no("`const`", "write `let`; no name is ever given a second value"),
        Token::Private => no("`private`", "leave the word out"),
        Token::MapStart => no("`#{`", "give each value its own name with `let`"),
        Token::Elvis | Token::DoubleQuestion | Token::QuestionBracket => {
            no(&format!("`{}`", token.literal_syntax()), "ask `known(…)` first")
        }
        Token::And => instead("and"),
        Token::Or => instead("or"),
        Token::Bang => instead("not"),
        Token::NotIn => instead("not (… in …)"),
        Token::CharConstant(_) => no("a text in single quotes", "use double quotes"),
        Token::Reserved(word) if word.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            no(&format!("`{word}`"), "this word has a meaning of its own; use another name")
        }
        _ => None,
    }
}
