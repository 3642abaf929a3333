//! A rule in words: each verdict with what it needs and its reason. A table of rows is shown as a table. The source is
//! folded below.

use serde_yaml::Value;

use crate::policy::flow::Flow;
use crate::policy::picture::escaped;
use crate::policy::wording;
use crate::policy::yaml;

use super::Book;
use super::html::Page;

/// Writes a rule as a flow uses it.
pub(super) fn write(page: &mut Page, book: &Book<'_>, flow: &Flow, name: &str) {
    let (stem, function) = name.split_once('.').unwrap_or((name, ""));
    page.heading(5, &format!("rule-{}-{name}", flow.name), &format!("Rule {name}"));
    if let Some(info) = book.pack.rules.rule(name) {
        let reads: Vec<String> = info.parameters.iter().map(|fact| wording::plain(fact)).collect();
        page.put("p", &format!("It reads: {}. It sees nothing else.", wording::listed(&reads, "and")));
    }
    if let Some(source) = book.files.get(&format!("rules/{stem}.rhai")) {
        script(page, book, flow, source, function);
    } else if let Some(source) = book.files.get(&format!("rules/{stem}.yaml")) {
        table(page, source);
    }
}

fn script(page: &mut Page, book: &Book<'_>, flow: &Flow, source: &str, function: &str) {
    let rows = wording::choices(source, function).into_iter().map(|choice| {
        let needs: Vec<String> =
            choice.needs.iter().map(|needs| wording::guard(book.pack, &flow.name, needs)).collect();
        let needs = if needs.is_empty() { "nothing before it applied".to_owned() } else { needs.join(", and ") };
        vec![
            escaped(&wording::sentence(&wording::plain(&choice.verdict))),
            escaped(&wording::sentence(&needs)),
            escaped(&wording::sentence(&choice.because)),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    page.table("The first line that applies decides", &["Verdict", "When", "Because"], &rows);
    page.raw(&format!("<details><summary>The rule as it is written</summary><pre>{}</pre></details>", escaped(source)));
}

/// The rows of a table, as they are written.
fn table(page: &mut Page, source: &str) {
    let (document, _) = yaml::read("rules", source);
    let Some(document) = document else { return };
    if let Some(Value::String(why)) = document.get("/why") {
        page.put("p", why);
    }
    let Some(Value::Sequence(rows)) = document.get("/rows") else { return };
    let text = |value: Option<&Value>| match value {
        Some(Value::String(text)) => text.clone(),
        _ => String::new(),
    };
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let when = match row.get("when") {
                Some(Value::Mapping(cells)) => {
                    let cell = |(fact, cell): (&Value, &Value)| {
                        format!("{}: {}", wording::plain(&text(Some(fact))), text(Some(cell)))
                    };
                    cells.iter().map(cell).collect::<Vec<_>>().join("; ")
                }
                _ => "in all other cases".into(),
            };
            let verdict = row.get("verdict").or_else(|| row.get("otherwise"));
            let words = [wording::plain(&text(verdict)), when, text(row.get("because"))];
            words.iter().map(|words| escaped(&wording::sentence(words))).collect()
        })
        .collect();
    page.table("One row applies", &["Verdict", "When", "Because"], &rows);
    page.raw(&format!(
        "<details><summary>The table as it is written</summary><pre>{}</pre></details>",
        escaped(source)
    ));
}
