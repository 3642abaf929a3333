//! `new`: writes a flow with its scenarios from a few answers. Nothing that is there is overwritten, and nothing is written
//! that the checker refuses.

mod flow;
mod questions;
mod stories;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use clap::Args;

use crate::desk::DeskError;
use crate::library::{self, LibraryError, Running};
use crate::policy::check::Sources;
use crate::policy::finding::{Finding, did_you_mean};
use crate::policy::flow::Pack;
use crate::policy::scenario;

use super::{Failure, Format, Settings, open, print};
use flow::{Plan, Question, Work};

/// Make a new flow with its scenarios. Asks for what the options do not say.
#[derive(Debug, Args)]
pub(super) struct New {
    /// The flow's name, such as lost_laptop. Without it, made from the title.
    name: Option<String>,
    /// What people call it; the subject of its letters.
    #[arg(long)]
    title: Option<String>,
    /// Why the flow exists, for colleagues.
    #[arg(long)]
    why: Option<String>,
    /// The folder below flows/ that it belongs to, such as passwords.
    #[arg(long)]
    area: Option<String>,
    /// Whose work it is: a queue of desk.yaml.
    #[arg(long)]
    queue: Option<String>,
    /// What is asked: facts, with commas between them; or a new one as `name=Question?`. May be given several times.
    #[arg(long, value_name = "FACT")]
    ask: Vec<String>,
    /// What an agent does: an act of desk.yaml, or `agent` for a person who takes over.
    #[arg(long, value_name = "ACT")]
    task: Option<String>,
    /// What the agent reads.
    #[arg(long = "do", value_name = "TEXT", requires = "task")]
    instruction: Option<String>,
    /// What is said at the end.
    #[arg(long, value_name = "TEXT")]
    say: Option<String>,
    /// What people write who want it; several times, five or more are good.
    #[arg(long, value_name = "TEXT")]
    example: Vec<String>,
}

impl New {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        let (running, _) = library::load(&settings.pack).map_err(DeskError::Library)?;
        let plan = self.plan(&running.pack)?;
        let stem = format!("flows/{}/{}", plan.area, plan.name);
        let (flow_file, stories_file) = (format!("{stem}.yaml"), format!("{stem}.scenarios.yaml"));
        for file in [&flow_file, &stories_file] {
            if settings.pack.join(file).exists() {
                return Err(Failure::Usage(format!("{file} is there already; it stays as it is. Choose another name")));
            }
        }
        let mut files = running.files.clone();
        files.insert(flow_file.clone(), plan.yaml());
        let made = make(files.clone())?;
        library::understand(&made, &open::models(settings));
        let (text, notes) = stories::written(&made, &plan).map_err(Failure::Other)?;
        files.insert(stories_file.clone(), text);
        tell(&made, &files, &stories_file)?;
        for file in [&flow_file, &stories_file] {
            write(&settings.pack, file, files.get(file).map_or("", String::as_str))?;
        }
        match settings.format {
            Format::Json => print::json(&serde_json::json!({
                "flow": plan.name, "files": [flow_file, stories_file], "notes": notes,
            })),
            Format::Text => print::text(&next_steps(&plan, &flow_file, &stories_file, &notes)),
        }
    }

    /// What the options say, and what is asked for the rest.
    fn plan(self, pack: &Pack) -> Result<Plan, Failure> {
        // Who gave what must be there wants no questions.
        let asks = self.title.is_none() || self.area.is_none() || self.queue.is_none();
        let mut person = questions::Person::default();
        let title = person.must(
            self.title,
            "What is it called? People read it as the subject of letters",
            "title",
            one_line,
        )?;
        let made_of_title = flow::name_of(&title);
        let name = match (self.name, asks) {
            (Some(name), _) => free_name(pack, name).map_err(Failure::Usage)?,
            (None, false) => free_name(pack, made_of_title).map_err(Failure::Usage)?,
            (None, true) => person
                .free("And its short name, in small letters with _", &made_of_title, |name| free_name(pack, name))?,
        };
        let areas = flow::areas(pack);
        let help = format!("Which area does it belong to? There are {}; a new one is fine", areas.join(", "));
        let area = person.must(self.area, &help, "area", area)?;
        let queues: Vec<&str> = pack.desk.queues.keys().map(String::as_str).collect();
        let help = format!("Whose work is it? {}", queues.join(", "));
        let queue = person.must(self.queue, &help, "queue", |name| known("queue", name, &queues))?;
        let mut plan = Plan {
            targets: flow::usual_targets(pack, &queue),
            why: String::new(),
            name,
            title,
            area,
            queue,
            ..Plan::default()
        };
        plan.why = person.may(self.why, asks, "Why does it exist? One sentence for colleagues", one_line)?;
        let questions = |written: String| asked(pack, &[written]);
        plan.ask = match (self.ask.is_empty(), asks) {
            (true, true) => person
                .parsed("What must be asked? Facts with commas, or `name=Question?`; nothing is fine", questions)?,
            _ => asked(pack, &self.ask).map_err(Failure::Usage)?,
        };
        let acts = flow::acts(pack);
        let help =
            format!("What does an agent do? {}; `agent` for a person who takes over; nothing is fine", acts.join(", "));
        let task =
            person.may(self.task, asks, &help, |act| if act.is_empty() { Ok(act) } else { act_known(act, &acts) })?;
        plan.work = match task.as_str() {
            "" => Work::None,
            "agent" => Work::TakenOver,
            _ => Work::Task {
                instruction: person.may(self.instruction, asks, "What does the agent read?", one_line)?,
                gives: flow::gives(pack, &task),
                act: task,
            },
        };
        plan.say = person.may(self.say, asks, "What is said at the end?", Ok)?;
        plan.examples = match (self.example.is_empty(), asks) {
            (true, true) => {
                person.several("What do people write who want it? One a line, five or more; an empty line ends it")?
            }
            _ => self.example,
        };
        Ok(plan.filled())
    }
}

/// A pack with the new flow; findings of the new flow are shown and nothing is kept.
fn make(files: BTreeMap<String, String>) -> Result<Arc<Running>, Failure> {
    match library::make(Sources { files }, Vec::new()) {
        Ok((running, _)) => Ok(running),
        Err(error @ LibraryError::Findings(..)) => {
            print::library_error(&error);
            Err(Failure::Other("so nothing was written. Say it otherwise, or write the flow by hand".into()))
        }
        Err(error) => Err(DeskError::Library(error).into()),
    }
}

/// The new scenarios pass before they are written.
fn tell(made: &Running, files: &BTreeMap<String, String>, file: &str) -> Result<(), Failure> {
    let (stories, findings) = scenario::stories(&made.pack, files);
    let own: Vec<&Finding> = findings.iter().filter(|finding| *finding.place.file == *file).collect();
    if let Some(finding) = own.first() {
        return Err(Failure::Other(format!("its scenarios cannot be read ({}): {}", finding.place, finding.message)));
    }
    for story in stories.iter().filter(|story| story.file == file) {
        let told = scenario::tell(&made.pack, &|subject, text| made.matcher.route(subject, text), story);
        if !told.passed {
            return Err(Failure::Other(format!("its scenario “{}” does not pass: {}", told.scenario, told.because)));
        }
    }
    Ok(())
}

/// Makes a file that is not there yet.
fn write(pack: &Path, file: &str, text: &str) -> Result<(), Failure> {
    let path = pack.join(file);
    let made = path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| {
        let mut new = std::fs::OpenOptions::new().write(true).create_new(true).open(&path)?;
        new.write_all(text.as_bytes())
    });
    made.map_err(|error| Failure::Other(format!("cannot write {file}: {error}")))
}

fn next_steps(plan: &Plan, flow_file: &str, stories_file: &str, notes: &[String]) -> String {
    let name = &plan.name;
    let mut lines = vec![
        format!("Made {flow_file} and {stories_file}."),
        "The pack checks clean with it, and its scenarios pass.".to_owned(),
    ];
    lines.extend(notes.iter().cloned());
    lines.extend([
        "What now:".to_owned(),
        format!("  1. Read {flow_file} aloud, and put the words right."),
        "  2. Add examples: what tired people write who want it. 25 or more are good.".to_owned(),
        format!("  3. Try it:   caredesk simulate {name}"),
        "  4. Check it: caredesk check".to_owned(),
        format!("  5. Test it:  caredesk test {name}"),
    ]);
    lines.join("\n")
}

fn one_line(text: String) -> Result<String, String> {
    if text.contains('\n') { Err("it stands on one line".into()) } else { Ok(text.trim().to_owned()) }
}

fn free_name(pack: &Pack, name: String) -> Result<String, String> {
    if pack.flows.contains_key(&name) {
        return Err(format!("there is a flow called `{name}` already"));
    }
    in_form("a name", name)
}

fn area(name: String) -> Result<String, String> {
    if name == "answers" {
        return Err("`answers` holds lists of ready answers; a flow belongs to another area".into());
    }
    in_form("an area", name)
}

fn in_form(what: &str, name: String) -> Result<String, String> {
    let sound = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.len() <= 40
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if sound {
        Ok(name)
    } else {
        Err(format!("{what} has small letters, digits and `_` only, 40 at most; not `{name}`"))
    }
}

fn known(what: &str, name: String, names: &[&str]) -> Result<String, String> {
    if names.contains(&name.as_str()) {
        return Ok(name);
    }
    Err(format!("there is no {what} called `{name}`: {}", did_you_mean(&name, names.iter().copied())))
}

fn act_known(act: String, acts: &[String]) -> Result<String, String> {
    let names: Vec<&str> = acts.iter().map(String::as_str).chain(["agent"]).collect();
    known("act", act, &names).map_err(|why| format!("{why}. Acts stand in flows/desk.yaml"))
}

/// Questions: known facts with commas between, or one new fact with its words.
fn asked(pack: &Pack, written: &[String]) -> Result<Vec<Question>, String> {
    let mut questions: Vec<Question> = Vec::new();
    for part in
        written.iter().flat_map(|part| if part.contains('=') { vec![part.as_str()] } else { part.split(',').collect() })
    {
        let part = part.trim();
        if part.is_empty() {
            continue;
        }
        let question = match part.split_once('=') {
            Some((name, words)) if !words.trim().is_empty() => {
                let name = in_form("a fact", name.trim().to_owned())?;
                if pack.facts.contains_key(&name) {
                    return Err(format!("there is a fact called `{name}` already; ask it by its name alone"));
                }
                Question { name, words: Some(one_line(words.to_owned())?) }
            }
            Some((name, _)) => return Err(format!("`{name}` has no words: write `{name}=Your question?`")),
            None => {
                let names: Vec<&str> = pack.facts.keys().map(String::as_str).collect();
                Question { name: known("fact", part.to_owned(), &names)?, words: None }
            }
        };
        if !questions.iter().any(|other| other.name == question.name) {
            questions.push(question);
        }
    }
    Ok(questions)
}
