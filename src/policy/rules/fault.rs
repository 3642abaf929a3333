//! What the parser could not read, in the words of an author.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rhai::{AST, LexError, ParseError, ParseErrorType, Position};

use crate::policy::finding::{Finding, Place};

/// Parses; a fault of the parser, or in it, is a finding. `start` is where the text begins.
pub(super) fn caught(start: &Place, parse: impl FnOnce() -> Result<AST, ParseError>) -> Result<AST, Finding> {
    match catch_unwind(AssertUnwindSafe(parse)) {
        Ok(parsed) => parsed.map_err(|error| finding(&error, start)),
        Err(_) => {
            let message = "this cannot be read at all";
            Err(Finding::error("cannot-be-read", start.clone(), message, "write it more simply"))
        }
    }
}

fn finding(error: &ParseError, start: &Place) -> Finding {
    let (code, message, help) = words(error.err_type());
    Finding::error(code, place(error.position(), start), message, help)
}

fn place(at: Position, start: &Place) -> Place {
    let (line, column) = (at.line().unwrap_or(1), at.position().unwrap_or(1).max(1));
    let column = if line == 1 { start.column + column - 1 } else { column };
    Place { file: start.file.clone(), line: start.line + line - 1, column }
}

fn words(error: &ParseErrorType) -> (&'static str, String, String) {
    let (code, message, help) = match error {
        ParseErrorType::UnexpectedEOF => {
            ("cannot-be-read", "this ends too early".into(), "is a `)`, `}` or value missing?")
        }
        ParseErrorType::BadInput(LexError::UnterminatedString) => {
            ("cannot-be-read", "a text begins here and does not end".into(), "close it with the same quotes")
        }
        ParseErrorType::BadInput(LexError::MalformedNumber(number)) => {
            ("number-form", format!("`{number}` is not a number"), "write digits only, at most 9223372036854775807")
        }
        ParseErrorType::BadInput(LexError::UnexpectedInput(word)) | ParseErrorType::UnknownOperator(word) => {
            ("cannot-be-read", format!("`{word}` has no meaning here"), "take it out, or put a text in double quotes")
        }
        ParseErrorType::BadInput(_) => ("cannot-be-read", "this cannot be read".into(), "put a text in double quotes"),
        ParseErrorType::MissingToken(token, _) => {
            ("cannot-be-read", format!("`{token}` is missing before this"), "put it in")
        }
        ParseErrorType::FnDuplicatedDefinition(name, _) => {
            ("duplicate-function", format!("there is a second function `{name}`"), "give one of them another name")
        }
        ParseErrorType::FnDuplicatedParam(name, parameter) => {
            ("duplicate-name", format!("`{name}` has the parameter `{parameter}` twice"), "name each fact once")
        }
        ParseErrorType::VariableExists(name) | ParseErrorType::DuplicatedVariable(name) => {
            ("duplicate-name", format!("`{name}` is used for a second thing"), "give the second one another name")
        }
        ParseErrorType::Reserved(word) | ParseErrorType::ForbiddenVariable(word) => {
            ("reserved-name", format!("`{word}` has a meaning of its own"), "use another name")
        }
        ParseErrorType::ExprTooDeep => (
            "too-deep",
            "this is nested too deeply".into(),
            "give parts of it their own names, or make a function of them",
        ),
        ParseErrorType::LiteralTooLarge(_, most) => {
            ("too-large", format!("this is too long: {most} is the most"), "make it shorter")
        }
        ParseErrorType::TooManyFunctions => ("too-large", "too many functions in one file".into(), "divide the file"),
        ParseErrorType::WrongFnDefinition => {
            ("cannot-be-read", "a function begins inside another".into(), "is a `}` missing before this?")
        }
        ParseErrorType::WrongSwitchDefaultCase => {
            ("cannot-be-read", "`_` must be the last case".into(), "move it to the end of the `switch`")
        }
        ParseErrorType::WrongSwitchCaseCondition => {
            ("switch-case", "a case has no condition of its own".into(), "ask with `if` behind the arrow")
        }
        ParseErrorType::MismatchedType(..) => (
            "not-yes-or-no",
            "a yes or no must stand here".into(),
            "compare it with something, or ask for a yes_no fact",
        ),
        ParseErrorType::PropertyExpected => ("cannot-be-read", "a name is missing after the dot".into(), "put it in"),
        ParseErrorType::AssignmentToConstant(_) | ParseErrorType::AssignmentToInvalidLHS(_) => {
            ("second-value", "this cannot be given a value".into(), "compare with `==`; name a value with `let`")
        }
        _ => ("cannot-be-read", "this cannot be read".into(), "look for a missing bracket, comma or quote before it"),
    };
    (code, message, help.to_owned())
}
