//! A picture as a Mermaid flow chart, for pages that draw such text themselves.

use super::{Kind, Picture, Step};

/// The picture as Mermaid text.
pub fn mermaid(picture: &Picture) -> String {
    let mut lines = vec![
        "---".to_owned(),
        format!("title: {}", serde_json::Value::from(picture.title.as_str())),
        "---".to_owned(),
        "flowchart TD".to_owned(),
    ];
    if picture.areas.is_empty() {
        lines.extend(picture.boxes.iter().enumerate().map(|(at, step)| format!("  {}", shape(at, step))));
    }
    for (n, area) in picture.areas.iter().enumerate() {
        lines.push(format!("  subgraph a{n} [\"{}\"]", quoted(area)));
        let own = picture.boxes.iter().enumerate().filter(|(_, step)| step.area == n);
        lines.extend(own.map(|(at, step)| format!("    {}", shape(at, step))));
        lines.push("  end".into());
    }
    for way in &picture.ways {
        let untested = if way.reached == Some(false) { " (not tested)" } else { "" };
        let label = format!("{}{untested}", way.label);
        let arrow = if way.offered || way.reached == Some(false) { "-.->" } else { "-->" };
        let label = if label.trim().is_empty() { String::new() } else { format!("|\"{}\"|", quoted(label.trim())) };
        lines.push(format!("  n{} {arrow}{label} n{}", way.from, way.to));
    }
    let missed: Vec<String> = picture
        .boxes
        .iter()
        .enumerate()
        .filter(|(_, step)| step.reached == Some(false))
        .map(|(at, _)| format!("n{at}"))
        .collect();
    if !missed.is_empty() {
        lines.push("  classDef untested stroke:#a8200d,stroke-dasharray:6 4".into());
        lines.push(format!("  class {} untested", missed.join(",")));
    }
    lines.join("\n") + "\n"
}

fn shape(at: usize, step: &Step) -> String {
    let text = text(step).iter().map(|line| quoted(line)).collect::<Vec<_>>().join("<br/>");
    match step.kind {
        Kind::Start | Kind::End => format!("n{at}([\"{text}\"])"),
        Kind::Task | Kind::HandOver => format!("n{at}{{{{\"{text}\"}}}}"),
        Kind::LookUp | Kind::Decide | Kind::Record | Kind::Wait => format!("n{at}[/\"{text}\"/]"),
        Kind::Run | Kind::Flow => format!("n{at}[[\"{text}\"]]"),
        Kind::Ask | Kind::Prove => format!("n{at}(\"{text}\")"),
        Kind::Say | Kind::Escalate | Kind::Answer => format!("n{at}[\"{text}\"]"),
    }
}

/// The lines of a box.
pub(super) fn text(step: &Step) -> Vec<String> {
    let head = match step.name.as_str() {
        "" => step.kind.word().to_owned(),
        name => format!("{} ({name})", step.kind.word()),
    };
    let guard = step.guard.iter().map(|guard| format!("Only if {guard}"));
    let untested = (step.reached == Some(false)).then(|| "NOT TESTED".to_owned());
    [head]
        .into_iter()
        .chain(guard)
        .chain(step.words.iter().cloned())
        .chain(step.notes.iter().map(|note| note.words.clone()))
        .chain(untested)
        .collect()
}

/// A text between quotes. Mermaid reads `#quot;` and its like; the rest could be taken for its own signs or for Markdown.
fn quoted(text: &str) -> String {
    let mut safe = String::new();
    for letter in text.chars() {
        match letter {
            '"' | '#' | '&' | '<' | '>' | '`' | '*' | '_' | '\\' | ';' | '|' | '{' | '}' | '[' | ']' => {
                safe.push_str(&format!("#{};", u32::from(letter)));
            }
            _ if letter.is_control() => safe.push(' '),
            _ => safe.push(letter),
        }
    }
    safe
}
