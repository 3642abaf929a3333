//! What holds for the whole desk: promises and their clocks, what happens when one is not kept, opening hours, queues,
//! contacts, the acts of agents, and named limits.

use jiff::Timestamp;
use serde_yaml::Value;

use crate::policy::flow::{Limit, Pack, Telling};
use crate::policy::picture::escaped;
use crate::policy::promise::terms::{
    AfterPause, Alerts, ClockKind, ClockRules, Occasion, OnMessage, OnPolicyEdit, OnPriority, OnReopening,
    OutsideHours, Pause, StageAt, StageDoes, VerdictRule, word_of,
};
use crate::policy::wording::{self, sentence};
use crate::policy::yaml;

use super::Book;
use super::html::{Page, link};

/// Writes the desk's own chapters.
pub(super) fn write(page: &mut Page, book: &Book<'_>, at: Timestamp) {
    page.heading(2, "promises", "What is promised, and by when");
    targets(page, book.pack);
    clocks(page, book.pack);
    chains(page, book.pack);
    page.heading(2, "people", "Opening hours, queues and contacts");
    people(page, book.pack, at);
    page.heading(2, "acts", "What agents may be asked to do");
    acts(page, book);
    limits(page, book.pack);
}

fn targets(page: &mut Page, pack: &Pack) {
    for (name, set) in &pack.desk.targets {
        page.heading(3, &format!("target-{name}"), &format!("Promises called “{}”", wording::plain(name)));
        for (from, targets) in &set.dated {
            let from = from.map_or_else(|| "Always".to_owned(), |from| format!("From {}", from.strftime("%-d %B %Y")));
            let rows: Vec<Vec<String>> = targets
                .lengths
                .iter()
                .map(|(clock, length)| vec![clock_in_words(*clock).to_owned(), length.to_string()])
                .collect();
            page.table(&from, &["Promise", "Within"], &rows);
            page.raw(&format!(
                "<p>Time counts by the opening hours {}. What happens around the due time: {}.</p>",
                link(&format!("calendar-{}", targets.calendar), &wording::plain(&targets.calendar)),
                link(&format!("chain-{}", targets.chain), &wording::plain(&targets.chain))
            ));
        }
    }
}

fn clock_in_words(clock: ClockKind) -> &'static str {
    match clock {
        ClockKind::FirstAnswer => "A person answers",
        ClockKind::Task => "An agent's task is done",
        ClockKind::Resolution => "All is solved",
    }
}

/// The ten answers about each clock, as a table.
fn clocks(page: &mut Page, pack: &Pack) {
    let clocks: Vec<(&ClockKind, &ClockRules)> = pack.desk.clocks.iter().collect();
    if clocks.is_empty() {
        return;
    }
    page.heading(3, "clocks", "How the clocks go");
    let heads: Vec<&str> =
        ["Question"].into_iter().chain(clocks.iter().map(|(kind, _)| clock_in_words(**kind))).collect();
    let row = |question: &str, answer: &dyn Fn(&ClockRules) -> String| -> Vec<String> {
        let answers = clocks.iter().map(|(_, rules)| sentence(&escaped(&wording::plain(&answer(rules)))));
        [escaped(question)].into_iter().chain(answers).collect()
    };
    let pauses = |rules: &ClockRules| {
        let words: Vec<String> = rules.pauses.iter().map(|pause| word_of(&Pause::ALL, *pause).to_owned()).collect();
        if words.is_empty() { "never".to_owned() } else { words.join(", ") }
    };
    let rows = [
        row("What starts it?", &|it| word_of(&Occasion::STARTS, it.starts).into()),
        row("What stops it?", &|it| word_of(&Occasion::STOPS, it.stops).into()),
        row("What does a second message do?", &|it| word_of(&OnMessage::ALL, it.second_message).into()),
        row("When does it stand still?", &pauses),
        row("What does a pause do to the due time?", &|it| word_of(&AfterPause::ALL, it.after_pause).into()),
        row("What does opening again do?", &|it| word_of(&OnReopening::ALL, it.reopened).into()),
        row("What does a change of priority do?", &|it| word_of(&OnPriority::ALL, it.priority).into()),
        row("Which requests does a change of policy reach?", &|it| word_of(&OnPolicyEdit::ALL, it.policy_edit).into()),
        row("Can met or missed change later?", &|it| word_of(&VerdictRule::ALL, it.verdict).into()),
        row("It runs out while we are closed?", &|it| word_of(&OutsideHours::ALL, it.lapse_outside_hours).into()),
        row("How often is somebody told?", &|it| word_of(&Alerts::ALL, it.alerts).into()),
    ];
    page.raw("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"How the clocks go, scrolls\">");
    page.table("The clocks", &heads, &rows);
    page.raw("</div>");
    let priorities: Vec<String> = pack
        .desk
        .priorities
        .iter()
        .map(|(name, factor)| format!("{name}: times {}.{:03}", factor.0 / 1000, factor.0 % 1000))
        .collect();
    if !priorities.is_empty() {
        page.put("p", "A priority changes how long a promise may take:");
        page.list(&priorities);
    }
}

fn chains(page: &mut Page, pack: &Pack) {
    for (name, chain) in &pack.desk.chains {
        page.heading(3, &format!("chain-{name}"), &format!("When a promise is in danger: “{}”", wording::plain(name)));
        let stages: Vec<String> = chain
            .stages
            .iter()
            .map(|stage| {
                let when = match stage.at {
                    StageAt::Before(length) => format!("{length} before the due time"),
                    StageAt::Due => "At the due time".into(),
                    StageAt::After(length) => format!("{length} after the due time"),
                };
                let does = match &stage.does {
                    StageDoes::TellAgent => "we tell the agent who has the request".to_owned(),
                    StageDoes::TellTeamLead => "we tell who leads the team".to_owned(),
                    StageDoes::Escalate(contact) => format!("we escalate to {}", wording::contact(pack, contact)),
                };
                let urgent = if stage.urgent { ", at once, also outside their hours" } else { "" };
                format!("{when}: {does}{urgent}.")
            })
            .collect();
        page.list(&stages);
    }
}

fn people(page: &mut Page, pack: &Pack, at: Timestamp) {
    page.heading(3, "calendars", "Opening hours");
    let rows: Vec<Vec<String>> = pack
        .desk
        .calendars
        .iter()
        .map(|(name, calendar)| {
            let id = format!("<span id=\"calendar-{}\">{}</span>", escaped(name), escaped(&wording::plain(name)));
            vec![id, escaped(&calendar.cover(at))]
        })
        .collect();
    page.table("As they are on the day of printing; holidays besides", &["Name", "Open"], &rows);
    page.heading(3, "queues", "Queues");
    let rows: Vec<Vec<String>> = pack
        .desk
        .queues
        .iter()
        .map(|(name, queue)| {
            let told = match queue.tell {
                Telling::Bundled => "every ten minutes, in one letter",
                Telling::AtOnce => "at once",
            };
            vec![
                format!("<span id=\"queue-{}\">{}</span>", escaped(name), escaped(&queue.title)),
                escaped(&queue.team_lead),
                link(&format!("calendar-{}", queue.calendar), &wording::plain(&queue.calendar)),
                told.to_owned(),
            ]
        })
        .collect();
    page.table("Whose work it is", &["Queue", "Led by", "Hours", "Told of new work"], &rows);
    page.heading(3, "contacts", "Contacts");
    let rows: Vec<Vec<String>> = pack
        .desk
        .contacts
        .values()
        .map(|contact| {
            let phone = contact.phone.as_deref().unwrap_or("none");
            vec![escaped(&contact.name), escaped(&contact.mail), escaped(phone)]
        })
        .collect();
    page.table("Whom we write to or name", &["Name", "Mail", "Telephone"], &rows);
}

/// The acts with the proof that each demands, as the desk's file has them.
fn acts(page: &mut Page, book: &Book<'_>) {
    let source = book.files.get("flows/desk.yaml").map_or("", String::as_str);
    let (document, _) = yaml::read("flows/desk.yaml", source);
    let Some(Value::Mapping(acts)) = document.as_ref().and_then(|it| it.get("/acts")) else { return };
    let rows: Vec<Vec<String>> = acts
        .iter()
        .filter_map(|(act, proof)| {
            let proof = match proof {
                Value::String(proof) => proof.clone(),
                Value::Sequence(any) => any.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", or "),
                _ => String::new(),
            };
            let needs =
                if proof == "anyone" { "no proof: anyone may ask for it".into() } else { wording::plain(&proof) };
            Some(vec![escaped(&sentence(&wording::plain(act.as_str()?))), escaped(&sentence(&needs))])
        })
        .collect();
    page.table("No act without a line here", &["Act", "Proof that it demands"], &rows);
}

fn limits(page: &mut Page, pack: &Pack) {
    let rows: Vec<Vec<String>> = pack
        .desk
        .limits
        .iter()
        .map(|(name, limit)| {
            let limit = match limit {
                Limit::Number(number) => number.to_string(),
                Limit::Length(length) => length.to_string(),
            };
            vec![escaped(&sentence(&wording::plain(name))), limit]
        })
        .collect();
    if !rows.is_empty() {
        page.heading(3, "limits", "Numbers with a name");
        page.table("Used wherever they are named", &["Name", "Value"], &rows);
    }
}
