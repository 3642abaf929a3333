//! Small changes of tables: a row dropped, a cell left out, two verdicts exchanged.

use serde_yaml::Value;

use crate::policy::flow::Pack;
use crate::policy::yaml::join;

use super::edit::Editor;
use super::steps::keys;
use super::{Mutant, decided_by};

/// The changes of a file with a table.
pub(super) fn edits(pack: &Pack, mut editor: Editor<'_>) -> Vec<Mutant> {
    let file = editor.document.file();
    let stem = file.strip_prefix("rules/").and_then(|file| file.strip_suffix(".yaml")).unwrap_or(file);
    editor.flows = decided_by(pack, stem);
    editor.name = format!("{stem}.{}", editor.get("/table").unwrap_or_default());
    let Some(Value::Sequence(rows)) = editor.document.get("/rows") else { return editor.edits };
    for n in 0..rows.len() {
        row(&mut editor, n, rows.len());
    }
    editor.edits
}

fn row(editor: &mut Editor<'_>, n: usize, rows: usize) {
    let path = join("/rows", n);
    let verdict = editor.get(&join(&path, "verdict")).or_else(|| editor.get(&join(&path, "otherwise")));
    let verdict = verdict.unwrap_or_default();
    let wanted = format!("facts for which this row decides, with `decided` and the verdict `{verdict}`");
    if rows > 1 {
        editor.remove(&path, &format!("the row {} (`{verdict}`) dropped", n + 1), &wanted);
    }
    let cells = join(&path, "when");
    for column in keys(editor.document, &cells) {
        let cell = join(&cells, &column);
        let written = editor.get(&cell).unwrap_or_default();
        editor.remove(&cell, &format!("row {}: `{column}: {written}` left out", n + 1), &wanted);
        if let Some((first, rest)) = written.split_once(" | ") {
            editor.set(&cell, rest, &format!("row {}: `{first}` left out of `{column}`", n + 1), &wanted);
        }
    }
    let (one, other) = (join(&path, "verdict"), join(&join("/rows", n + 1), "verdict"));
    if let (Some(first), Some(second)) = (editor.get(&one), editor.get(&other))
        && first != second
    {
        let change = format!("the verdicts of rows {} and {} change places", n + 1, n + 2);
        editor.swap(&one, &other, &change, &wanted);
    }
}
