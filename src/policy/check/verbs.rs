//! Checks what each verb needs, and makes the [`Verb`]s.

use std::collections::BTreeMap;

use super::scope::Reached;
use super::steps::StepCheck;
use super::texts::Reading;
use super::{lists, names, others, together, values};
use crate::policy::facts::RecordKind;
use crate::policy::finding::{Finding, did_you_mean, nearest};
use crate::policy::flow::{Each, Goto, Limit, Verb};
use crate::policy::listed::SKIPPED;
use crate::policy::rules::RuleInfo;
use crate::policy::schema::{self, Type};
use crate::policy::yaml::join;

/// Makes the verb of a step; `None` when it cannot be made.
pub(super) fn make(step: &mut StepCheck, verb: &str, each: Option<&Each>) -> Option<Verb> {
    match verb {
        "say" => Some(Verb::Say),
        "ask" => ask(step),
        "confirm" => confirm(step),
        "look_up" => look_up(step),
        "decide" => decide(step, each),
        "task" => task(step, each),
        "together" => together::together(step),
        "hand_over" => hand_over(step),
        "escalate" => escalate(step),
        "run" => run(step),
        "prove" => others::prove(step),
        "record" => others::record(step),
        "wait" => others::wait(step),
        // The verbs of later versions have been told.
        _ => None,
    }
}

fn ask(step: &mut StepCheck) -> Option<Verb> {
    let facts = facts(step, "ask", &step.draft.ask)?;
    if facts.is_empty() {
        let message = "nothing is asked for";
        step.spoil(Finding::error("empty-value", step.key_place("ask"), message, "name the facts to ask for"));
        return None;
    }
    let place = step.place("again");
    let again = step.draft.again.as_ref().is_some_and(|text| values::yes_no(text, || place, step.findings));
    let or = self::facts(step, "or", &step.draft.or)?;
    Some(Verb::Ask { facts, again, or })
}

/// What is shown must be facts or records that are known here, and none of them secret.
fn confirm(step: &mut StepCheck) -> Option<Verb> {
    let names = step.draft.confirm.clone();
    if names.is_empty() {
        let message = "nothing is shown to be confirmed";
        step.spoil(Finding::error("empty-value", step.key_place("confirm"), message, "name the facts to show"));
        return None;
    }
    let around = step.around;
    let mut good = true;
    for (n, name) in names.iter().enumerate() {
        let place = around.document.place(&join(&step.at("confirm"), n));
        let scope = &around.scope;
        if scope.is_later(name) {
            step.sound = false;
            good = false;
            continue;
        }
        if scope.fact(name).is_none() && !scope.lexicon.records.contains_key(name) {
            let known = scope.own.keys().chain(scope.lexicon.facts.keys()).chain(scope.lexicon.records.keys());
            let help = did_you_mean(name, known.map(String::as_str));
            step.spoil(Finding::error("unknown-fact", place, format!("there is no fact or record `{name}`"), help));
            good = false;
            continue;
        }
        if scope.fact(name).is_some_and(|fact| fact.secret) {
            let message = format!("`{name}` is secret and may stand in no text");
            step.findings.push(Finding::error("secret-in-text", place, message, "confirm it without the secret"));
            continue;
        }
        step.reads.does.push(Reading { path: name.clone(), conditions: vec![name.clone()], place });
    }
    good.then_some(Verb::Confirm { names })
}

/// Names that must be facts which somebody can be asked for.
fn facts(step: &mut StepCheck, key: &str, written: &[String]) -> Option<Vec<String>> {
    let mut good = true;
    for (n, name) in written.iter().enumerate() {
        let scope = &step.around.scope;
        if scope.fact(name).is_some() {
            continue;
        }
        good = false;
        if scope.is_later(name) {
            step.sound = false;
            continue;
        }
        let place = step.around.document.place(&join(&step.at(key), n));
        let known = scope.own.keys().chain(scope.lexicon.facts.keys()).map(String::as_str);
        let help = if schema::given(name).is_some() || scope.lexicon.records.contains_key(name) {
            format!("`{name}` is not asked for; look it up or read it")
        } else {
            did_you_mean(name, known)
        };
        step.spoil(Finding::error("unknown-fact", place, format!("there is no fact `{name}`"), help));
    }
    good.then(|| written.to_vec())
}

fn look_up(step: &mut StepCheck) -> Option<Verb> {
    let record = step.draft.look_up.clone()?;
    if step.draft.otherwise.is_none() {
        missing_otherwise(step, "look_up", "nothing may be found, or several");
    }
    let scope = step.around.scope;
    let place = step.place("look_up");
    if !scope.lexicon.record_names.expect(&record, || place, step.findings) {
        step.sound = false;
        return None;
    }
    let kind = *scope.lexicon.records.get(&record)?;
    if step.draft.by.is_empty() {
        missing_key(step, "look_up", "by", "facts that the record must match, or `requester`");
        return None;
    }
    let by_requester = step.draft.by.iter().any(|by| by == "requester");
    let written: Vec<String> = step.draft.by.iter().filter(|by| *by != "requester").cloned().collect();
    let by = facts(step, "by", &written)?;
    for (n, fact) in by.iter().enumerate() {
        match_field(step, &record, kind, fact, n);
    }
    let place = step.place("tries");
    let tries = step.draft.tries.as_ref();
    let tries = tries.and_then(|text| values::tries(text, &scope.desk.limits, || place.clone(), step.findings));
    let usual = match scope.desk.limits.get("tries") {
        Some(Limit::Number(n)) => u32::try_from(*n).unwrap_or(1).max(1),
        Some(Limit::Length(_)) | None => 3,
    };
    // With nothing to ask for again there is nothing to try again.
    let tries = if by.is_empty() { 1 } else { tries.unwrap_or(usual) };
    Some(Verb::LookUp { record, kind, by, by_requester, tries })
}

fn match_field(step: &mut StepCheck, record: &str, kind: RecordKind, fact: &str, n: usize) {
    let scope = &step.around.scope;
    let Some(fact_type) = scope.fact(fact).map(|fact| fact.kind) else { return };
    let place = step.around.document.place(&join(&step.at("by"), n));
    match schema::matched_field(kind, fact, fact_type) {
        Some(field) => step.reads.matched.push(format!("{record}.{field}")),
        None => {
            let message = format!("no field of `{record}` can be matched with `{fact}`, which is a `{fact_type}`");
            let fields: Vec<&str> = schema::fields(kind).into_iter().map(|field| field.name).collect();
            let help = format!("fields of this kind: {}", fields.join(", "));
            step.findings.push(Finding::error("no-field-for", place.clone(), message, help));
        }
    }
    step.reads.does.push(Reading { path: fact.to_owned(), conditions: vec![fact.to_owned()], place });
}

fn decide(step: &mut StepCheck, each: Option<&Each>) -> Option<Verb> {
    let rule = step.draft.decide.clone()?;
    let cases: BTreeMap<String, Goto> = {
        let written: Vec<(String, String)> =
            step.draft.cases.iter().map(|(verdict, to)| (verdict.clone(), to.clone())).collect();
        written
            .into_iter()
            .map(|(verdict, to)| (verdict.clone(), step.goto(&join_key("cases", &verdict), &to)))
            .collect()
    };
    let around = step.around;
    let Some(info) = around.rules.rule(&rule) else {
        unknown_rule(step, &rule);
        return None;
    };
    check_with(step, info);
    bind(step, info);
    match each {
        // A step with `each` sorts a list and has no cases.
        Some(each) => {
            if !step.draft.cases.is_empty() {
                let message = "a rule that sorts a list has no `cases`";
                let help = format!(
                    "read the parts behind it, such as `{}.{}`",
                    each.list,
                    info.verdicts.keys().next().map_or("first", String::as_str)
                );
                step.spoil(Finding::error("key-not-here", step.key_place("cases"), message, help));
            }
            check_part_names(step, info, each);
            let known = lists::known_behind(&step.around.scope, each, info.verdicts.keys().cloned(), true);
            step.reads.matched.extend(known);
        }
        None => check_cases(step, info),
    }
    Some(Verb::Decide { rule, with: step.draft.with.clone(), cases })
}

fn join_key(key: &str, name: &str) -> String {
    join(&format!("/{key}"), name).trim_start_matches('/').to_owned()
}

fn unknown_rule(step: &mut StepCheck, rule: &str) {
    step.sound = false;
    let stem = rule.split('.').next().unwrap_or("");
    let around = step.around;
    if around.broken_rules.contains(stem) {
        return;
    }
    let help = did_you_mean(rule, around.rules.names());
    let message = format!("there is no rule `{rule}`");
    step.findings.push(Finding::error("unknown-rule", step.place("decide"), message, help));
}

/// The verdicts become parts of the list, beside those that every list has.
fn check_part_names(step: &mut StepCheck, info: &RuleInfo, each: &Each) {
    for verdict in info.verdicts.keys().filter(|verdict| matches!(verdict.as_str(), "first" | SKIPPED)) {
        let message = format!("`{}` can choose `{verdict}`, and every list has a part of that name", info.name);
        let help = format!("give the verdict another name; it becomes `{}.NAME`", each.list);
        step.spoil(Finding::error("part-name-taken", step.place("decide"), message, help));
    }
    if each.part.is_some() {
        let message = "a rule sorts a whole list, not a part of it";
        let help = format!("write `each: {}`", each.list);
        step.spoil(Finding::error("sorts-a-part", step.place("each"), message, help));
    }
}

/// Every verdict has a case, and every case a verdict.
fn check_cases(step: &mut StepCheck, info: &RuleInfo) {
    if step.draft.cases.is_empty() {
        let verdicts: Vec<&str> = info.verdicts.keys().map(String::as_str).collect();
        missing_key(step, "decide", "cases", &format!("a way on for each of: {}", verdicts.join(", ")));
        return;
    }
    for verdict in info.verdicts.keys().filter(|verdict| !step.draft.cases.contains_key(*verdict)) {
        let slip = nearest(verdict, step.draft.cases.keys().map(String::as_str));
        let help = match slip.filter(|case| !info.verdicts.contains_key(*case)) {
            Some(case) => format!("did you mean it by `{case}`?"),
            None => format!("add `{verdict}:` with a step or an ending"),
        };
        let message = format!("`{}` can choose `{verdict}`, and there is no case for it", info.name);
        step.spoil(Finding::error("missing-case", step.key_place("cases"), message, help));
    }
    for case in step.draft.cases.keys().filter(|case| !info.verdicts.contains_key(*case)) {
        let help = did_you_mean(case, info.verdicts.keys().map(String::as_str));
        let message = format!("`{}` never chooses `{case}`", info.name);
        step.spoil(Finding::error("unknown-verdict", step.key_place(&join_key("cases", case)), message, help));
    }
}

fn check_with(step: &mut StepCheck, info: &RuleInfo) {
    for name in step.draft.with.keys().filter(|name| !info.parameters.contains(name)) {
        let help = did_you_mean(name, info.parameters.iter().map(String::as_str));
        let message = format!("`{}` has no parameter `{name}`", info.name);
        step.spoil(Finding::error("unknown-parameter", step.key_place(&join_key("with", name)), message, help));
    }
}

/// Every parameter is a fact of its own name, or one that `with` names, of the same type.
fn bind(step: &mut StepCheck, info: &RuleInfo) {
    for parameter in &info.parameters {
        let scope = step.around.scope;
        let with = step.draft.with.get(parameter);
        let name = with.unwrap_or(parameter);
        let place = match with {
            Some(_) => step.place(&join_key("with", parameter)),
            None => step.place("decide"),
        };
        let path: Vec<String> = name.split('.').map(str::to_owned).collect();
        let found = match with {
            Some(_) => scope.reach(&path, &place, step.findings),
            None => match scope.type_of(name) {
                Some(found) => Some(Reached::Type(found)),
                None if scope.is_later(name) => Some(Reached::Later),
                None => {
                    let message = format!("`{}` reads `{name}`, and this flow has no such fact", info.name);
                    let help = format!("declare it, or say which fact it is: `with: {{{name}: …}}`");
                    step.findings.push(Finding::error("unbound-parameter", place.clone(), message, help));
                    None
                }
            },
        };
        let Some(Reached::Type(found)) = found else {
            step.sound = false;
            continue;
        };
        if let (Some(_), Some(wanted)) = (with, scope.type_of(parameter))
            && wanted != found
        {
            let message = format!("`{name}` is {}; `{parameter}` is {}", type_name(&found), type_name(&wanted));
            let help = "name a fact of the same type";
            step.spoil(Finding::error("parameter-type", place.clone(), message, help));
        }
        add_reads(step, info, parameter, &path, place);
    }
}

/// What the rule reads of a parameter is read of the fact that is bound to it.
fn add_reads(
    step: &mut StepCheck,
    info: &RuleInfo,
    parameter: &str,
    bound: &[String],
    place: crate::policy::finding::Place,
) {
    for read in
        info.reads.iter().filter(|read| !read.guarded && read.path.first().is_some_and(|first| first == parameter))
    {
        let path: Vec<String> = bound.iter().chain(read.path.iter().skip(1)).cloned().collect();
        let conditions = step.around.scope.conditions(&path);
        step.reads.does.push(Reading { path: path.join("."), conditions, place: place.clone() });
    }
}

fn type_name(kind: &Type) -> String {
    match kind {
        Type::Value(kind) => format!("a `{kind}`"),
        Type::Record(kind) => format!("a record of the kind `{}`", kind.name()),
        Type::List(_) | Type::People(_) => "a list".into(),
        Type::Member(people) => format!("one of `{}`", people.list),
        Type::Group(_) => "a group of given facts".into(),
    }
}

fn task(step: &mut StepCheck, each: Option<&Each>) -> Option<Verb> {
    if step.draft.otherwise.is_none() {
        missing_otherwise(step, "task", "an agent may find that it cannot be done");
    }
    terms(step, each)
}

/// What an agent is to do, without what becomes of the step.
pub(super) fn terms(step: &mut StepCheck, each: Option<&Each>) -> Option<Verb> {
    let act = step.draft.task.clone()?;
    let place = step.place("task");
    let scope = step.around.scope;
    scope.lexicon.acts.expect(&act, || place, step.findings);
    if let Some(queue) = &step.draft.queue {
        let place = step.place("queue");
        scope.lexicon.queues.expect(queue, || place, step.findings);
    }
    let instruction = match step.draft.instruction.as_ref() {
        Some(source) => {
            let (instruction, readings) = step.template("do", source)?;
            step.reads.does.extend(readings);
            instruction
        }
        None => {
            missing_key(step, "task", "do", "what the agent is to do");
            return None;
        }
    };
    let gives = facts(step, "gives", &step.draft.gives);
    if let (Some(each), Some(gives)) = (each, &gives) {
        let known = lists::known_behind(&step.around.scope, each, gives.iter().cloned(), false);
        step.reads.matched.extend(known);
    }
    let mut cannot = BTreeMap::new();
    for (reason, to) in &step.draft.cannot {
        let key = join_key("cannot", reason);
        names::check_form("reason", reason, step.key_place(&key), step.findings);
        if to == "skip" {
            if step.draft.each.is_none() {
                let message = "`skip` leaves out one of a list, and this task goes through none";
                let help = "add `each:` with a list, or name a step or an ending";
                step.spoil(Finding::error("skip-without-each", step.place(&key), message, help));
            }
            continue;
        }
        let to = step.goto(&key, to);
        cannot.insert(reason.clone(), to);
    }
    Some(Verb::Task { act, instruction, gives: gives?, cannot, queue: step.draft.queue.clone() })
}

fn hand_over(step: &mut StepCheck) -> Option<Verb> {
    let queue = step.draft.hand_over.clone()?;
    let place = step.place("hand_over");
    step.around.scope.lexicon.queues.expect(&queue, || place, step.findings);
    Some(Verb::HandOver { queue })
}

fn escalate(step: &mut StepCheck) -> Option<Verb> {
    let contact = step.draft.escalate.clone()?;
    let place = step.place("escalate");
    let scope = step.around.scope;
    scope.lexicon.contacts.expect(&contact, || place, step.findings);
    if let Some(about) = &step.draft.about {
        let place = step.place("about");
        if scope.lexicon.record_names.expect(about, || place.clone(), step.findings) {
            if scope.lexicon.records.get(about) != Some(&RecordKind::Ticket) {
                let message = format!("`{about}` is not a ticket");
                let help = "an escalation is about a record of the kind `ticket`";
                step.findings.push(Finding::error("not-a-ticket", place.clone(), message, help));
            }
            step.reads.does.push(Reading { path: about.clone(), conditions: vec![about.clone()], place });
        }
    }
    Some(Verb::Escalate { contact, about: step.draft.about.clone() })
}

fn run(step: &mut StepCheck) -> Option<Verb> {
    let flow = step.draft.run.clone()?;
    let place = step.place("run");
    if !step.around.scope.lexicon.flows.expect(&flow, || place, step.findings) {
        step.sound = false;
        return None;
    }
    Some(Verb::Run { flow })
}

pub(super) fn missing_otherwise(step: &mut StepCheck, verb: &str, why: &str) {
    let message = format!("`{verb}` has no `otherwise`: {why}");
    let help = "add `otherwise: agent`, or a step that goes on";
    step.spoil(Finding::error("missing-otherwise", step.key_place(verb), message, help));
}

fn missing_key(step: &mut StepCheck, verb: &str, key: &str, what: &str) {
    let message = format!("`{key}` is missing in this `{verb}`");
    step.spoil(Finding::error("missing-key", step.key_place(verb), message, format!("add `{key}:` with {what}")));
}
