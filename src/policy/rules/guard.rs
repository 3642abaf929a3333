//! Puts a host function around every value that the engine itself would take without a word when it is missing or of
//! the wrong type: what a `switch` looks at, what a text shows, what `if`, `and` and `or` ask.

use rhai::Token;

use super::values::{SWITCH_VALUE, TEXT_VALUE, TRUTH_VALUE};
use super::words::{Source, joins};

/// The script that is run: the author's, with its guards. It has the same meaning, except that what was silent is a
/// fault.
pub(super) fn guarded(source: &Source<'_>) -> String {
    let mut put_in = Vec::new();
    for (n, word) in source.words.iter().enumerate() {
        match word.token {
            Token::Switch => around(source, n, SWITCH_VALUE, Token::LeftBrace, &mut put_in),
            Token::If => around(source, n, TRUTH_VALUE, Token::LeftBrace, &mut put_in),
            Token::InterpolatedString(_) => around(source, n + 1, TEXT_VALUE, Token::RightBrace, &mut put_in),
            Token::Identifier(_) => operand(source, n, &mut put_in),
            _ => {}
        }
    }
    source.with(put_in)
}

/// Puts `function( … )` behind one word and before the next of a kind at the same depth.
fn around(source: &Source<'_>, after: usize, function: &str, before: Token, put_in: &mut Vec<(usize, String)>) {
    let Some(end) = source.find(after + 1, |token| *token == before) else { return };
    let Some((first, last)) = source.words.get(after + 1).zip(source.words.get(end)) else { return };
    if end > after + 1 {
        put_in.push((source.offset(first.at), format!("{function}(")));
        put_in.push((source.offset(last.at), ")".to_owned()));
    }
}

/// A dotted path that is by itself one side of `and` or `or`.
fn operand(source: &Source<'_>, first: usize, put_in: &mut Vec<(usize, String)>) {
    let words = &source.words;
    let before = first.checked_sub(1).map(|n| &words[n].token);
    if before == Some(&Token::Period) || joins(&words[first].token) {
        return;
    }
    let mut end = first + 1;
    while let [dot, name, ..] = &words[end..]
        && dot.token == Token::Period
        && matches!(name.token, Token::Identifier(_))
    {
        end += 2;
    }
    let after = words.get(end).map(|word| &word.token);
    let begins = before.is_none_or(|token| {
        let opens = matches!(
            token,
            Token::LeftParen
                | Token::LeftBrace
                | Token::If
                | Token::Return
                | Token::Equals
                | Token::Comma
                | Token::SemiColon
                | Token::RightBrace
                | Token::DoubleArrow
        );
        opens || joins(token)
    });
    let ends = after.is_none_or(|token| {
        let closes = matches!(
            token,
            Token::RightParen | Token::LeftBrace | Token::RightBrace | Token::SemiColon | Token::Comma | Token::EOF
        );
        closes || joins(token)
    });
    if begins && ends && (before.is_some_and(joins) || after.is_some_and(joins)) {
        let last = &words[end - 1];
        let Token::Identifier(name) = &last.token else { return };
        put_in.push((source.offset(words[first].at), format!("{TRUTH_VALUE}(")));
        put_in.push((source.offset(last.at) + name.chars().count(), ")".to_owned()));
    }
}
