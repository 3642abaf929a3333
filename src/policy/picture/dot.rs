//! A picture as DOT, for Graphviz and what reads its language.

use super::mermaid::text;
use super::{Kind, Picture, Step};

/// The picture as DOT text.
pub fn dot(picture: &Picture) -> String {
    let mut lines = vec![
        format!("digraph {} {{", quoted(&picture.name)),
        format!("  label={}; labelloc=t; fontname=\"Arial\";", quoted(&picture.title)),
        "  node [fontname=\"Arial\", fontsize=11, shape=box];".to_owned(),
        "  edge [fontname=\"Arial\", fontsize=10];".to_owned(),
    ];
    if picture.areas.is_empty() {
        lines.extend(picture.boxes.iter().enumerate().map(|(at, step)| format!("  {}", node(at, step))));
    }
    for (n, area) in picture.areas.iter().enumerate() {
        lines.push(format!("  subgraph cluster_{n} {{ label={};", quoted(area)));
        let own = picture.boxes.iter().enumerate().filter(|(_, step)| step.area == n);
        lines.extend(own.map(|(at, step)| format!("    {}", node(at, step))));
        lines.push("  }".into());
    }
    for way in &picture.ways {
        let missed = way.reached == Some(false);
        let label = if missed { format!("{} (not tested)", way.label) } else { way.label.clone() };
        let style = match (missed, way.offered) {
            (true, _) => ", style=dashed",
            (false, true) => ", style=dotted",
            (false, false) => "",
        };
        lines.push(format!("  n{} -> n{} [label={}{style}];", way.from, way.to, quoted(label.trim())));
    }
    lines.push("}".into());
    lines.join("\n") + "\n"
}

fn node(at: usize, step: &Step) -> String {
    let shape = match step.kind {
        Kind::Start | Kind::End => "oval",
        Kind::Task => "octagon",
        Kind::HandOver => "doubleoctagon",
        Kind::LookUp | Kind::Decide | Kind::Record | Kind::Wait => "parallelogram",
        Kind::Run | Kind::Flow => "component",
        Kind::Say | Kind::Escalate | Kind::Answer | Kind::Ask | Kind::Prove => "box",
    };
    let style = if step.reached == Some(false) { ", style=dashed" } else { "" };
    format!("n{at} [label={}, shape={shape}{style}];", quoted(&text(step).join("\n")))
}

fn quoted(text: &str) -> String {
    let mut safe = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => safe.push_str("\\\""),
            '\\' => safe.push_str("\\\\"),
            '\n' => safe.push_str("\\n"),
            _ if letter.is_control() => safe.push(' '),
            _ => safe.push(letter),
        }
    }
    safe.push('"');
    safe
}
