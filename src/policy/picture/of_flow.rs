//! What stands in the picture of one flow: a box for each step, a chip for each end, and the ways between them.

use crate::policy::flow::{Ending, Flow, Goto, Pack, Step as FlowStep, Verb};
use crate::policy::graph::{Because, Way, ways};
use crate::policy::promise::terms::ClockKind;
use crate::policy::scenario::Coverage;
use crate::policy::wording;

use super::{Kind, Line, Note, Picture, Step};

/// The longest text of a letter that a box shows, in characters.
const SHOWN: usize = 110;

/// The picture of a flow. With what the scenarios reached, it marks what they did not.
pub fn of_flow(pack: &Pack, flow: &Flow, reached: Option<&Coverage>) -> Picture {
    let mut drawer = Drawer { pack, flow, reached, boxes: vec![start(pack, flow, reached)], ways: Vec::new() };
    // Where the box of each step is; chips for ends stand between them.
    let mut place = Vec::new();
    let mut open = Vec::new();
    for (at, step) in flow.steps.iter().enumerate() {
        let links = drawer.step(at, step);
        let own = drawer.boxes.len() - 1;
        place.push(own);
        for link in links {
            match link.to {
                Goto::Step(to) => open.push((own, to, link)),
                Goto::End(ending) => drawer.end(own, ending, link),
            }
        }
    }
    let begins = drawer.boxes.first().and_then(|start| start.reached);
    open.insert(0, (0, 0, Link { to: Goto::Step(0), label: String::new(), reached: begins }));
    for (from, to, link) in open {
        drawer.ways.extend(place.get(to).map(|to| line(from, *to, link)));
    }
    Picture {
        name: flow.name.clone(),
        title: flow.title.clone(),
        description: description(&drawer),
        boxes: drawer.boxes,
        ways: drawer.ways,
        areas: Vec::new(),
        tested: reached.is_some(),
    }
}

/// A way that is drawn.
struct Link {
    to: Goto,
    label: String,
    reached: Option<bool>,
}

struct Drawer<'a> {
    pack: &'a Pack,
    flow: &'a Flow,
    reached: Option<&'a Coverage>,
    boxes: Vec<Step>,
    ways: Vec<Line>,
}

fn line(from: usize, to: usize, link: Link) -> Line {
    Line { from, to, label: link.label, reached: link.reached, offered: false }
}

fn note(words: impl Into<String>, clock: bool) -> Note {
    Note { words: words.into(), clock }
}

fn start(pack: &Pack, flow: &Flow, reached: Option<&Coverage>) -> Step {
    let words = match &flow.starts {
        Some(starts) => match starts.examples.first() {
            Some(example) => format!("Somebody writes, for instance: “{example}”"),
            None => "Somebody writes to us.".into(),
        },
        None => {
            let runs = |other: &&Flow| {
                other.steps.iter().any(|step| matches!(&step.verb, Verb::Run { flow: inner } if *inner == flow.name))
            };
            let titles: Vec<String> =
                pack.flows.values().filter(runs).map(|flow| format!("“{}”", flow.title)).collect();
            match titles.is_empty() {
                true => "An agent starts it.".into(),
                false => format!("It is run by {}.", wording::listed(&titles, "and")),
            }
        }
    };
    let targets = pack.targets_of(&flow.name).and_then(|(_, set)| set.dated.last()).map(|(_, targets)| targets);
    let notes = targets.into_iter().flat_map(|targets| &targets.lengths).map(|(clock, length)| {
        let what = match clock {
            ClockKind::FirstAnswer => "A person answers",
            ClockKind::Task => "An agent's task is done",
            ClockKind::Resolution => "All is solved",
        };
        note(format!("{what} within {length}."), true)
    });
    let first = flow.steps.first().map(|step| format!("{}.{}", flow.name, step.id));
    let was = |coverage: &Coverage| {
        let skipped = first.as_ref().is_some_and(|first| coverage.branches.contains(&format!("{first}: skipped")));
        skipped || first.as_ref().is_some_and(|first| coverage.steps.contains(first))
    };
    Step {
        name: String::new(),
        kind: Kind::Start,
        guard: None,
        words: vec![words],
        notes: notes.collect(),
        reached: reached.map(was),
        area: 0,
    }
}

impl Drawer<'_> {
    /// Adds the box of a step and says which ways leave it.
    fn step(&mut self, at: usize, step: &FlowStep) -> Vec<Link> {
        let mut notes = self.notes(step);
        let all = ways(self.flow, at);
        let mut links: Vec<Link> = Vec::new();
        for way in all {
            if matches!(step.verb, Verb::HandOver { .. }) && way.because == Because::Done {
                continue;
            }
            let was = self.was_gone(step, &way.because);
            if let Some(told) = self.told(step, &way) {
                let untested = if was == Some(false) { " (not tested)" } else { "" };
                notes.extend(told.map(|(words, clock)| note(format!("{words}{untested}"), clock)));
                continue;
            }
            let label = label(step, &way);
            match links.iter_mut().find(|link| link.to == way.to) {
                Some(same) if way.because == Because::Skipped => {
                    if was == Some(false) {
                        notes.push(note("Never skipped in a scenario.", false));
                    }
                    same.reached = same.reached.map(|before| before || was == Some(true));
                }
                Some(same) => {
                    same.label = format!("{} or {label}", same.label);
                    same.reached = same.reached.map(|before| before || was == Some(true));
                }
                None => links.push(Link { to: way.to, label, reached: was }),
            }
        }
        if links.len() == 1 && step.when.is_none() && !(matches!(step.verb, Verb::Decide { .. }) && step.each.is_none())
        {
            links.iter_mut().for_each(|link| link.label.clear());
        }
        if let [only] = links.as_mut_slice()
            && step.when.is_some()
            && !matches!(step.verb, Verb::HandOver { .. })
        {
            only.label.clear();
        }
        let name = format!("{}.{}", self.flow.name, step.id);
        let step = Step {
            name: step.id.clone(),
            kind: kind(&step.verb),
            guard: step.when.as_ref().map(|when| wording::guard(self.pack, &self.flow.name, &when.source)),
            words: self.words(step),
            notes,
            reached: self.reached.map(|reached| reached.steps.contains(&name)),
            area: 0,
        };
        self.boxes.push(step);
        links
    }

    /// A chip for the end of a way.
    fn end(&mut self, from: usize, ending: Ending, link: Link) {
        let words = wording::sentence(wording::ending(ending));
        let reached = link.reached;
        let chip = Step {
            name: String::new(),
            kind: Kind::End,
            guard: None,
            words: vec![words],
            notes: Vec::new(),
            reached,
            area: 0,
        };
        self.boxes.push(chip);
        self.ways.push(line(from, self.boxes.len() - 1, link));
    }

    /// Whether some scenario goes a way.
    fn was_gone(&self, step: &FlowStep, because: &Because<'_>) -> Option<bool> {
        let way = match because {
            Because::Skipped => "skipped",
            Because::Done => "then",
            Because::Otherwise => "otherwise",
            Because::Verdict(word) | Because::Cannot(word) => word,
            // No scenario counts it: it is the ending of the flow within.
            Because::Passed => return self.reached.map(|_| true),
        };
        let branch = format!("{}.{}: {way}", self.flow.name, step.id);
        self.reached.map(|reached| reached.branches.contains(&branch))
    }

    /// What a box says of a way that ends the flow by the way, instead of a line.
    fn told(&self, step: &FlowStep, way: &Way<'_>) -> Option<Option<(String, bool)>> {
        let Goto::End(ending) = way.to else { return None };
        let then = wording::ending(ending);
        match (way.because, &step.verb) {
            (Because::Otherwise, Verb::Ask { .. } | Verb::Confirm { .. }) => {
                Some(Some((format!("No answer: {then}."), true)))
            }
            (Because::Otherwise, Verb::LookUp { .. }) => Some(Some((format!("Nothing found: {then}."), false))),
            (Because::Otherwise, Verb::Task { .. } | Verb::Together { .. }) => {
                Some(Some((format!("It cannot be done: {then}."), false)))
            }
            (Because::Otherwise, Verb::Run { .. }) => Some(Some((format!("It ends otherwise: {then}."), false))),
            (Because::Passed, _) => Some(Some(("If it ends otherwise, so does this flow.".into(), false))),
            _ => None,
        }
    }

    fn notes(&self, step: &FlowStep) -> Vec<Note> {
        let mut notes = Vec::new();
        if let Some((within, remind)) = wording::patience(self.pack, step) {
            notes.push(note(format!("Waits {within}; {}.", wording::reminders(&remind)), true));
        }
        if let Verb::LookUp { tries, .. } = &step.verb
            && *tries > 1
        {
            notes.push(note(format!("Asks again when nothing is found; {tries} tries in all."), false));
        }
        if let Verb::Task { queue, gives, .. } = &step.verb {
            let queue = wording::queue(self.pack, queue.as_deref().unwrap_or(&self.flow.queue));
            notes.push(note(format!("Work of: {queue}."), false));
            let targets = self.pack.targets_of(&self.flow.name).and_then(|(_, set)| set.dated.last());
            if let Some(length) = targets.and_then(|(_, targets)| targets.lengths.get(&ClockKind::Task)) {
                notes.push(note(format!("To be done within {length}."), true));
            }
            let asks: Vec<String> =
                gives.iter().map(|fact| format!("“{}”", wording::question(self.pack, &self.flow.name, fact))).collect();
            if !asks.is_empty() {
                notes.push(note(format!("The agent answers: {}", wording::listed(&asks, "and")), false));
            }
        }
        notes
    }

    fn words(&self, step: &FlowStep) -> Vec<String> {
        let said = step.say.as_ref().map(|say| shortened(&wording::line(self.pack, &say.mail)));
        let flow = &self.flow.name;
        match &step.verb {
            Verb::Say => said.into_iter().collect(),
            Verb::Ask { facts, or, again } => {
                let mut words: Vec<String> =
                    facts.iter().map(|fact| wording::question(self.pack, flow, fact)).collect();
                if !or.is_empty() {
                    let others: Vec<String> = or.iter().map(|fact| wording::question(self.pack, flow, fact)).collect();
                    words.push(format!("Or instead: {}", others.join(" ")));
                }
                if *again {
                    words.push("(asked again, even if it is known)".into());
                }
                words
            }
            Verb::Confirm { names } => {
                let shown: Vec<String> = names.iter().map(|name| wording::plain(name)).collect();
                vec![format!("Is this right: {}?", wording::listed(&shown, "and"))]
            }
            Verb::LookUp { record, by, by_requester, .. } => {
                let mut keys: Vec<String> = by.iter().map(|fact| wording::plain(fact)).collect();
                if *by_requester {
                    keys.push("the sender's own address".into());
                }
                vec![format!("The {}, by {}", wording::plain(record), wording::listed(&keys, "and"))]
            }
            Verb::Decide { rule, .. } => {
                vec![format!("{}Rule {}", wording::for_each(step.each.as_ref()), wording::plain(rule))]
            }
            Verb::Together { tasks } => {
                let told = tasks.iter().map(|task| {
                    let each = wording::for_each(task.each.as_ref());
                    format!("{each}{}", wording::sentence(&wording::plain(&task.act)))
                });
                told.collect()
            }
            Verb::Task { act, instruction, .. } => {
                let what = shortened(&wording::line(self.pack, instruction));
                let each = wording::for_each(step.each.as_ref());
                vec![format!("{each}{}", wording::sentence(&wording::plain(act))), what]
            }
            Verb::HandOver { queue } => {
                let head = format!("{} — the flow ends here.", wording::queue(self.pack, queue));
                [head].into_iter().chain(said).collect()
            }
            Verb::Escalate { contact, .. } => {
                let head = format!("To {}", wording::contact(self.pack, contact));
                [head].into_iter().chain(said).collect()
            }
            Verb::Prove { proofs, .. } => {
                let proofs: Vec<String> = proofs.iter().map(wording::proof).collect();
                vec![wording::sentence(&wording::listed(&proofs, "or"))]
            }
            Verb::Record { act, .. } => vec![wording::sentence(&wording::plain(act))],
            Verb::Wait { length, .. } => [format!("For {length}")].into_iter().chain(said).collect(),
            Verb::Run { flow } => vec![wording::title(self.pack, flow)],
        }
    }
}

fn kind(verb: &Verb) -> Kind {
    match verb {
        Verb::Say => Kind::Say,
        Verb::Ask { .. } | Verb::Confirm { .. } => Kind::Ask,
        Verb::LookUp { .. } => Kind::LookUp,
        Verb::Decide { .. } => Kind::Decide,
        Verb::Task { .. } | Verb::Together { .. } => Kind::Task,
        Verb::HandOver { .. } => Kind::HandOver,
        Verb::Escalate { .. } => Kind::Escalate,
        Verb::Prove { .. } => Kind::Prove,
        Verb::Record { .. } => Kind::Record,
        Verb::Wait { .. } => Kind::Wait,
        Verb::Run { .. } => Kind::Run,
    }
}

fn label(step: &FlowStep, way: &Way<'_>) -> String {
    match (way.because, &step.verb) {
        (Because::Skipped, _) => "if not so".into(),
        (Because::Done, Verb::Ask { .. }) => "answered".into(),
        (Because::Done, Verb::Confirm { .. }) => "confirmed".into(),
        (Because::Done, Verb::LookUp { .. }) => "found".into(),
        (Because::Done, Verb::Decide { .. }) => "sorted".into(),
        (Because::Done, Verb::Task { .. }) => "done".into(),
        (Because::Done, Verb::Prove { .. }) => "proved".into(),
        (Because::Done, Verb::Wait { .. }) => "time is over".into(),
        (Because::Done, Verb::Together { .. }) => "all are done".into(),
        (Because::Done, Verb::Run { .. }) => "ends well".into(),
        (Because::Done, _) => "if so".into(),
        (Because::Otherwise, Verb::Ask { .. } | Verb::Confirm { .. }) => "no answer".into(),
        (Because::Otherwise, Verb::LookUp { .. }) => "not found".into(),
        (Because::Otherwise, Verb::Prove { .. }) => "not proved".into(),
        (Because::Otherwise, Verb::Wait { .. }) => "no longer needed".into(),
        (Because::Otherwise, Verb::Task { .. } | Verb::Together { .. }) => "cannot be done".into(),
        (Because::Otherwise | Because::Passed, _) => "ends otherwise".into(),
        (Because::Verdict(verdict), _) => wording::plain(verdict),
        (Because::Cannot(reason), _) => format!("cannot: {}", wording::plain(reason)),
    }
}

/// The first words of a text.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => {
            let start = text.get(..at).unwrap_or(text);
            format!("{}…", start.rsplit_once(' ').map_or(start, |(words, _)| words))
        }
        None => text.to_owned(),
    }
}

fn description(drawer: &Drawer<'_>) -> String {
    let steps: Vec<String> = drawer
        .boxes
        .iter()
        .filter(|step| !step.name.is_empty())
        .enumerate()
        .map(|(n, step)| format!("{}. {}: {}", n + 1, step.kind.word(), step.words.join(" ")))
        .collect();
    format!("A flow chart of “{}” with {} steps. {}", drawer.flow.title, drawer.flow.steps.len(), steps.join(" "))
}
