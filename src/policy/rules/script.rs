//! One file of rules: its functions, which of them are rules, and everything that is wrong with it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use rhai::{AST, ASTNode, Engine, Position, Stmt, Token};

use super::kinds::Kind;
use super::lint::{Lint, Local, Manner};
use super::reading::start;
use super::values::{HOST, SWITCH_VALUE, TEXT_VALUE, TRUTH_VALUE};
use super::words::{Source, is_word};
use super::{Names, RuleInfo, fault, guard, profile};
use crate::policy::finding::{Finding, Place, Severity, did_you_mean};

/// The largest file, in bytes.
const LARGEST: usize = 64 * 1024;
/// The longest name.
const LONGEST_NAME: usize = 40;

/// A file without faults.
pub(super) struct Script {
    pub(super) ast: AST,
    /// Each rule with the name of its function.
    pub(super) rules: Vec<(String, RuleInfo)>,
    pub(super) warnings: Vec<Finding>,
}

/// A function of a script.
pub(super) struct Function {
    pub(super) parameters: Vec<String>,
    pub(super) body: Vec<Stmt>,
    /// Where its name stands.
    pub(super) at: Position,
    /// Whether it chooses a verdict.
    pub(super) is_rule: bool,
}

/// Whether authors may use a name; else what is wrong with it.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    let formed = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !formed || name.len() > LONGEST_NAME {
        Err(format!("`{name}` is not a name of at most {LONGEST_NAME} small letters, digits and `_`"))
    } else if HOST.contains(&name)
        || matches!(name, "and" | "or" | "not" | "contains" | TEXT_VALUE | SWITCH_VALUE | TRUTH_VALUE)
    {
        Err(format!("`{name}` has a meaning of its own"))
    } else {
        Ok(())
    }
}

/// Reads a script, or says everything that is wrong with it.
pub(super) fn read(engine: &Engine, path: &str, text: &str, known: &Names<'_>) -> Result<Script, Vec<Finding>> {
    // Some editors put a mark before the first letter.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let start = Place::start_of(path);
    if text.len() > LARGEST {
        let message = format!("this file has {} bytes; {LARGEST} are the most", text.len());
        return Err(vec![Finding::error("too-large", start, message, "divide it")]);
    }
    let seen = Arc::new(Mutex::new(Vec::new()));
    let parsed = fault::caught(&start, || profile::reader(&seen).compile(text));
    let words = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
    let source = Source::new(text, &start, words);
    let mut findings = source.forbidden();
    findings.extend(names_of_functions(&source));
    let ast = match parsed {
        Ok(ast) => ast,
        Err(finding) => {
            // The parser stops at a word that is forbidden: that has been said better already.
            if findings.is_empty() {
                findings.push(finding);
            }
            return Err(findings);
        }
    };
    findings.extend(ast.statements().iter().map(|statement| {
        let message = "this stands outside every function";
        Finding::error(
            "outside-functions",
            source.place(beginning(statement)),
            message,
            "put it into a function: `fn name(fact) { … }`",
        )
    }));
    let (rules, found) = judge(&ast, &source, path, known);
    findings.extend(found);
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(findings);
    }
    let script = guard::guarded(&source);
    let mut ast = fault::caught(&start, || engine.compile(&script))
        .map_err(|finding| vec![Finding { place: start.clone(), ..finding }])?;
    ast.set_source(path);
    Ok(Script { ast, rules, warnings: findings })
}

/// Names that are taken, badly formed, or used twice.
fn names_of_functions(source: &Source<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for (name, at) in source.functions() {
        if let Err(message) = check_name(name) {
            findings.push(Finding::error("reserved-name", source.place(at), message, "give the function another name"));
        }
        if !seen.insert(name) {
            let message = format!("there is a second function `{name}`");
            findings.push(Finding::error(
                "duplicate-function",
                source.place(at),
                message,
                "give one of them another name",
            ));
        }
    }
    findings
}

/// Every function by its name. The engine keeps them in no order; their places give one.
fn functions(ast: &AST, source: &Source<'_>) -> BTreeMap<String, Function> {
    let mut statements: Vec<(Position, Stmt)> = Vec::new();
    ast.walk(&mut |nodes: &[ASTNode<'_>]| {
        if let [ASTNode::Stmt(statement)] = nodes {
            statements.push((statement.position(), (*statement).clone()));
        }
        true
    });
    statements.sort_by_key(|(at, _)| *at);
    let places: BTreeMap<&str, Position> = source.functions().into_iter().collect();
    let mut functions = BTreeMap::new();
    for (_, _, name, _, definition) in ast.shared_lib().iter_script_fn_info() {
        let (from, to) = (definition.body.start_position(), definition.body.end_position());
        let inside = |at: Position| at > from && at < to;
        let body = statements.iter().filter(|(at, _)| inside(*at)).map(|(_, statement)| statement.clone()).collect();
        let chooses = source
            .words
            .windows(2)
            .any(|pair| inside(pair[0].at) && is_word(&pair[0].token, HOST[0]) && pair[1].token == Token::LeftParen);
        let parameters = definition.params.iter().map(ToString::to_string).collect();
        let at = places.get(name).copied().unwrap_or(from);
        functions.insert(name.to_owned(), Function { parameters, body, at, is_rule: chooses });
    }
    functions
}

fn judge(ast: &AST, source: &Source<'_>, path: &str, known: &Names<'_>) -> (Vec<(String, RuleInfo)>, Vec<Finding>) {
    let functions = functions(ast, source);
    let file = path.rsplit('/').next().unwrap_or(path);
    let file = file.strip_suffix(".rhai").unwrap_or(file);
    let (mut rules, mut findings) = (Vec::new(), Vec::new());
    for (name, function) in &functions {
        let mut lint = Lint::new(source, known, Manner::Script(&functions));
        lint.calls.push(name.clone());
        for parameter in &function.parameters {
            declare(&mut lint, function, parameter);
        }
        lint.body(function);
        let sound = lint.findings.is_empty();
        findings.append(&mut lint.findings);
        if !function.is_rule || !sound {
            continue;
        }
        for parameter in &function.parameters {
            if !lint.reads.iter().any(|read| read.path.first() == Some(parameter)) {
                let place = source.place(parameter_at(source, function, parameter));
                let message = format!("`{name}` never looks at `{parameter}`");
                findings.push(Finding::warning("unused-parameter", place, message, "take it out of the parameters"));
            }
        }
        lint.reads.sort_by(|a, b| (&a.place, &a.path).cmp(&(&b.place, &b.path)));
        lint.reads.dedup();
        let info = RuleInfo {
            name: format!("{file}.{name}"),
            parameters: function.parameters.clone(),
            verdicts: lint.verdicts,
            reads: lint.reads,
            place: source.place(function.at),
        };
        rules.push((name.clone(), info));
    }
    (rules, findings)
}

/// A parameter of a rule is a fact; one of a helper may be anything.
fn declare(lint: &mut Lint<'_>, function: &Function, name: &str) {
    let at = parameter_at(lint.source, function, name);
    let fact = lint.fact(name);
    if let Err(message) = check_name(name) {
        lint.error("reserved-name", at, message, "use another name");
    } else if fact.is_none() && function.is_rule {
        let help = did_you_mean(name, lint.known.all.iter().map(String::as_str));
        lint.error("unknown-fact", at, format!("there is no fact `{name}`"), help);
    }
    let origin = fact.is_some().then(|| vec![name.to_owned()]);
    lint.scope.push(Local { name: name.to_owned(), kind: fact.unwrap_or(Kind::Any), origin });
}

fn parameter_at(source: &Source<'_>, function: &Function, name: &str) -> Position {
    let head = source.word_at(function.at).unwrap_or(0);
    source.words.iter().skip(head + 1).find(|word| is_word(&word.token, name)).map_or(function.at, |word| word.at)
}

fn beginning(statement: &Stmt) -> Position {
    match statement {
        Stmt::Expr(value) => start(value),
        other => other.position(),
    }
}
