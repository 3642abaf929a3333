//! The static pass over the paths of a function: every path of a rule ends in `choose`, every path of a helper in a
//! value, and nothing is done twice or in vain.

use rhai::{ASTFlags, Expr, FlowControl, FnCallExpr, Position, Stmt, StmtBlock, SwitchCasesCollection, Token};

use super::kinds::Kind;
use super::lint::{Lint, Local, Manner};
use super::profile::CALLS;
use super::reading::{Use, flat, start};
use super::script::{Function, check_name};
use super::words::Word;

/// Calls of helpers that one rule may be spread over.
const WALKED: usize = 300;

/// What must become of the last statement of a block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tail {
    /// It is the end of a rule.
    Verdict,
    /// It is a value.
    Value,
    /// Nothing: more follows.
    Nothing,
}

/// What a statement comes to: its value, and whether the function always ends in it.
type Outcome = (Kind, bool);

impl Lint<'_> {
    /// The whole body of a function.
    pub(super) fn body(&mut self, function: &Function) -> Kind {
        let tail = if function.is_rule { Tail::Verdict } else { Tail::Value };
        let in_rule = std::mem::replace(&mut self.in_rule, function.is_rule);
        let returned = std::mem::take(&mut self.returned);
        let (last, ended) = self.block(&function.body, tail, function.at);
        let mut kinds = std::mem::replace(&mut self.returned, returned);
        self.in_rule = in_rule;
        if !ended {
            kinds.push(last);
        }
        if function.is_rule { Kind::Verdict } else { self.one_of(kinds, function.at) }
    }

    /// A call of a function of the script.
    pub(super) fn helper(&mut self, name: &str, args: &[Expr], at: Position) -> Kind {
        let Manner::Script(functions) = self.manner else { return Kind::Any };
        let Some(function) = functions.get(name) else { return Kind::Any };
        let mut locals = Vec::new();
        for (parameter, arg) in function.parameters.iter().zip(args) {
            let (kind, origin) = self.alias(arg);
            locals.push(Local { name: parameter.clone(), kind, origin });
        }
        if function.is_rule {
            let help = "put what both need into a function without `choose`";
            self.error("rule-calls-rule", at, format!("`{name}` is a rule: only a flow can ask it"), help);
            return Kind::Any;
        }
        if self.calls.iter().any(|caller| caller == name) {
            let message = format!("`{name}` calls itself, here or through others");
            self.error("calls-itself", at, message, "a rule looks at its facts once; say it without going round");
            return Kind::Any;
        }
        self.walked += 1;
        if self.calls.len() >= CALLS || self.walked > WALKED {
            self.error("too-deep", at, "too many functions call each other".into(), "make the rule simpler");
            return Kind::Any;
        }
        self.calls.push(name.to_owned());
        let scope = std::mem::replace(&mut self.scope, locals);
        let kind = self.body(function);
        self.scope = scope;
        self.calls.pop();
        kind
    }

    /// A value that gets a name: a path keeps what it stands for.
    fn alias(&mut self, value: &Expr) -> (Kind, Option<Vec<String>>) {
        match value {
            Expr::Variable(..) | Expr::Dot(..) => self.path(value, Use::Named),
            _ => (self.value(value), None),
        }
    }

    /// A block that stands where a value is wanted.
    pub(super) fn block_value(&mut self, block: &StmtBlock) -> Kind {
        self.block(block.statements(), Tail::Value, block.position()).0
    }

    fn block(&mut self, statements: &[Stmt], tail: Tail, at: Position) -> Outcome {
        let (locals, sure) = (self.scope.len(), self.sure.len());
        let mut outcome = (Kind::Nothing, false);
        if statements.is_empty() {
            self.ends_without(tail, at);
        }
        for (n, statement) in statements.iter().enumerate() {
            if outcome.1 {
                let message = "this is never reached: its path has ended before".into();
                self.error("never-reached", statement.position(), message, "take it out, or move the end behind it");
                break;
            }
            let tail = if n + 1 == statements.len() { tail } else { Tail::Nothing };
            outcome = self.statement(statement, tail);
        }
        self.scope.truncate(locals);
        self.sure.truncate(sure);
        outcome
    }

    fn statement(&mut self, statement: &Stmt, tail: Tail) -> Outcome {
        let at = statement.position();
        match statement {
            Stmt::Expr(value) => self.last_value(value, tail),
            Stmt::FnCall(call, at) => self.last_call(call, *at, tail),
            Stmt::If(parts, at) => self.branches(parts, *at, tail),
            Stmt::Switch(parts, at) => self.switch(&parts.0, &parts.1, *at, tail),
            Stmt::Block(block) => self.block(block.statements(), tail, at),
            Stmt::Var(parts, _, _) => {
                self.name(&parts.0.name, parts.0.pos, &parts.1);
                self.ends_without(tail, at);
                (Kind::Nothing, false)
            }
            Stmt::Return(value, flags, at) if !flags.contains(ASTFlags::BREAK) => self.returns(value.as_deref(), *at),
            Stmt::Noop(_) => {
                self.ends_without(tail, at);
                (Kind::Nothing, false)
            }
            Stmt::Assignment(_) => {
                let message = "no name is given a second value".into();
                self.error("second-value", at, message, "give the new value a name of its own with `let`");
                (Kind::Any, false)
            }
            _ => {
                self.error(
                    "forbidden-form",
                    at,
                    "this cannot stand in a rule".into(),
                    "use `let`, `if`, `switch` and `return`",
                );
                (Kind::Any, false)
            }
        }
    }

    fn ends_without(&mut self, tail: Tail, at: Position) {
        match tail {
            Tail::Nothing => {}
            Tail::Verdict => {
                let help = "end it with `choose(\"verdict\", \"why\")`";
                self.error("path-without-choose", at, "this path ends without `choose`".into(), help);
            }
            Tail::Value => self.error("no-value", at, "this path gives no value".into(), "end it with a value"),
        }
    }

    fn last_value(&mut self, value: &Expr, tail: Tail) -> Outcome {
        match value {
            Expr::Stmt(block) => self.block(block.statements(), tail, block.position()),
            Expr::FnCall(call, at) if call.name == "choose" => self.last_call(call, *at, tail),
            _ => {
                let before = self.findings.len();
                let kind = self.value(value);
                match tail {
                    Tail::Value => return (kind, false),
                    // A slip in the word `choose` is one fault, not two.
                    Tail::Verdict if self.findings.len() > before => {}
                    Tail::Verdict => self.ends_without(tail, start(value)),
                    Tail::Nothing => {
                        let message = "nothing is done with this value".into();
                        self.error("unused-value", start(value), message, "take it out, or name it with `let`");
                    }
                }
                (Kind::Any, false)
            }
        }
    }

    fn last_call(&mut self, call: &FnCallExpr, at: Position, tail: Tail) -> Outcome {
        if call.name == "choose" && tail == Tail::Verdict {
            self.chosen(&call.args, at);
            return (Kind::Verdict, false);
        }
        if call.name == "choose" {
            self.chosen(&call.args, at);
            let help = "write `return choose(…)`, or make it the last line of its path";
            self.error("choose-in-the-middle", at, "nothing follows from this `choose`".into(), help);
            return (Kind::Any, false);
        }
        let before = self.findings.len();
        let call = Expr::FnCall(Box::new(call.clone()), at);
        let kind = self.value(&call);
        match tail {
            Tail::Value => return (kind, false),
            // A slip in the word `choose` is one fault, not two.
            Tail::Verdict if self.findings.len() > before => {}
            Tail::Verdict => self.ends_without(tail, at),
            Tail::Nothing => {
                self.error(
                    "unused-value",
                    at,
                    "nothing is done with this value".into(),
                    "take it out, or name it with `let`",
                );
            }
        }
        (Kind::Any, false)
    }

    /// `choose("verdict", because)`.
    fn chosen(&mut self, args: &[Expr], at: Position) {
        let [verdict, because] = args else {
            let message = format!("`choose` takes a verdict and a reason, not {} values", args.len());
            self.error("wrong-number-of-arguments", at, message, "write `choose(\"verdict\", \"why\")`");
            return;
        };
        match verdict {
            Expr::StringConstant(word, at) => {
                if let Err(message) = check_name(word) {
                    self.error("verdict-name", *at, message, "use small letters, digits and `_`");
                }
                let place = self.source.place(*at);
                self.verdicts
                    .entry(word.to_string())
                    .and_modify(|first| *first = first.clone().min(place.clone()))
                    .or_insert(place);
            }
            other => {
                let name = flat(other).map_or_else(|| "this".to_owned(), |(root, _, _)| format!("`{root}`"));
                let message = format!("{name} is no verdict: a verdict is written out as a word in double quotes");
                self.error("verdict-not-a-word", start(other), message, "use one `choose` for each verdict");
            }
        }
        self.in_reason = true;
        let kind = self.value(because);
        self.in_reason = false;
        if !kind.can_be_said() {
            let message = format!("the reason is a text, not {}", kind.words());
            self.error("unlike-types", start(because), message, "say why in double quotes");
        }
    }

    fn returns(&mut self, value: Option<&Expr>, at: Position) -> Outcome {
        let tail = if self.in_rule { Tail::Verdict } else { Tail::Value };
        match value {
            None => self.ends_without(tail, at),
            Some(value) => {
                let (kind, _) = self.last_value(value, tail);
                self.returned.push(kind);
            }
        }
        (Kind::Nothing, true)
    }

    /// `let name = value`.
    fn name(&mut self, name: &str, at: Position, value: &Expr) {
        if let Err(message) = check_name(name) {
            self.error("reserved-name", at, message, "use another name");
        }
        if self.scope.iter().any(|local| local.name == name) {
            self.error("duplicate-name", at, format!("`{name}` is used for a second thing"), "use another name");
        } else if (self.known.type_of)(name).is_some() {
            let help = "use another name, or make the fact a parameter";
            self.error("shadowed-fact", at, format!("`{name}` is the name of a fact"), help);
        }
        let (kind, origin) = self.alias(value);
        if matches!(kind, Kind::Nothing | Kind::Verdict) {
            self.error("no-value", at, format!("`{name}` gets no value"), "give it one");
        }
        self.scope.push(Local { name: name.to_owned(), kind, origin });
    }

    fn condition(&mut self, value: &Expr) {
        if let Expr::Stmt(block) = value {
            let message = "a condition holds no block of its own".into();
            self.error("forbidden-form", block.position(), message, "name its value with `let` first");
        }
        self.yes_no(value);
    }

    fn branches(&mut self, parts: &FlowControl, at: Position, tail: Tail) -> Outcome {
        self.condition(&parts.expr);
        let mark = self.sure.len();
        let (when, unless) = (self.sure_when(&parts.expr, true), self.sure_when(&parts.expr, false));
        self.sure.extend(when.iter().cloned());
        let (kind, ended) = self.block(parts.body.statements(), tail, parts.body.position());
        self.sure.truncate(mark);
        if parts.branch.is_empty() {
            if tail != Tail::Nothing {
                let help = "add `else { … }`, or put the other case behind it; each way of a rule ends in `choose`";
                let code = if tail == Tail::Verdict { "path-without-choose" } else { "if-without-else" };
                self.error(code, at, "this `if` says nothing for the other case".into(), help);
            }
            if ended {
                self.sure.extend(unless);
            }
            return (if tail == Tail::Nothing { Kind::Nothing } else { kind }, false);
        }
        self.sure.extend(unless.iter().cloned());
        let (other, other_ended) = self.block(parts.branch.statements(), tail, parts.branch.position());
        self.sure.truncate(mark);
        match (ended, other_ended) {
            (true, false) => self.sure.extend(unless),
            (false, true) => self.sure.extend(when),
            _ => {}
        }
        let kinds = [(kind, ended), (other, other_ended)].into_iter().filter(|(_, ended)| !ended).map(|(kind, _)| kind);
        let kind = if tail == Tail::Value { self.one_of(kinds.collect(), at) } else { Kind::Nothing };
        (kind, ended && other_ended)
    }

    fn switch(&mut self, subject: &Expr, cases: &SwitchCasesCollection, at: Position, tail: Tail) -> Outcome {
        let kind = self.value(subject);
        if matches!(subject, Expr::Stmt(_)) || !kind.can_be_switched() {
            let message = format!("a `switch` looks at a choice, a number or a text, not at {}", kind.words());
            self.error("switch-subject", start(subject), message, "use `if`");
        }
        self.labels(&kind, at);
        if cases.def_case.is_none() {
            let message = "this `switch` has no default".into();
            self.error("switch-without-default", at, message, "add a last case `_ => …` for everything else");
        }
        let mut kinds = Vec::new();
        let mut all_end = cases.def_case.is_some();
        for case in &cases.expressions {
            if !matches!(case.lhs, Expr::BoolConstant(true, _)) {
                let message = "a case has no condition of its own".into();
                self.error("switch-case", start(&case.lhs), message, "ask with `if` behind the arrow");
            }
            let (kind, ended) = self.last_value(&case.rhs, tail);
            if !ended {
                kinds.push(kind);
            }
            all_end &= ended;
        }
        let kind = if tail == Tail::Value { self.one_of(kinds, at) } else { Kind::Nothing };
        (kind, all_end)
    }

    /// Every label is one word or number of the subject's kind, and stands once.
    fn labels(&mut self, subject: &Kind, at: Position) {
        let labels: Vec<Vec<Word>> = self.source.labels(at).into_iter().map(<[Word]>::to_vec).collect();
        let mut seen: Vec<String> = Vec::new();
        for label in &labels {
            let at = label.first().map_or(at, |word| word.at);
            let (kind, name) = match label.as_slice() {
                [Word { token: Token::StringConstant(text), .. }] => {
                    (Kind::Words(Some(text.to_string())), text.to_string())
                }
                [Word { token: Token::IntegerConstant(number), .. }] => (Kind::NUMBER, number.to_string()),
                [
                    Word { token: Token::Minus | Token::UnaryMinus, .. },
                    Word { token: Token::IntegerConstant(number), .. },
                ] => (Kind::NUMBER, format!("-{number}")),
                _ => {
                    let message = "a case is one text in double quotes, or one whole number".into();
                    self.error("switch-case", at, message, "write one case for each, with `|` between several");
                    continue;
                }
            };
            let shown = if kind == Kind::NUMBER { format!("`{name}`") } else { format!("`\"{name}\"`") };
            let shown = format!("{shown} ({})", kind.words());
            self.alike((&kind, shown, at), (subject, subject.words(), at));
            if seen.contains(&name) {
                self.error("switch-case", at, format!("the case `{name}` stands here twice"), "keep one of them");
            }
            seen.push(name);
        }
    }
}
