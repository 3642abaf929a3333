//! The form of names, and the lists in which every name that is used must stand.

use std::collections::BTreeSet;

use crate::policy::finding::{Finding, Place, did_you_mean};

/// The longest name.
const LONGEST: usize = 40;

/// Words that mean something by themselves, so that nothing can be called so.
const RESERVED: &[&str] = &[
    // Rhai's own words.
    "true",
    "false",
    "let",
    "const",
    "if",
    "else",
    "switch",
    "do",
    "while",
    "until",
    "loop",
    "for",
    "in",
    "continue",
    "break",
    "fn",
    "private",
    "return",
    "throw",
    "try",
    "catch",
    "import",
    "export",
    "as",
    "global",
    "this",
    "var",
    "static",
    "is",
    "goto",
    "exit",
    "match",
    "case",
    "default",
    "void",
    "null",
    "nil",
    "public",
    "protected",
    "new",
    "use",
    "with",
    "shared",
    "sync",
    "async",
    "await",
    "yield",
    "package",
    "spawn",
    "go",
    "thread",
    "module",
    "super",
    "print",
    "debug",
    "eval",
    "type_of",
    "call",
    "curry",
    "is_shared",
    "is_def_var",
    "is_def_fn",
    // Verbs.
    "say",
    "ask",
    "confirm",
    "decide",
    "look_up",
    "prove",
    "record",
    "task",
    "together",
    "wait",
    "run",
    "hand_over",
    "escalate",
    // Common keys.
    "id",
    "when",
    "to",
    "each",
    "then",
    "otherwise",
    "within",
    "remind",
    "was",
    // Endings.
    "resolved",
    "refused",
    "unanswered",
    "agent",
    // Given facts.
    "requester",
    "prover",
    "ticket",
    "desk",
    "step",
    "limits",
    "contacts",
    "opened",
    "now",
    // Words of expressions.
    "and",
    "or",
    "not",
    "known",
    "count",
    "choose",
];

/// Tells what is wrong with the form of a name.
pub(super) fn check_form(kind: &str, name: &str, place: Place, findings: &mut Vec<Finding>) {
    let starts_well = name.starts_with(|c: char| c.is_ascii_lowercase());
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !starts_well || !plain || name.len() > LONGEST {
        let message = format!("`{name}` cannot be the name of a {kind}");
        let help = match tidied(name) {
            Some(better) => format!("names are small letters, digits and `_`, at most {LONGEST}; write `{better}`"),
            None => format!("names are small letters, digits and `_`, at most {LONGEST}, and begin with a letter"),
        };
        findings.push(Finding::error("bad-name", place, message, help));
    } else if RESERVED.contains(&name) {
        let message = format!("`{name}` means something else already, so no {kind} can be called so");
        findings.push(Finding::error("reserved-name", place, message, format!("say more, such as `the_{name}`")));
    }
}

fn tidied(name: &str) -> Option<String> {
    let better: String =
        name.trim().chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    let fits = better.len() <= LONGEST && better.starts_with(|c: char| c.is_ascii_lowercase());
    fits.then_some(better)
}

/// All names of one kind.
#[derive(Debug)]
pub(super) struct NameList {
    /// What one of them is called, such as `queue`.
    pub kind: &'static str,
    /// The code of the finding for a name that is not among them.
    pub code: &'static str,
    /// The names.
    pub names: BTreeSet<String>,
    /// Names that are declared, but as something that this version cannot run.
    pub later: BTreeSet<String>,
    /// False when a file that holds some of them could not be read: then no name is called unknown.
    pub complete: bool,
}

impl NameList {
    /// A list of names of one kind.
    pub(super) fn new(
        kind: &'static str,
        code: &'static str,
        names: impl IntoIterator<Item = String>,
        complete: bool,
    ) -> Self {
        Self { kind, code, names: names.into_iter().collect(), later: BTreeSet::new(), complete }
    }

    /// Whether the name is there to be used; tells when it is unknown.
    pub(super) fn expect(&self, word: &str, place: impl FnOnce() -> Place, findings: &mut Vec<Finding>) -> bool {
        if self.names.contains(word) {
            return true;
        }
        if self.complete && !self.later.contains(word) {
            let message = format!("there is no {} `{word}`", self.kind);
            let help = did_you_mean(word, self.names.iter().map(String::as_str));
            findings.push(Finding::error(self.code, place(), message, help));
        }
        false
    }
}
