//! The page of a flow: how it begins, what happens step by step, its picture, its rules, and the examples that test it.

use std::collections::BTreeSet;

use crate::policy::flow::{Each, Ending, Flow, Goto, Pack, Step, Verb};
use crate::policy::graph::asked_along;
use crate::policy::picture::{self, Styled, escaped};
use crate::policy::promise::terms::ClockKind;
use crate::policy::wording::{self, sentence};

use super::html::{Page, filled, letter, link};
use super::{Book, rule};

/// How many of the words with which people start a flow are shown.
const EXAMPLES: usize = 6;

/// Writes the page of a flow.
pub(super) fn write(page: &mut Page, book: &Book<'_>, flow: &Flow) {
    let id = format!("flow-{}", flow.name);
    page.raw("<article>");
    page.heading(3, &id, &flow.title);
    let ids: String = flow.covers.iter().map(|id| format!("<span class=\"tag\">{}</span>", escaped(id))).collect();
    page.raw(&format!("<p>{ids} <span class=\"soft\">{}, in {}</span></p>", escaped(&flow.name), escaped(&flow.file)));
    page.put("p", &flow.why);
    begins(page, book.pack, flow);
    if flow.is_answer {
        answer(page, book.pack, flow);
    } else {
        page.heading(4, &format!("{id}-steps"), "What happens");
        let mut asked: BTreeSet<usize> = BTreeSet::new();
        page.raw("<ol class=\"steps\">");
        for (at, step) in flow.steps.iter().enumerate() {
            write_step(page, book.pack, flow, at, step, &asked);
            asked.extend(asked_along(flow, at));
        }
        page.raw("</ol>");
        page.heading(4, &format!("{id}-picture"), "The same as a picture");
        let drawn = picture::svg(&picture::of_flow(book.pack, flow, book.reached), Styled::Within);
        page.raw(&format!(
            "<div class=\"diagram\" role=\"region\" tabindex=\"0\" aria-label=\"Picture of {}, scrolls\">{drawn}</div>",
            escaped(&flow.title)
        ));
    }
    rules(page, book, flow);
    tested(page, book, flow);
    page.raw("</article>");
}

fn begins(page: &mut Page, pack: &Pack, flow: &Flow) {
    page.heading(4, &format!("flow-{}-begins", flow.name), "How it begins");
    match &flow.starts {
        Some(starts) => {
            page.put("p", "Anybody may start it, by mail, by chat or by telephone. People write, for instance:");
            let shown: Vec<String> =
                starts.examples.iter().take(EXAMPLES).map(|example| format!("“{example}”")).collect();
            page.list(&shown);
            let more = starts.examples.len().saturating_sub(EXAMPLES);
            if more > 0 {
                page.put("p", &format!("It has learnt from {more} more examples."));
            }
            for (words, what) in
                [(&starts.keywords, "These words point to it"), (&starts.never, "These words rule it out")]
            {
                if !words.is_empty() {
                    page.put("p", &format!("{what}: {}.", words.join(", ")));
                }
            }
        }
        None => {
            let runs = |step: &Step| matches!(&step.verb, Verb::Run { flow: inner } if *inner == flow.name);
            let from = pack.flows.values().filter(|other| other.steps.iter().any(runs));
            let from: Vec<String> = from.map(|other| link(&format!("flow-{}", other.name), &other.title)).collect();
            match from.is_empty() {
                true => page.put("p", "Only an agent starts it."),
                false => {
                    page.raw(&format!("<p>Nobody starts it by a message. It is part of: {}.</p>", from.join(", ")));
                }
            }
        }
    }
    let queue = wording::queue(pack, &flow.queue);
    let target = pack.targets_of(&flow.name);
    let promise = target.map(|(name, _)| {
        format!(
            " The promised times are those of {}.",
            link(&format!("target-{name}"), &format!("“{}”", wording::plain(name)))
        )
    });
    let priority = flow.priority.as_ref().map(|it| format!(" Its priority is {}.", escaped(it)));
    page.raw(&format!(
        "<p>When a person must help, it is the work of {}.{}{}</p>",
        link(&format!("queue-{}", flow.queue), &queue),
        promise.unwrap_or_default(),
        priority.unwrap_or_default()
    ));
}

/// An answer is one text, and perhaps ways on.
fn answer(page: &mut Page, pack: &Pack, flow: &Flow) {
    page.heading(4, &format!("flow-{}-answer", flow.name), "The answer");
    if let Some(letter_of) = wording::letter(pack, flow, 0) {
        page.raw(&letter(&letter_of, "What we write"));
    }
    let offers: Vec<String> =
        flow.offer.iter().map(|to| link(&format!("flow-{to}"), &wording::title(pack, to))).collect();
    if !offers.is_empty() {
        page.raw(&format!("<p>Below it we offer: {}.</p>", offers.join(", ")));
    }
}

fn write_step(page: &mut Page, pack: &Pack, flow: &Flow, at: usize, step: &Step, asked: &BTreeSet<usize>) {
    page.raw(&format!("<li id=\"{}\">", escaped(&step_id(flow, at))));
    if let Some(when) = &step.when {
        let guard = escaped(&wording::guard(pack, &flow.name, &when.source));
        page.raw(&format!(
            "<p class=\"guard\">Only if {guard}. If not: {}.</p>",
            goes(flow, crate::policy::graph::next(flow, at))
        ));
    }
    page.raw(&format!("<p>{}</p>", does(pack, flow, step)));
    if let Verb::Ask { facts, or, .. } = &step.verb {
        questions(page, pack, flow, facts.iter().chain(or));
    }
    if asked.contains(&at) && step.say.is_none() {
        page.put("p", "By mail, an earlier letter asks this already. This one goes only if it is still open.");
    } else if let Some(text) = wording::letter(pack, flow, at) {
        page.raw(&letter(&text, "Letter to the person who asked"));
    }
    for line in follows(pack, flow, step) {
        page.raw(&format!("<p class=\"wait\">{line}</p>"));
    }
    let by_cases = matches!(step.verb, Verb::Decide { .. }) && step.each.is_none();
    if !by_cases && !matches!(step.verb, Verb::HandOver { .. }) {
        page.raw(&format!("<p>Then: {}.</p>", goes(flow, step.then)));
    }
    page.raw("</li>");
}

fn step_id(flow: &Flow, at: usize) -> String {
    format!("step-{}-{}", flow.name, at + 1)
}

/// Where a way leads.
fn goes(flow: &Flow, to: Goto) -> String {
    match to {
        Goto::Step(at) => link(&step_id(flow, at), &format!("step {}", at + 1)),
        Goto::End(Ending::Agent) => "a colleague takes over".into(),
        Goto::End(ending) => format!("the request is {}", wording::ending(ending)),
    }
}

/// What a step does, in a sentence, with for whom.
fn does(pack: &Pack, flow: &Flow, step: &Step) -> String {
    format!("{}{}", escaped(&wording::for_each(step.each.as_ref())), does_once(pack, flow, step))
}

fn does_once(pack: &Pack, flow: &Flow, step: &Step) -> String {
    match &step.verb {
        Verb::Say => format!("We write{}.", to_whom(step, " to ")),
        Verb::Ask { again, or, .. } => {
            let again = if *again { " We ask even if we know the answer already." } else { "" };
            let or = if or.is_empty() { "" } else { " All of the first questions will do, or all of the others." };
            format!("We ask{}.{again}{or}", to_whom(step, " "))
        }
        Verb::Confirm { names } => {
            let shown: Vec<String> = names.iter().map(|name| wording::plain(name)).collect();
            format!("We show what we know and ask if it is right: {}.", escaped(&wording::listed(&shown, "and")))
        }
        Verb::LookUp { record, by, by_requester, tries, .. } => {
            let mut keys: Vec<String> = by.iter().map(|fact| wording::plain(fact)).collect();
            if *by_requester {
                keys.push("the sender's own address".into());
            }
            let tries = if *tries > 1 {
                format!(" If nothing is found we ask for it again, up to {tries} times in all.")
            } else {
                String::new()
            };
            format!(
                "We look up the {} by {}.{tries}",
                escaped(&wording::plain(record)),
                escaped(&wording::listed(&keys, "and"))
            )
        }
        Verb::Decide { rule, .. } => format!("The rule {} decides.", link(&format!("rule-{}-{rule}", flow.name), rule)),
        Verb::Task { act, instruction, queue, .. } => format!(
            "An agent of {} does this: <strong>{}</strong>. They read: {}",
            escaped(&wording::queue(pack, queue.as_deref().unwrap_or(&flow.queue))),
            escaped(&wording::plain(act)),
            filled(&wording::parts(pack, instruction))
        ),
        Verb::Together { tasks } => {
            let tasks = tasks.iter().map(|task| {
                format!(
                    "<br>{}<strong>{}</strong>, by an agent of {}. They read: {}",
                    escaped(&wording::for_each(task.each.as_ref())),
                    escaped(&wording::plain(&task.act)),
                    escaped(&wording::queue(pack, task.queue.as_deref().unwrap_or(&flow.queue))),
                    filled(&wording::parts(pack, &task.instruction))
                )
            });
            format!("Agents do all of these, in any order:{}", tasks.collect::<String>())
        }
        Verb::HandOver { queue } => {
            format!("A colleague of {} takes over, and the flow ends here.", escaped(&wording::queue(pack, queue)))
        }
        Verb::Escalate { contact, .. } => {
            format!("We write to {} with the history of the request, once.", escaped(&wording::contact(pack, contact)))
        }
        Verb::Prove { proofs, .. } => {
            let proofs: Vec<String> = proofs.iter().map(|proof| escaped(&wording::proof(proof))).collect();
            format!("We want to know who speaks. One of these will do: {}.", proofs.join("; "))
        }
        Verb::Record { act, .. } => {
            format!("We change the directory: <strong>{}</strong>.", escaped(&wording::plain(act)))
        }
        Verb::Wait { length, unless } => {
            let unless = unless.as_ref().map(|unless| {
                format!(" If {} by then, we stop.", escaped(&wording::guard(pack, &flow.name, &unless.source)))
            });
            format!("We wait {length}.{}", unless.unwrap_or_default())
        }
        Verb::Run { flow } => {
            format!("We go through {}.", link(&format!("flow-{flow}"), &wording::title(pack, flow)))
        }
    }
}

/// To whom a step speaks, when not to the requester.
fn to_whom(step: &Step, before: &str) -> String {
    let parties: Vec<String> = step.to.iter().map(|to| escaped(&wording::party(to))).collect();
    if parties.is_empty() { String::new() } else { format!("{before}{}", wording::listed(&parties, "and")) }
}

fn questions<'a>(page: &mut Page, pack: &Pack, flow: &Flow, facts: impl Iterator<Item = &'a String>) {
    let rows = facts.filter_map(|fact| pack.fact(&flow.name, fact)).map(|fact| {
        let hint = fact.hint.iter().map(|hint| format!("<br><span class=\"soft\">{}</span>", escaped(hint)));
        let kind = match (fact.secret, fact.personal) {
            (true, _) => "Secret: it stands in no letter, page or log.",
            (false, true) => "Personal.",
            (false, false) => "",
        };
        vec![
            format!("{}{}", escaped(&fact.ask), hint.collect::<String>()),
            format!("{} {kind}", escaped(&wording::valid(fact))),
        ]
    });
    page.table("The questions", &["Question and hint", "What counts as an answer"], &rows.collect::<Vec<_>>());
}

/// Waits, times, and every other way out.
fn follows(pack: &Pack, flow: &Flow, step: &Step) -> Vec<String> {
    let mut lines = Vec::new();
    let otherwise = step.otherwise.map(|to| goes(flow, to));
    if let Some((within, remind)) = wording::patience(pack, step) {
        let silence = otherwise.as_ref().map_or_else(String::new, |to| format!(" No answer: {to}."));
        let usual = if matches!(step.verb, Verb::Ask { .. } | Verb::Confirm { .. }) { silence } else { String::new() };
        lines.push(format!("We wait {within}; {}.{usual}", wording::reminders(&remind)));
    }
    match &step.verb {
        Verb::LookUp { .. } => lines.extend(otherwise.map(|to| format!("Nothing found: {to}."))),
        Verb::Prove { .. } => lines.extend(otherwise.map(|to| format!("No proof: {to}."))),
        Verb::Wait { .. } => lines.extend(otherwise.map(|to| format!("It is needless: {to}."))),
        Verb::Task { gives, cannot, .. } => {
            let targets = pack.targets_of(&flow.name).and_then(|(_, set)| set.dated.last());
            let length = targets.and_then(|(_, targets)| targets.lengths.get(&ClockKind::Task));
            lines.extend(length.map(|length| format!("It is to be done within {length}.")));
            let asks: Vec<String> =
                gives.iter().map(|fact| format!("“{}”", escaped(&wording::question(pack, &flow.name, fact)))).collect();
            if !asks.is_empty() {
                lines.push(format!("When it is done the agent answers: {}", asks.join(" ")));
            }
            lines.extend(cannot.iter().map(|(reason, to)| {
                format!("It cannot be done, {}: {}.", escaped(&wording::plain(reason)), goes(flow, *to))
            }));
            lines.extend(otherwise.map(|to| format!("It cannot be done for another reason: {to}.")));
            lines.extend(skips(step.each.as_ref()));
        }
        Verb::Together { tasks } => {
            for (reason, to) in tasks.iter().flat_map(|task| &task.cannot) {
                lines.push(format!("One cannot be done, {}: {}.", escaped(&wording::plain(reason)), goes(flow, *to)));
            }
            lines.extend(otherwise.map(|to| format!("One cannot be done for another reason: {to}.")));
            lines.extend(tasks.iter().filter_map(|task| skips(task.each.as_ref())));
        }
        Verb::Decide { cases, .. } => {
            let case = |(verdict, to): (&String, &Goto)| {
                format!("{}: {}.", sentence(&escaped(&wording::plain(verdict))), goes(flow, *to))
            };
            lines.extend(cases.iter().map(case));
        }
        Verb::Run { .. } => lines.push(match otherwise {
            Some(to) => format!("It ends otherwise: {to}."),
            None => "It ends refused or unanswered: so does this request.".into(),
        }),
        Verb::Say
        | Verb::Ask { .. }
        | Verb::Confirm { .. }
        | Verb::Record { .. }
        | Verb::HandOver { .. }
        | Verb::Escalate { .. } => {}
    }
    lines
}

/// The reasons for which one of a list is left out.
fn skips(each: Option<&Each>) -> Option<String> {
    let reasons: Vec<String> = each?.skip.iter().map(|reason| wording::plain(reason)).collect();
    let reasons = (!reasons.is_empty()).then(|| wording::listed(&reasons, "or"))?;
    Some(format!("One is left out, and the others go on, for: {}.", escaped(&reasons)))
}

fn rules(page: &mut Page, book: &Book<'_>, flow: &Flow) {
    let used: BTreeSet<&str> = flow
        .steps
        .iter()
        .filter_map(|step| match &step.verb {
            Verb::Decide { rule, .. } => Some(rule.as_str()),
            _ => None,
        })
        .collect();
    if used.is_empty() {
        return;
    }
    page.heading(4, &format!("flow-{}-rules", flow.name), "Its rules");
    for name in used {
        rule::write(page, book, flow, name);
    }
}

fn tested(page: &mut Page, book: &Book<'_>, flow: &Flow) {
    let stem = flow.file.trim_end_matches(".yaml");
    let own = book.told.iter().filter(|told| {
        told.file.trim_end_matches(".scenarios.yaml") == stem
            && (told.flow == flow.name || told.covers.iter().any(|id| flow.covers.contains(id)))
    });
    let examples: Vec<String> = own
        .map(|told| {
            let by = if told.channel == "both" { "mail and chat" } else { told.channel };
            let how = if told.passed { "passes" } else { "FAILS" };
            format!("{} (by {by}; {how})", sentence(&told.scenario))
        })
        .collect();
    page.heading(4, &format!("flow-{}-tested", flow.name), "Examples that are tested");
    match examples.is_empty() {
        true => page.put("p", "None is written for it yet."),
        false => page.list(&examples),
    }
}
