//! Rules: facts in, a verdict out. The only place that knows Rhai.
//!
//! Scripts are read once, with every fault found, and run under limits that fall at the same step on every machine.
//! A rule sees its parameters and nothing else; what it decides is left to the flows. A table is a rule that is written
//! as rows.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use rhai::{AST, CallFnOptions, Dynamic, Engine, Scope};

use crate::policy::facts::Item;
use crate::policy::finding::{Finding, Place};
use crate::policy::outcome::TableRow;
use crate::policy::schema::Type;

mod boxes;
mod expression;
mod fault;
mod guard;
mod kinds;
mod lint;
mod paths;
mod profile;
mod reading;
mod script;
mod table;
mod values;
mod words;

pub use table::{Cell, Column, Domain, Row, Table};
pub(crate) use table::{Faults, day_number};

/// What an expression or a rule reads, with its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Read {
    /// The dotted path, from a fact on.
    pub path: Vec<String>,
    /// Whether it is read only inside `known(…)`, or where a `known(…)` before it has made sure that it is set.
    pub guarded: bool,
    /// Whether a reason tells it, and so everybody who may see the ticket's story.
    pub told: bool,
    /// Where it stands.
    pub place: Place,
}

/// One line that is yes or no: the `when` of a step.
#[derive(Debug)]
pub struct Expression {
    /// As the author wrote it.
    pub source: String,
    /// Where its first character stands.
    pub place: Place,
    /// Everything that it reads, in order.
    pub reads: Vec<Read>,
    /// The facts at the beginnings of its paths, in the order in which they were compiled.
    roots: Vec<String>,
    ast: AST,
}

/// What is known about a rule without running it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleInfo {
    /// Its name, such as `accounts.standing`.
    pub name: String,
    /// The facts that it reads, by name.
    pub parameters: Vec<String>,
    /// Every verdict that it can give, and where it first stands.
    pub verdicts: BTreeMap<String, Place>,
    /// Everything that it and its helpers read, in order.
    pub reads: Vec<Read>,
    /// Where its name stands.
    pub place: Place,
}

/// What a rule decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// One of the rule's verdicts.
    pub verdict: String,
    /// Why, for the trace.
    pub because: String,
    /// Of a table: the row that decided.
    pub row: Option<TableRow>,
}

/// A run that came to no end. The ticket goes to an agent, the sentence to the authors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleFailure {
    /// No such rule in this pack.
    #[error("there is no rule `{rule}`")]
    NoSuchRule {
        /// The name that was asked for.
        rule: String,
    },
    /// It used a fact that is not set.
    #[error("{whose} uses `{fact}`, which is not set")]
    FactMissing {
        /// The rule or expression.
        whose: String,
        /// The fact's path.
        fact: String,
    },
    /// It held two things against each other that are unlike.
    #[error("{whose} compares {left} with {right}")]
    Unlike {
        /// The rule or expression.
        whose: String,
        /// One side, in words.
        left: String,
        /// The other side, in words.
        right: String,
    },
    /// It used a value for what it cannot be used for.
    #[error("{whose} needs {wanted} where it has {value}")]
    Unfit {
        /// The rule or expression.
        whose: String,
        /// The value, in words.
        value: String,
        /// What fits.
        wanted: &'static str,
    },
    /// It read a name that the fact does not have.
    #[error("{whose} reads `{name}`, which does not exist")]
    Unknown {
        /// The rule or expression.
        whose: String,
        /// The path.
        name: String,
    },
    /// A sum went beyond 64 bits, or divided by nothing.
    #[error("{whose} has a sum with no result")]
    Arithmetic {
        /// The rule or expression.
        whose: String,
    },
    /// It took too many steps.
    #[error("{whose} took more than {} steps", profile::OPERATIONS)]
    TooLong {
        /// The rule or expression.
        whose: String,
    },
    /// Its functions called each other too deeply.
    #[error("{whose} calls functions more than {} deep", profile::CALLS)]
    TooDeep {
        /// The rule or expression.
        whose: String,
    },
    /// It made a text or a list too large.
    #[error("{whose} makes a text or a list that is too large")]
    TooLarge {
        /// The rule or expression.
        whose: String,
    },
    /// It ended with something else than `choose`.
    #[error("{whose} ends without a verdict")]
    NoVerdict {
        /// The rule.
        whose: String,
    },
    /// It chose a verdict that the checker did not see.
    #[error("{whose} gives the verdict `{verdict}`, which is not one of its own")]
    Undeclared {
        /// The rule.
        whose: String,
        /// The verdict.
        verdict: String,
    },
    /// It used a value in a way that does not exist.
    #[error("{whose} uses a value in a way that does not exist")]
    Failed {
        /// The rule or expression.
        whose: String,
    },
    /// The engine broke.
    #[error("{whose} broke the rule engine")]
    Panicked {
        /// The rule or expression.
        whose: String,
    },
}

/// The author's names as the checker knows them.
pub struct Names<'a> {
    /// The static type of a fact, record or given fact.
    pub type_of: &'a dyn Fn(&str) -> Option<Type>,
    /// What a choice fact can be.
    pub choices_of: &'a dyn Fn(&str) -> Option<Vec<String>>,
    /// Every name there is, for findings that offer the nearest.
    pub all: Vec<String>,
    /// The names below `limits`.
    pub limits: Vec<String>,
    /// The names below `contacts`.
    pub contacts: Vec<String>,
}

impl fmt::Debug for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names").field("all", &self.all).finish_non_exhaustive()
    }
}

/// Every rule of a pack, compiled, with the engine that runs them.
#[derive(Debug)]
pub struct RuleBook {
    engine: Arc<Engine>,
    rules: BTreeMap<String, Rule>,
    tables: BTreeMap<String, Table>,
}

#[derive(Debug)]
struct Rule {
    info: RuleInfo,
    function: String,
    ast: Arc<AST>,
}

impl Default for RuleBook {
    fn default() -> Self {
        Self::empty()
    }
}

impl RuleBook {
    /// A book without rules; it still judges expressions.
    pub fn empty() -> Self {
        Self { engine: Arc::new(profile::runner()), rules: BTreeMap::new(), tables: BTreeMap::new() }
    }

    /// Reads scripts, given as path (`rules/accounts.rhai`) and text. Every fault of every file is found; a file with
    /// faults gives no rules.
    pub fn compile(scripts: &[(String, String)], known: &Names<'_>) -> (Self, Vec<Finding>) {
        let mut book = Self::empty();
        let mut findings = Vec::new();
        for (path, text) in scripts {
            match script::read(&book.engine, path, text, known) {
                Ok(read) => {
                    findings.extend(read.warnings);
                    let ast = Arc::new(read.ast);
                    for (function, info) in read.rules {
                        book.rules.insert(info.name.clone(), Rule { info, function, ast: ast.clone() });
                    }
                }
                Err(faults) => findings.extend(faults),
            }
        }
        (book, crate::policy::finding::in_order(findings))
    }

    /// What is known about a rule.
    pub fn rule(&self, name: &str) -> Option<&RuleInfo> {
        let table = || self.tables.get(name).map(|table| &table.info);
        self.rules.get(name).map(|rule| &rule.info).or_else(table)
    }

    /// A rule that is written as rows.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(name)
    }

    /// Every table, in the order of the names.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.values()
    }

    /// Takes a table in; the checker has made sure that its name is free and its rows are sound.
    pub(crate) fn insert(&mut self, table: Table) {
        self.tables.insert(table.info.name.clone(), table);
    }

    /// The names of all rules, in order.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.rules.keys().chain(self.tables.keys()).map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// Reads one line of a flow. `place` is where its first character stands.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn expression(&self, source: &str, place: Place, known: &Names<'_>) -> Result<Expression, Vec<Finding>> {
        expression::read(&self.engine, source, place, known)
    }

    /// Whether an expression holds. `read` gives the item of a fact, by the first name of a path.
    ///
    /// # Errors
    /// Why it is neither yes nor no.
    pub fn holds(&self, expression: &Expression, read: &dyn Fn(&str) -> Option<Item>) -> Result<bool, RuleFailure> {
        let whose = format!("`{}`", expression.source);
        let mut scope = Scope::new();
        for root in &expression.roots {
            scope.push_dynamic(root.as_str(), values::dynamic(root, read(root)));
        }
        let value = profile::run(&whose, || self.engine.eval_ast_with_scope(&mut scope, &expression.ast))?;
        value.as_bool().map_err(|_| {
            let fact = expression.source.trim().to_owned();
            if values::is_missing(&value) {
                RuleFailure::FactMissing { whose: whose.clone(), fact }
            } else {
                RuleFailure::Unfit { whose: whose.clone(), value: values::words_for(&value), wanted: "a yes or no" }
            }
        })
    }

    /// Lets a rule decide. `read` gives the item of each parameter.
    ///
    /// # Errors
    /// Why there is no verdict.
    pub fn decide(&self, rule: &str, read: &dyn Fn(&str) -> Option<Item>) -> Result<Verdict, RuleFailure> {
        if let Some(table) = self.tables.get(rule) {
            return table.decide(read);
        }
        let Some(rule) = self.rules.get(rule) else { return Err(RuleFailure::NoSuchRule { rule: rule.to_owned() }) };
        let whose = format!("rule `{}`", rule.info.name);
        let facts: Vec<Dynamic> = rule.info.parameters.iter().map(|name| values::dynamic(name, read(name))).collect();
        let options = CallFnOptions::new().eval_ast(false).rewind_scope(true);
        let value = profile::run(&whose, || {
            self.engine.call_fn_with_options(options, &mut Scope::new(), &rule.ast, &rule.function, facts)
        })?;
        let Some(chosen) = value.try_cast::<values::Chosen>() else { return Err(RuleFailure::NoVerdict { whose }) };
        if !rule.info.verdicts.contains_key(&chosen.verdict) {
            return Err(RuleFailure::Undeclared { whose, verdict: chosen.verdict });
        }
        Ok(Verdict { verdict: chosen.verdict, because: chosen.because, row: None })
    }
}
