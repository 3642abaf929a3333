//! How well first messages are understood: the frozen messages of `tests/data/understanding.jsonl`, and the table in
//! `docs/understanding.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::json;

use crate::support::Desk;

/// Rows behind this one were written by somebody else, after the first were known.
const LAST_OF_FIRST: &str = "u407";

#[derive(Debug, Deserialize)]
struct Row {
    id: String,
    channel: String,
    subject: String,
    text: String,
    want: Vec<String>,
    #[serde(default)]
    ask: Vec<String>,
    #[serde(default)]
    also: Vec<Vec<String>>,
    kind: String,
}

#[derive(Debug, Default, Clone, Copy)]
struct Score {
    rows: usize,
    right: usize,
    right_or_question: usize,
    acted: usize,
    wrong: usize,
    out: usize,
    passed_on: usize,
    beside: usize,
    beside_right: usize,
    beside_wrong: usize,
}

/// What a move of the desk covers: a question names its candidates.
fn ids(value: &serde_json::Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|id| id.as_str()).map(str::to_owned).collect()
}

fn share(part: usize, of: usize) -> String {
    if of == 0 { "–".into() } else { format!("{:.1} %", 100.0 * part as f64 / of as f64) }
}

#[test]
fn first_messages_are_understood_as_well_as_the_page_says() {
    let rows: Vec<Row> = include_str!("../data/understanding.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let asked: String = rows
        .iter()
        .map(|row| {
            format!("{}\n", json!({"id": row.id, "channel": row.channel, "subject": row.subject, "text": row.text}))
        })
        .collect();
    let desk = Desk::new();
    let routed = desk.run_with(&["route", "--format", "json"], asked.as_bytes());
    assert_eq!(routed.code, 0, "{}", routed.err);
    let routed = routed.json();
    assert_eq!(routed.len(), rows.len());

    let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
    let mut confusions: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut misses = String::new();
    let mut tops = (0, 0, 0);
    for (row, got) in rows.iter().zip(&routed) {
        assert_eq!(got["id"], row.id);
        let (mut covers, decision) = (ids(&got["covers"]), got["decision"].as_str().unwrap_or(""));
        // What is no process of the catalogue has a flow all the same.
        covers.extend(match got["flow"].as_str().unwrap_or("") {
            "thanks" | "it_works_now" => Some("COURTESY".to_owned()),
            "emergency" => Some("DANGER".to_owned()),
            "patient_details" => Some("PATIENT".to_owned()),
            _ => None,
        });
        let acted = matches!(decision, "flow" | "answer");
        let wants = |id: &String| row.want.contains(id);
        let hits = covers.iter().any(wants);
        let candidates: Vec<String> =
            got["candidates"].as_array().into_iter().flatten().take(3).flat_map(|one| ids(&one["covers"])).collect();
        // A question is right where a careful person would ask, if it names what is meant.
        let named = candidates.iter().any(|id| wants(id) || row.ask.contains(id));
        let right = hits || (decision == "clarify" && !row.ask.is_empty() && named);
        let right_or_question = right || (decision == "clarify" && named);
        let set = if row.id.as_str() <= LAST_OF_FIRST { "first set" } else { "second set" };
        let beside: Vec<Vec<String>> =
            got["also"].as_array().into_iter().flatten().map(|one| ids(&one["covers"])).collect();
        let first: Vec<String> = got["candidates"].get(0).map(|one| ids(&one["covers"])).unwrap_or_default();
        if row.kind == "in_scope" && set == "first set" {
            tops.0 += 1;
            tops.1 += usize::from(first.iter().any(wants));
            tops.2 += usize::from(candidates.iter().any(wants));
        }
        for name in ["all", set, row.channel.as_str()] {
            let score = scores.entry(name).or_default();
            if row.kind == "out_of_scope" {
                score.out += 1;
                score.passed_on += usize::from(!acted || hits);
            } else {
                score.rows += 1;
                score.right += usize::from(right);
                score.right_or_question += usize::from(right_or_question);
            }
            score.acted += 1;
            score.wrong += usize::from(acted && !right && !row.also.iter().flatten().any(|id| covers.contains(id)));
            score.beside += row.also.len();
            score.beside_right += row
                .also
                .iter()
                .filter(|wanted| beside.iter().any(|got| got.iter().any(|id| wanted.contains(id))))
                .count();
            score.beside_wrong += beside
                .iter()
                .filter(|got| !row.also.iter().any(|wanted| got.iter().any(|id| wanted.contains(id))))
                .filter(|got| !got.iter().any(wants))
                .count();
        }
        if !right {
            let found = if acted { got["flow"].as_str().unwrap_or("").to_owned() } else { decision.to_owned() };
            *confusions.entry((row.want.join("/"), found.clone())).or_default() += 1;
            let start: String = row.text.chars().take(90).collect::<String>().replace('\n', " ");
            let _ = writeln!(
                misses,
                "{} {} wants {:?} got {found} {}: {} | {start}",
                row.id, row.kind, row.want, got["candidates"][0]["score"], row.subject
            );
        }
    }
    if std::env::var_os("CAREDESK_SHOW_MISSES").is_some() {
        println!("{misses}");
    }
    let mut table = String::from(
        "| | messages | first move right | right move or right question | wrong automatic action | out of scope to a person |\n\
         |---|---|---|---|---|---|\n",
    );
    for name in ["all", "first set", "second set", "mail", "chat"] {
        let score = scores[name];
        let _ = writeln!(
            table,
            "| {name} | {} + {} | {} | {} | {} | {} |",
            score.rows,
            score.out,
            share(score.right, score.rows),
            share(score.right_or_question, score.rows),
            share(score.wrong, score.acted),
            share(score.passed_on, score.out)
        );
    }
    let all = scores["all"];
    let _ = writeln!(
        table,
        "\nFurther requests in the same message: {} of {} found, {} opened that nobody asked for.",
        all.beside_right, all.beside, all.beside_wrong
    );
    let mut worst: Vec<_> = confusions.into_iter().filter(|(_, times)| *times > 1).collect();
    worst.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    table.push_str("\n| wanted | got | times |\n|---|---|---|\n");
    for ((wanted, got), times) in worst.into_iter().take(15) {
        let _ = writeln!(table, "| {wanted} | {got} | {times} |");
    }
    println!("{table}\n{tops:?}");
    // What holds today; a change that understands less is not taken by chance.
    assert!(tops.1 * 100 >= tops.0 * 80 && tops.2 * 100 >= tops.0 * 91, "the best, and among the best three: {tops:?}");
    assert!(all.right * 100 >= all.rows * 80, "first move right");
    assert!(all.right_or_question * 100 >= all.rows * 92, "right move or right question");
    assert!(all.wrong * 100 <= all.acted * 2, "wrong automatic action");
    assert!(all.passed_on * 100 >= all.out * 95, "out of scope to a person");
    assert!(all.beside_wrong <= 3, "requests that nobody made");
}
