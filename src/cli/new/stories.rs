//! The scenarios of a new flow: it is played once to its end, and once in silence, and what happens is written down.

use crate::library::Running;
use crate::policy::facts::FactType;
use crate::policy::flow::FactDecl;
use crate::policy::message::Channel;
use crate::policy::scenario::{BEGINS, Rehearsal, keyed};
use crate::policy::ticket::{TaskStatus, Waiting};

use super::flow::Plan;

/// How many answers and acts one story may need.
const MOST: usize = 20;

/// The file, with remarks for the author.
pub(super) fn written(made: &Running, plan: &Plan) -> Result<(String, Vec<String>), String> {
    let mut stories = vec![played(made, plan, "mail", "by mail, to the end", Rest::Answered)?];
    stories.push(played(made, plan, "chat", "by chat, to the end", Rest::Answered)?);
    if !plan.ask.is_empty() {
        stories.push(played(made, plan, "mail", "by mail, nobody answers", Rest::Silent)?);
    }
    let routed = made.matcher.route("", first(plan));
    let mut notes = Vec::new();
    if routed.flow != plan.name {
        notes.push(format!(
            "Its first example starts `{}` instead, because {}. In the scenarios an agent starts it; give it other examples.",
            routed.flow, routed.because
        ));
    }
    Ok((format!("scenarios:\n{}", stories.join("\n")), notes))
}

/// How a story goes on behind its first message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    Answered,
    Silent,
}

fn first(plan: &Plan) -> &str {
    plan.examples.first().map_or("", String::as_str)
}

fn played(made: &Running, plan: &Plan, key: &str, name: &str, rest: Rest) -> Result<String, String> {
    let route = |subject: &str, text: &str| made.matcher.route(subject, text);
    let mut rehearsal = Rehearsal::new(&made.pack, &route, &made.files, BEGINS)?;
    let from = if key == "mail" { "Amy Field <amy@home.example>" } else { "amy_chat" };
    let message = |text: &str| format!("{}\n{}", keyed(key, text), keyed("from", from));
    rehearsal.play(&message(first(plan)))?;
    if rehearsal.ticket().is_none_or(|ticket| ticket.flow != plan.name) {
        rehearsal.restart();
        rehearsal.play(&message("Hello, I need help with something."))?;
        if rehearsal.ticket().is_some() {
            rehearsal.play(&format!("agent: start {}", plan.name))?;
        }
    }
    match rest {
        Rest::Silent => drop(rehearsal.play("after: 60 days")?),
        Rest::Answered => answered(made, &mut rehearsal, &message)?,
    }
    rehearsal.scenario(name).ok_or_else(|| "nothing was played".to_owned())
}

/// Every question is answered, and every task done, until nothing more can be.
fn answered(made: &Running, rehearsal: &mut Rehearsal<'_>, message: &impl Fn(&str) -> String) -> Result<(), String> {
    for _ in 0..MOST {
        let Some(ticket) = rehearsal.ticket() else { return Ok(()) };
        let (version, by_mail) = (ticket.version, ticket.channel == Channel::Mail);
        let item = match &ticket.waiting {
            Waiting::Answers { facts, .. } if by_mail => {
                let lines: Vec<String> =
                    facts.iter().enumerate().map(|(n, fact)| format!("{}. {}", n + 1, sample(made, fact))).collect();
                message(&lines.join("\n"))
            }
            Waiting::Answers { facts, .. } => {
                message(&facts.first().map_or_else(String::new, |fact| sample(made, fact)))
            }
            Waiting::Confirm { .. } => message("yes"),
            Waiting::Task { .. } | Waiting::Tasks { .. } => {
                let open = ticket.tasks.iter().find(|task| task.status == TaskStatus::Open);
                let Some(task) = open else { return Ok(()) };
                let several = matches!(ticket.waiting, Waiting::Tasks { .. });
                let gives = task.gives.clone();
                let given: Vec<String> =
                    gives.iter().map(|fact| format!("  {}", keyed(fact, &sample(made, fact)))).collect();
                let gives = if given.is_empty() { String::new() } else { format!("\ngives:\n{}", given.join("\n")) };
                let which = if several { format!("\ntask: {}", task.number) } else { String::new() };
                format!("agent: done{which}{gives}")
            }
            Waiting::Pick { .. } => message("1"),
            Waiting::Others { .. }
            | Waiting::Proof { .. }
            | Waiting::Time
            | Waiting::Which { .. }
            | Waiting::Nothing => {
                return Ok(());
            }
        };
        rehearsal.play(&item)?;
        if rehearsal.ticket().is_none_or(|ticket| ticket.version == version) {
            return Ok(());
        }
    }
    Ok(())
}

/// As many of a list as there must be, each in a line of its own.
fn people(decl: &FactDecl) -> String {
    const NAMES: [&str; 4] = ["Amy Field", "Bob Reed", "Cleo Hart", "Dan Moss"];
    let fields = decl.list.iter().flat_map(|list| &list.fields);
    let fields: Vec<&FactDecl> = fields.map(|field| &field.decl).collect();
    let lines = NAMES.iter().enumerate().take(decl.fewest().max(1)).map(|(n, name)| {
        let cells = fields.iter().map(|field| match field.kind {
            FactType::Name => (*name).to_owned(),
            FactType::Mobile => format!("07700 90011{n}"),
            FactType::Mail => format!("{}@home.example", name.to_lowercase().replace(' ', ".")),
            _ => sample_of(field),
        });
        cells.collect::<Vec<_>>().join(", ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// An answer that fits a fact.
fn sample(made: &Running, fact: &str) -> String {
    made.pack.any_fact(fact).map_or_else(|| "yes".into(), sample_of)
}

fn sample_of(decl: &FactDecl) -> String {
    match decl.kind {
        FactType::YesNo => "yes",
        FactType::Choice => decl.choices.first().map_or("yes", String::as_str),
        FactType::Number => return decl.at_least.unwrap_or(2).to_string(),
        FactType::Date => "2 April 2026",
        FactType::DateTime => "2 April 2026 at 10:30",
        FactType::ShortText | FactType::LongText => "the one in the office",
        FactType::Name => "Amy Field",
        FactType::Mail => "amy@home.example",
        FactType::NhsMail => "amy.field@nhs.net",
        FactType::Mobile => "07700 900111",
        FactType::Phone => "01632 960001",
        FactType::Postcode => "NE1 4ST",
        FactType::OdsCode => "V12345",
        FactType::Reference => "CD-7K3M-9QX4",
        FactType::CqcLocation => "1-1234567",
        FactType::CqcContact => "CON1-7654321",
        FactType::Code => "123456",
        FactType::List => return people(decl),
    }
    .to_owned()
}
