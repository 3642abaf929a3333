//! One line of a flow that is yes or no: the part of the rule language that has no names, sums or texts of its own.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use rhai::{Engine, Expr, Scope, Stmt};

use super::lint::{Lint, Manner};
use super::words::Source;
use super::{Expression, Names, fault, guard, profile};
use crate::policy::finding::{Finding, Place, in_order};

/// Longer lines are rules that want a name.
const LONGEST: usize = 200;

/// Reads an expression, or says everything that is wrong with it.
pub(super) fn read(engine: &Engine, text: &str, place: Place, known: &Names<'_>) -> Result<Expression, Vec<Finding>> {
    if let Some(finding) = shape(text, &place) {
        return Err(vec![finding]);
    }
    let seen = Arc::new(Mutex::new(Vec::new()));
    let parsed = fault::caught(&place, || profile::reader(&seen).compile_expression(text));
    let words = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
    let source = Source::new(text, &place, words);
    let mut findings = source.forbidden();
    let mut reads = Vec::new();
    match parsed {
        Ok(ast) => {
            let mut lint = Lint::new(&source, known, Manner::Expression);
            match ast.statements() {
                [Stmt::Expr(value)] => lint.yes_no(value),
                [Stmt::FnCall(call, at)] => lint.yes_no(&Expr::FnCall(call.clone(), *at)),
                _ => lint.only_an_expression(),
            }
            findings.append(&mut lint.findings);
            reads = lint.reads;
        }
        // The parser stops at a word that is forbidden: that has been said better already.
        Err(finding) if findings.is_empty() => findings.push(finding),
        Err(_) => {}
    }
    if !findings.is_empty() {
        return Err(in_order(findings));
    }
    let roots: BTreeSet<String> = reads.iter().filter_map(|read| read.path.first().cloned()).collect();
    let roots: Vec<String> = roots.into_iter().collect();
    let mut scope = Scope::new();
    for root in &roots {
        scope.push_dynamic(root.as_str(), rhai::Dynamic::UNIT);
    }
    let script = guard::guarded(&source);
    let ast = fault::caught(&place, || engine.compile_expression_with_scope(&scope, &script))
        .map_err(|finding| vec![Finding { place: place.clone(), ..finding }])?;
    Ok(Expression { source: text.to_owned(), place, reads, roots, ast })
}

fn shape(text: &str, place: &Place) -> Option<Finding> {
    let error = |code, message: String, help| Some(Finding::error(code, place.clone(), message, help));
    if text.trim().is_empty() {
        return error(
            "empty-expression",
            "there is nothing here to be yes or no".into(),
            "name a fact, such as `known(x)`",
        );
    }
    let length = text.chars().count();
    if length > LONGEST {
        let message = format!("this has {length} characters; {LONGEST} are the most");
        return error("expression-too-long", message, "make it a rule with a name in `rules/`");
    }
    if text.contains('\n') {
        return error(
            "expression-too-long",
            "this takes more than one line".into(),
            "make it a rule with a name in `rules/`",
        );
    }
    let mut quoted = false;
    let mut before = ' ';
    for c in text.chars() {
        if c == '"' && before != '\\' {
            quoted = !quoted;
        }
        if !quoted && before == '/' && (c == '/' || c == '*') {
            return error(
                "comment-in-expression",
                "a remark cannot stand here".into(),
                "write it into `why:`, or after ` #` on a line of its own",
            );
        }
        before = c;
    }
    None
}
