//! Checks tables: their columns and cells, that no two rows contradict each other, that every row can decide, and that
//! nothing falls between the rows.

use std::collections::{BTreeMap, BTreeSet};

use super::files::{Files, Written};
use super::scope::{Reached, Scope};
use super::{Head, cells, names};
use crate::policy::draft::{RowDraft, TableDraft};
use crate::policy::facts::FactType;
use crate::policy::finding::{Finding, Severity, did_you_mean};
use crate::policy::flow::FactDecl;
use crate::policy::rules::{Cell, Column, Domain, Faults, Read, Row, RuleBook, RuleInfo, Table};
use crate::policy::schema::Type;
use crate::policy::yaml::{Document, join};

/// The most rows of a table, and the most columns.
const MOST_ROWS: usize = 200;
const MOST_COLUMNS: usize = 12;

/// Takes every sound table into the rules; gives back the stems of the files whose tables are not.
pub(super) fn check(
    files: &Files,
    scope: &Scope,
    heads: &[Head],
    rules: &mut RuleBook,
    findings: &mut Vec<Finding>,
) -> BTreeSet<String> {
    let mut broken = BTreeSet::new();
    for Written { document, draft } in &files.tables {
        let mut own = Vec::new();
        let reading = Reading { document, scope, heads };
        let table = reading.table(draft, &mut own);
        let twice = table.as_ref().and_then(|table| rules.rule(&table.info.name));
        if let Some(first) = twice {
            let message = format!("`{}` is there already, at {}", first.name, first.place);
            let place = document.place("/table");
            own.push(Finding::error("duplicate-name", place, message, "give one of the two another name"));
        }
        let sound = !own.iter().any(|finding| finding.severity == Severity::Error);
        match table {
            Some(table) if twice.is_none() => {
                if sound {
                    tell(document, &table, &table.faults(), &mut own);
                }
                // Flows are checked against its verdicts, whatever is wrong with the rows.
                rules.insert(table);
            }
            Some(_) | None => {
                broken.insert(stem(document));
            }
        }
        findings.append(&mut own);
    }
    broken
}

fn stem(document: &Document) -> String {
    document.file().trim_start_matches("rules/").trim_end_matches(".yaml").to_owned()
}

struct Reading<'a> {
    document: &'a Document,
    scope: &'a Scope<'a>,
    heads: &'a [Head<'a>],
}

impl Reading<'_> {
    fn table(&self, draft: &TableDraft, findings: &mut Vec<Finding>) -> Option<Table> {
        let document = self.document;
        let name = draft.table.as_ref()?;
        names::check_form("table", name, document.place("/table"), findings);
        for (key, count, most) in [("/rows", draft.rows.len(), MOST_ROWS), ("/reads", draft.reads.len(), MOST_COLUMNS)]
        {
            if count > most {
                let message = format!("this table has {count} {}; {most} are allowed", key.trim_start_matches('/'));
                let help = "make two tables of it";
                findings.push(Finding::error("table-too-large", document.key_place(key), message, help));
                return None;
            }
        }
        let columns: Vec<Option<Column>> =
            draft.reads.iter().enumerate().map(|(n, path)| self.column(n, path, findings)).collect();
        let columns: Vec<Column> = columns.into_iter().collect::<Option<_>>()?;
        let rows: Vec<Option<Row>> =
            draft.rows.iter().enumerate().map(|(n, row)| self.row(n, row, draft, &columns, findings)).collect();
        self.check_otherwise(draft, findings);
        let rows: Vec<Row> = rows.into_iter().collect::<Option<_>>()?;
        if rows.is_empty() {
            return None;
        }
        self.check_use(draft, findings);
        let info = self.info(format!("{}.{name}", stem(document)), &columns, &rows);
        Some(Table { info, why: draft.why.clone().unwrap_or_default(), columns, rows })
    }

    fn info(&self, name: String, columns: &[Column], rows: &[Row]) -> RuleInfo {
        let mut parameters: Vec<String> = Vec::new();
        for first in columns.iter().filter_map(|column| column.path.first()) {
            if !parameters.contains(first) {
                parameters.push(first.clone());
            }
        }
        let mut verdicts = BTreeMap::new();
        for row in rows {
            verdicts.entry(row.verdict.clone()).or_insert_with(|| row.place.clone());
        }
        let read = |(n, column): (usize, &Column)| Read {
            path: column.path.clone(),
            guarded: false,
            told: false,
            place: self.document.place(&join("/reads", n)),
        };
        let reads = columns.iter().enumerate().map(read).collect();
        RuleInfo { name, parameters, verdicts, reads, place: self.document.place("/table") }
    }

    fn column(&self, n: usize, written: &str, findings: &mut Vec<Finding>) -> Option<Column> {
        let place = self.document.place(&join("/reads", n));
        let path: Vec<String> = written.split('.').map(str::to_owned).collect();
        let kind = match self.scope.reach(&path, &place, findings)? {
            Reached::Later => return None,
            Reached::Type(kind) => kind,
        };
        if self.scope.is_secret(&path) {
            let message = format!("`{written}` is secret; a table would show it to everybody who reads the table");
            findings.push(Finding::error("secret-in-table", place, message, "compare it in a rule in `rules/*.rhai`"));
            return None;
        }
        let domain = match kind {
            Type::Value(FactType::YesNo) => Domain::Words(vec!["yes".into(), "no".into()]),
            Type::Value(FactType::Choice) => Domain::Words(self.scope.choices(&path)?),
            Type::Value(FactType::Number) => {
                let (least, most) = self.bounds(&path);
                Domain::Numbers(least, most)
            }
            Type::Value(FactType::Date | FactType::DateTime) => Domain::Days,
            Type::Value(_) | Type::List(_) | Type::Record(_) | Type::Group(_) | Type::People(_) | Type::Member(_) => {
                let message = format!("a table cannot look at `{written}`: it could be anything");
                let help = "a table reads yes_no, choice, number and date; write a rule in `rules/*.rhai` for others";
                findings.push(Finding::error("table-column", place, message, help));
                return None;
            }
        };
        Some(Column { path, domain })
    }

    /// The bounds of a number: the widest, where several flows declare it.
    fn bounds(&self, path: &[String]) -> (i64, i64) {
        let [name] = path else { return (0, i64::MAX) };
        let own = self.heads.iter().filter_map(|(flow, _, _)| flow.facts.get(name));
        let all: Vec<&FactDecl> = own.chain(self.scope.lexicon.facts.get(name)).collect();
        let least = all.iter().map(|fact| fact.at_least.unwrap_or(i64::MIN)).min();
        let most = all.iter().map(|fact| fact.at_most.unwrap_or(i64::MAX)).max();
        (least.unwrap_or(i64::MIN), most.unwrap_or(i64::MAX))
    }

    fn row(
        &self,
        n: usize,
        row: &RowDraft,
        draft: &TableDraft,
        columns: &[Column],
        findings: &mut Vec<Finding>,
    ) -> Option<Row> {
        let (document, path) = (self.document, join("/rows", n));
        let otherwise = row.otherwise.is_some();
        let missing = match (&row.otherwise, &row.when, &row.verdict) {
            (Some(_), None, None) | (None, Some(_), Some(_)) => None,
            (Some(_), _, _) => {
                let message = "a row with `otherwise` takes all that is left; `when` and `verdict` do not belong to it";
                let help = "write `{otherwise: verdict, because: …}`";
                findings.push(Finding::error(
                    "key-not-here",
                    document.key_place(&join(&path, "otherwise")),
                    message,
                    help,
                ));
                return None;
            }
            (None, None, _) => Some("when"),
            (None, _, None) => Some("verdict"),
        };
        if let Some(key) = missing {
            // What is there but empty has been told.
            if document.get(&join(&path, key)).is_none()
                && document.get(&path).is_some_and(serde_yaml::Value::is_mapping)
            {
                let message = format!("`{key}` is missing in this row");
                let help = "write `{when: {…}, verdict: …, because: …}`";
                findings.push(Finding::error("missing-key", document.place(&path), message, help));
            }
            return None;
        }
        let (key, verdict) = if otherwise { ("otherwise", &row.otherwise) } else { ("verdict", &row.verdict) };
        let verdict = verdict.clone()?;
        names::check_form("verdict", &verdict, document.place(&join(&path, key)), findings);
        let when = row.when.clone().unwrap_or_default();
        let at = |name: &str| join(&join(&path, "when"), name);
        for name in when.keys().filter(|name| !draft.reads.contains(name)) {
            let help = did_you_mean(name, draft.reads.iter().map(String::as_str));
            let message = format!("`{name}` is not among what this table reads");
            findings.push(Finding::error("table-column", document.key_place(&at(name)), message, help));
        }
        let cells: Vec<Option<Cell>> = columns
            .iter()
            .map(|column| {
                let name = column.path.join(".");
                match when.get(&name) {
                    None => Some(Cell::Any),
                    Some(written) => cells::read(column, written, document.place(&at(&name)), findings),
                }
            })
            .collect();
        let because = row.because.clone().unwrap_or_default();
        Some(Row {
            cells: cells.into_iter().collect::<Option<_>>()?,
            verdict,
            because,
            otherwise,
            place: document.place(&path),
        })
    }

    fn check_otherwise(&self, draft: &TableDraft, findings: &mut Vec<Finding>) {
        let last = draft.rows.len().saturating_sub(1);
        for (n, _) in draft.rows.iter().enumerate().filter(|(n, row)| row.otherwise.is_some() && *n < last) {
            let place = self.document.key_place(&join(&join("/rows", n), "otherwise"));
            let message = "the row with `otherwise` is the last of a table, and the only one";
            findings.push(Finding::error("table-otherwise", place, message, "move it to the end"));
        }
    }

    /// A column that no row looks at must be set for nothing.
    fn check_use(&self, draft: &TableDraft, findings: &mut Vec<Finding>) {
        let looks = |name: &String| draft.rows.iter().any(|row| row.when.iter().any(|when| when.contains_key(name)));
        for (n, name) in draft.reads.iter().enumerate().filter(|(_, name)| !looks(name)) {
            let place = self.document.place(&join("/reads", n));
            let message = format!("no row looks at `{name}`");
            findings.push(Finding::warning("unused-parameter", place, message, "take it out of `reads`"));
        }
    }
}

/// A row's cells as they are written.
fn cells(row: &Row) -> String {
    row.cells.iter().filter_map(Cell::written).collect::<Vec<_>>().join(", ")
}

fn tell(document: &Document, table: &Table, faults: &Faults, findings: &mut Vec<Finding>) {
    let row = |n: usize| table.rows.get(n);
    for (first, second, example) in &faults.contradictions {
        let (Some(a), Some(b)) = (row(*first), row(*second)) else { continue };
        let message = format!(
            "lines {} and {} both take {example}; one says `{}`, the other `{}`",
            a.place.line, b.place.line, a.verdict, b.verdict
        );
        let help = "narrow the cells of one of them, or give both one verdict";
        findings.push(Finding::error("table-contradiction", b.place.clone(), message, help));
    }
    for row in faults.dead.iter().filter_map(|n| row(*n)) {
        let (message, help) = if row.otherwise {
            (
                format!("the other rows leave nothing over, so `otherwise: {}` never decides", row.verdict),
                "remove this row",
            )
        } else {
            (
                format!("other rows that say `{}` take all that this row takes: {}", row.verdict, cells(row)),
                "remove this row, or mend its cells",
            )
        };
        findings.push(Finding::error("table-dead-row", row.place.clone(), message, help));
    }
    if let Some(example) = &faults.gap {
        let message = format!("no row takes {example}");
        let help = "add a row for it, or a last row `{otherwise: verdict, because: …}`";
        findings.push(Finding::error("table-gap", document.key_place("/rows"), message, help));
    }
    if faults.too_large {
        let message = "this table is too large to be looked through; gaps and contradictions might be missed";
        let help = "make two tables of it, or name fewer different numbers and days";
        findings.push(Finding::error("table-too-large", document.key_place("/rows"), message, help));
    }
}
