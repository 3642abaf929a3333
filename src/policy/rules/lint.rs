//! The static pass over values: every name exists, every two sides are alike, and every path that is read is noted.
//! An expression form that is not named here is refused.

use std::collections::BTreeMap;

use rhai::{Expr, FnCallExpr, Position, Token};

use super::kinds::{Fit, Kind, either, fit};
use super::reading::{Use, flat, start};
use super::script::Function;
use super::values::HOST;
use super::words::{Source, joins};
use super::{Names, Read};
use crate::policy::finding::{Finding, Place, did_you_mean};

/// What may stand in the text that is read.
pub(super) enum Manner<'a> {
    /// One line of a flow.
    Expression,
    /// A script with these functions.
    Script(&'a BTreeMap<String, Function>),
}

/// A name inside a function.
pub(super) struct Local {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// The path of facts that it stands for, if it is nothing but another name of one.
    pub(super) origin: Option<Vec<String>>,
}

/// One side of a comparison: its kind, what the author calls it, and where it begins.
type Side<'s> = (&'s Kind, String, Position);

/// The pass, with what it has found so far.
pub(super) struct Lint<'a> {
    pub(super) source: &'a Source<'a>,
    pub(super) known: &'a Names<'a>,
    pub(super) manner: Manner<'a>,
    pub(super) findings: Vec<Finding>,
    pub(super) reads: Vec<Read>,
    pub(super) verdicts: BTreeMap<String, Place>,
    pub(super) scope: Vec<Local>,
    /// Paths that a `known(…)` has made sure of here.
    pub(super) sure: Vec<Vec<String>>,
    /// The functions that are being walked, outermost first.
    pub(super) calls: Vec<String>,
    /// What the innermost function returns besides its last value.
    pub(super) returned: Vec<Kind>,
    /// Whether the innermost function is a rule.
    pub(super) in_rule: bool,
    /// Whether it is the reason of a verdict that is walked.
    pub(super) in_reason: bool,
    pub(super) walked: usize,
}

impl<'a> Lint<'a> {
    pub(super) fn new(source: &'a Source<'a>, known: &'a Names<'a>, manner: Manner<'a>) -> Self {
        Self {
            source,
            known,
            manner,
            findings: Vec::new(),
            reads: Vec::new(),
            verdicts: BTreeMap::new(),
            scope: Vec::new(),
            sure: Vec::new(),
            calls: Vec::new(),
            returned: Vec::new(),
            in_rule: false,
            in_reason: false,
            walked: 0,
        }
    }

    pub(super) fn error(&mut self, code: &'static str, at: Position, message: String, help: impl Into<String>) {
        let finding = Finding::error(code, self.source.place(at), message, help);
        // One word is wrong once, however often its function is called.
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    pub(super) fn only_an_expression(&mut self) {
        let at = self.source.words.first().map_or(Position::NONE, |word| word.at);
        let message = "only one comparison can stand here, or several with `and` and `or`";
        self.error("not-an-expression", at, message.into(), "make the rest a rule in `rules/`");
    }

    /// A value that must be yes or no.
    pub(super) fn yes_no(&mut self, value: &Expr) {
        let kind = self.value(value);
        if !matches!(fit(&kind, &Kind::YES_NO), Fit::Yes) {
            let message = format!("a yes or no must stand here, not {}", kind.words());
            self.error("not-yes-or-no", start(value), message, "compare it with something");
        }
    }

    /// The kind of any value.
    pub(super) fn value(&mut self, value: &Expr) -> Kind {
        let at = start(value);
        match value {
            Expr::BoolConstant(..) => Kind::YES_NO,
            Expr::IntegerConstant(..) => Kind::NUMBER,
            Expr::StringConstant(text, _) => self.literal(text, at),
            Expr::FloatConstant(..) => {
                let help = "write digits only, at most 9223372036854775807";
                self.refuse("number-form", at, "only whole numbers of at most 64 bits can stand here", help)
            }
            Expr::Variable(..) | Expr::Dot(..) => self.path(value, Use::Needed).0,
            Expr::And(sides, _) => self.junction(sides, true),
            Expr::Or(sides, _) => self.junction(sides, false),
            Expr::FnCall(call, at) => self.call(call, *at),
            Expr::Array(items, _) => Kind::Series(items.iter().map(|item| self.value(item)).collect()),
            Expr::InterpolatedString(pieces, _) if self.is_script() => self.text(pieces),
            Expr::Stmt(block) if self.is_script() => self.block_value(block),
            Expr::InterpolatedString(..) | Expr::Stmt(..) => self.refuse(
                "not-an-expression",
                at,
                "this belongs into a rule",
                "make it a rule with a name in `rules/`",
            ),
            Expr::CharConstant(..) => {
                self.refuse("forbidden-word", at, "a text stands in double quotes", "use double quotes")
            }
            Expr::Index(..) => {
                let help = "`list.first`, `count(list)` and `… in list` read a list";
                self.refuse("forbidden-form", at, "single items cannot be taken out of a list", help)
            }
            Expr::Unit(..) => self.refuse("no-value", at, "there is no value here", "give it one"),
            _ => self.refuse(
                "forbidden-form",
                at,
                "this cannot stand in a rule",
                "write it with comparisons and functions",
            ),
        }
    }

    pub(super) fn refuse(&mut self, code: &'static str, at: Position, message: &str, help: &str) -> Kind {
        self.error(code, at, message.to_owned(), help);
        Kind::Any
    }

    pub(super) fn is_script(&self) -> bool {
        matches!(self.manner, Manner::Script(_))
    }

    fn literal(&mut self, text: &str, at: Position) -> Kind {
        let in_quotes = self.source.word_at(at).is_some_and(|n| {
            let quote = self.source.slice(at, self.source.words.get(n + 1).map(|next| next.at));
            quote.starts_with('"')
        });
        if in_quotes && text.contains("${") {
            let help = "put the text between back-ticks";
            self.error("text-is-not-filled-in", at, "`${` is not filled in between these quotes".into(), help);
        }
        Kind::Words(Some(text.to_owned()))
    }

    fn text(&mut self, pieces: &[Expr]) -> Kind {
        for piece in pieces.iter().filter(|piece| !matches!(piece, Expr::StringConstant(..))) {
            let kind = self.value(piece);
            if !kind.can_be_said() {
                let message = format!("{} cannot be written into a text", kind.words());
                self.error("cannot-be-said", start(piece), message, "name one of its parts");
            }
        }
        Kind::Words(None)
    }

    /// `a and b` or `a or b`: what holds on the left is sure on the right.
    fn junction(&mut self, sides: &[Expr], all: bool) -> Kind {
        let before = self.sure.len();
        for side in sides {
            self.yes_no(side);
            let sure = self.sure_when(side, all);
            self.sure.extend(sure);
        }
        self.sure.truncate(before);
        Kind::YES_NO
    }

    fn call(&mut self, call: &FnCallExpr, at: Position) -> Kind {
        let written = self.source.word_at(at).map(|n| &self.source.words[n].token);
        let by_name = matches!(written, Some(Token::Identifier(name)) if name.as_str() == call.name.as_str());
        match (call.name.as_str(), &call.args[..]) {
            ("==" | "!=", [a, b]) => self.comparison(a, b, at, false),
            ("<" | "<=" | ">" | ">=", [a, b]) => self.comparison(a, b, at, true),
            ("contains", [list, item]) if !by_name => self.membership(list, item, at),
            ("!", [a]) => {
                self.yes_no(a);
                Kind::YES_NO
            }
            ("+" | "-" | "*" | "/" | "%", sides) if !by_name => self.sum(&call.name, sides, at),
            ("known", [a]) => self.asked(a, at),
            ("count", [list]) => self.counted(list, at),
            ("choose", _) if self.is_script() => {
                let help = "write `return choose(…)`, or make it the last line of its path";
                self.refuse("choose-in-the-middle", at, "nothing follows from this `choose`", help)
            }
            (name, args) => self.named_call(name, args, at),
        }
    }

    fn comparison(&mut self, a: &Expr, b: &Expr, at: Position, ordered: bool) -> Kind {
        if self.hasty_not(a, at) {
            return Kind::YES_NO;
        }
        let (left, right) = (self.value(a), self.value(b));
        self.alike((&left, named(a, &left), start(a)), (&right, named(b, &right), start(b)));
        if ordered && !(left.has_order() && right.has_order()) && matches!(fit(&left, &right), Fit::Yes) {
            let message = format!("{} is not more or less than another", left.words());
            self.error("no-order", at, message, "compare it with `==` or `!=`");
        }
        Kind::YES_NO
    }

    /// Both sides of a comparison must be of one kind.
    pub(super) fn alike(&mut self, (left, left_name, at): Side<'_>, (right, right_name, right_at): Side<'_>) {
        match fit(left, right) {
            Fit::Yes => {}
            Fit::NoSuchChoice(word, choices) => {
                let at = if matches!(left, Kind::Words(_)) { at } else { right_at };
                let help = did_you_mean(&word, choices.iter().map(String::as_str));
                self.error("unknown-choice", at, format!("`{word}` is not one of the choices"), help);
            }
            Fit::No => {
                let message = format!("{left_name} cannot be compared with {right_name}");
                let help = if *left == Kind::YES_NO || *right == Kind::YES_NO {
                    "a yes_no fact stands alone: `fact`, or `not fact`"
                } else {
                    "compare values of one type"
                };
                self.error("unlike-types", at, message, help);
            }
        }
    }

    /// `not a == b` would ask whether `not a` is `b`.
    fn hasty_not(&mut self, first: &Expr, operator: Position) -> bool {
        let Expr::FnCall(call, at) = first else { return false };
        if call.name != "!" {
            return false;
        }
        let n = self.source.word_at(*at);
        let end = self.source.word_at(operator).and_then(|n| {
            self.source.find(n + 1, |token| {
                let ends = matches!(
                    token,
                    Token::RightParen
                        | Token::LeftBrace
                        | Token::RightBrace
                        | Token::SemiColon
                        | Token::Comma
                        | Token::EOF
                );
                ends || joins(token)
            })
        });
        let from = n.and_then(|n| self.source.words.get(n + 1)).map_or(*at, |word| word.at);
        let to = end.and_then(|end| self.source.words.get(end)).map(|word| word.at);
        let what = self.source.slice(from, to);
        let message = "`not` before a comparison needs brackets".into();
        self.error("not-without-brackets", *at, message, format!("write `not ({what})`"));
        true
    }

    fn membership(&mut self, list: &Expr, item: &Expr, at: Position) -> Kind {
        if self.hasty_not(item, at) {
            return Kind::YES_NO;
        }
        let kind = self.value(item);
        let place = start(item);
        match self.value(list) {
            Kind::Series(items) => {
                let places = match list {
                    Expr::Array(items, _) => items.iter().map(start).collect(),
                    _ => vec![start(list); items.len()],
                };
                for (one, at) in items.iter().zip(places) {
                    self.alike((&kind, named(item, &kind), place), (one, one.words(), at));
                }
            }
            other => match other.item() {
                Some(one) => self.alike((&kind, named(item, &kind), place), (&one, one.words(), start(list))),
                None => {
                    let message = format!("`in` looks into a list, not into {}", other.words());
                    self.error("not-a-list", start(list), message, "write the values as `[\"one\", \"two\"]`");
                }
            },
        }
        Kind::YES_NO
    }

    fn sum(&mut self, operator: &str, sides: &[Expr], at: Position) -> Kind {
        if !self.is_script() {
            return self.refuse(
                "not-an-expression",
                at,
                "sums belong into a rule",
                "make it a rule with a name in `rules/`",
            );
        }
        for side in sides {
            let kind = self.value(side);
            if !matches!(fit(&kind, &Kind::NUMBER), Fit::Yes) {
                let message = format!("`{operator}` is for numbers, not for {}", kind.words());
                self.error("unlike-types", start(side), message, "put texts together between back-ticks: `${…}`");
            }
        }
        Kind::NUMBER
    }

    fn asked(&mut self, arg: &Expr, at: Position) -> Kind {
        if flat(arg).is_some() {
            self.path(arg, Use::Asked);
        } else {
            self.value(arg);
            self.error(
                "known-needs-a-fact",
                at,
                "`known` asks about one fact".into(),
                "write `known(fact)` or `known(fact.part)`",
            );
        }
        Kind::YES_NO
    }

    fn counted(&mut self, list: &Expr, at: Position) -> Kind {
        let kind = self.value(list);
        if kind.item().is_none() && !matches!(kind, Kind::Series(_)) {
            self.error("not-a-list", at, format!("`count` counts a list, not {}", kind.words()), "name a list");
        }
        Kind::NUMBER
    }

    fn named_call(&mut self, name: &str, args: &[Expr], at: Position) -> Kind {
        let wanted = match (name, &self.manner) {
            ("known" | "count", _) => Some(1),
            ("choose", Manner::Script(_)) => Some(2),
            (_, Manner::Script(functions)) => functions.get(name).map(|function| function.parameters.len()),
            (_, Manner::Expression) => None,
        };
        match wanted {
            Some(wanted) if wanted == args.len() => return self.helper(name, args, at),
            Some(wanted) => {
                let message = format!("`{name}` takes {wanted}, not {}", args.len());
                self.error("wrong-number-of-arguments", at, message, "give it one value for each parameter");
            }
            None => {
                let mut names = vec!["known", "count"];
                if let Manner::Script(functions) = &self.manner {
                    names.extend(functions.keys().map(String::as_str));
                    names.push(HOST[0]);
                }
                let help = did_you_mean(name, names);
                self.error("unknown-function", at, format!("there is no function `{name}`"), help);
            }
        }
        for arg in args {
            self.value(arg);
        }
        Kind::Any
    }

    /// The kind of a value that is one of several.
    pub(super) fn one_of(&mut self, kinds: Vec<Kind>, at: Position) -> Kind {
        let mut all = kinds.into_iter();
        let Some(first) = all.next() else { return Kind::Nothing };
        let mut kind = first;
        for next in all {
            let message = format!("this is once {} and once {}", kind.words(), next.words());
            kind = match either(kind, next) {
                Some(kind) => kind,
                None => {
                    self.error("unlike-types", at, message, "give values of one type on every path");
                    return Kind::Any;
                }
            };
        }
        kind
    }
}

/// A value in the author's words, with its kind.
fn named(value: &Expr, kind: &Kind) -> String {
    let name = match value {
        Expr::StringConstant(text, _) => format!("\"{text}\""),
        Expr::IntegerConstant(number, _) => number.to_string(),
        _ => match flat(value) {
            Some((root, _, parts)) => parts.iter().fold(root.to_owned(), |path, (name, _)| format!("{path}.{name}")),
            None => return kind.words(),
        },
    };
    format!("`{name}` ({})", kind.words())
}
