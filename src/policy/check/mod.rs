//! Turns the files of a pack into a [`Pack`], or says everything that is wrong with them. Nothing else makes a pack.
//!
//! Files are read into drafts (`files`), names are gathered (`names`, `scope`), desk, facts, heads and steps are
//! checked one by one, and flows that are whole are walked (`ways`, `walk`). A file that cannot be read never makes
//! the names in it unknown elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use crate::policy::draft::FlowDraft;
use crate::policy::facts::FactType;
use crate::policy::finding::{Finding, Place, Severity, in_order};
use crate::policy::flow::{Desk, DeskText, Digest, FactDecl, Flow, Pack};
use crate::policy::rules::{Names, RuleBook};
use crate::policy::text::Piece;
use crate::policy::yaml::{Document, join};

mod acts;
mod calendars;
mod catalogue;
mod cells;
mod dated;
mod desk;
mod directory;
mod facts;
mod files;
mod guard;
mod heads;
mod hours;
mod lengths;
mod lexicon;
mod lists;
mod names;
mod others;
mod private;
mod promises;
mod proved;
mod reading_age;
mod retention;
mod sayings;
mod scope;
mod steps;
mod tables;
mod telegram;
mod texts;
mod today;
mod together;
mod used;
mod values;
mod verbs;
mod walk;
mod ways;
pub(crate) mod words;

use files::{Files, Written};
use lexicon::Lexicon;
use scope::{Items, Scope};
use steps::{StepReadings, Surroundings};

pub use today::on_day;

/// The longest flow, in steps.
const MOST_STEPS: usize = 60;

/// The files of a pack: what stands below `flows/` and `rules/`, by path with `/`, such as `flows/desk.yaml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// Path and text of each.
    pub files: BTreeMap<String, String>,
}

impl Sources {
    /// The name of this version: the SHA-256 over path, length and bytes of each file, in the order of the paths.
    pub fn digest(&self) -> Digest {
        let mut hash = Sha256::new();
        for (path, text) in &self.files {
            for part in [path, text] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part.as_bytes());
            }
        }
        Digest(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// What the checker says.
#[derive(Debug)]
#[must_use]
pub struct Checked {
    /// The pack, when no finding is an error.
    pub pack: Option<Pack>,
    /// All findings, in the order of their places.
    pub findings: Vec<Finding>,
}

/// A flow under check.
#[derive(Debug)]
struct Built<'a> {
    flow: Flow,
    document: &'a Document,
    draft: Option<&'a FlowDraft>,
    readings: Vec<StepReadings>,
    /// Its own facts that cannot be asked for yet.
    later: BTreeSet<String>,
    /// Flows that it names, also in steps that could not be made.
    mentions: Vec<String>,
    /// Whether it can be walked.
    sound: bool,
}

/// Checks a pack: every fault at once, in all files.
pub fn check(sources: &Sources) -> Checked {
    let mut findings = Vec::new();
    let files = files::read(sources, &mut findings);
    let desk = match &files.desk {
        Some(written) => desk::check(written, &mut findings),
        None => desk::stand_in(),
    };
    let mut lexicon = lexicon::gather(&files, &desk, &mut findings);
    check_desk_texts(&files, &desk, &lexicon, &mut findings);
    check_finders(&files, &lexicon, &mut findings);
    let heads = flow_heads(&files, &desk, &lexicon, &mut findings);
    let all_facts = heads.iter().map(|(flow, _, _)| &flow.facts);
    heads::check_agreement(&lexicon.facts, all_facts, &mut findings);
    if let Some(written) = files.desk.as_ref().filter(|_| files.facts.is_some() && !files.flows_broken) {
        acts::check(written, &desk, &lexicon, &facts_of(&heads), &mut findings);
    }
    let (rules, broken_rules) = compile(&files, &desk, &lexicon, &heads, &mut findings);
    lexicon.lists = lists::gather(&files, Some(&rules));
    let mut flows = BTreeMap::new();
    for (flow, later, written) in heads {
        let built = with_steps(flow, later, written, &lexicon, &desk, (&rules, &broken_rules), &mut findings);
        // A flow without a name has been told, and can be neither run nor started.
        if !built.flow.name.is_empty() {
            flows.entry(built.flow.name.clone()).or_insert(built);
        }
    }
    for built in answers(&files, &desk, &lexicon, &mut findings) {
        flows.entry(built.flow.name.clone()).or_insert(built);
    }
    take_examples(&mut flows, &files, &lexicon, &mut findings);
    check_ways(&flows, &desk, &lexicon, &files, &mut findings);
    check_whole(&files, &flows, &rules, &mut findings);
    for built in flows.values().filter(|built| !built.flow.is_answer) {
        lengths::check(built.document, &built.flow, &lexicon, &mut findings);
    }
    if let Some(written) = files.desk.as_ref().filter(|_| !files.flows_broken) {
        let asks = files.flows.iter().any(|flow| flow.draft.steps.iter().any(|step| !step.ask.is_empty()));
        promises::check_pauses(written, &desk, asks, &mut findings);
    }
    if files.desk.is_none() {
        // Nobody knows which limits and contacts an unreadable desk has.
        findings.retain(|finding| !matches!(finding.code, "unknown-limit" | "unknown-contact"));
    }
    let findings = in_order(findings);
    let flows = flows.into_iter().map(|(name, built)| (name, built.flow)).collect();
    let runs = !findings.iter().any(|finding| finding.severity == Severity::Error);
    let Lexicon { facts, records, .. } = lexicon;
    let pack = runs.then(|| Pack { digest: sources.digest(), desk, facts, records, flows, rules });
    Checked { pack, findings }
}

/// What can be said only of a pack whose files can all be read.
fn check_whole(files: &Files, flows: &BTreeMap<String, Built>, rules: &RuleBook, findings: &mut Vec<Finding>) {
    if files.flows_broken {
        return;
    }
    if files.desk.is_some() && files.facts.is_some() {
        used::check(files, rules, findings);
    }
    sayings::check(files, findings);
    if !files.scenarios_broken {
        catalogue::check(files, flows, findings);
    }
    for Written { document, draft } in &files.flows {
        let mut says = Vec::new();
        for (n, step) in draft.steps.iter().enumerate() {
            let path = join(&join(&join("/steps", n), "say"), "mail");
            says.extend(step.say.iter().map(|say| (path.clone(), &say.mail)));
        }
        reading_age::check_flow(document, &says, findings);
    }
    for Written { document, draft } in &files.answers {
        let says = draft.answers.iter().enumerate();
        let says: Vec<(String, &String)> =
            says.map(|(n, answer)| (format!("/answers/{n}/say/mail"), &answer.say.mail)).collect();
        reading_age::check_flow(document, &says, findings);
    }
    if let Some(Written { document, draft }) = &files.desk {
        let says: Vec<(String, &String)> =
            draft.texts.iter().map(|(name, source)| (join("/texts", name), source)).collect();
        reading_age::check_flow(document, &says, findings);
    }
}

/// The desk's own sentences read nothing that a ticket may lack.
fn check_desk_texts(files: &Files, desk: &Desk, lexicon: &Lexicon, findings: &mut Vec<Finding>) {
    let Some(Written { document, draft }) = &files.desk else { return };
    let nothing = (BTreeMap::new(), BTreeSet::new());
    let scope = Scope { lexicon, desk, own: &nothing.0, own_later: &nothing.1, with_facts: false, item: Items::None };
    let mut texts: Vec<(String, &String, &[&str])> = Vec::new();
    for (name, source) in &draft.texts {
        texts.push((join("/texts", name), source, there(name)));
    }
    for (name, heard) in draft.anytime.iter().filter(|(name, _)| *name != "another") {
        texts.extend(heard.say.as_ref().map(|source| (join(&join("/anytime", name), "say"), source, &[][..])));
    }
    if let Some(source) = draft.anytime.get("another").and_then(|another| another.say.as_ref()) {
        check_another(document, source, &scope, findings);
    }
    let not_understood = draft.repair.not_understood.say.as_ref();
    texts.extend(not_understood.map(|source| ("/repair/not_understood/say".to_owned(), source, &[][..])));
    texts.extend(draft.repair.no_words.as_ref().map(|source| ("/repair/no_words".to_owned(), source, &[][..])));
    for (path, source, there) in texts {
        check_text(document, &path, source, &scope, there, findings);
    }
}

/// Each flow that finds a fact, and the one that welcomes, should be there. Without it the desk says less, and no more.
fn check_finders(files: &Files, lexicon: &Lexicon, findings: &mut Vec<Finding>) {
    let mut missing = Vec::new();
    let welcome = files.desk.iter().filter_map(|desk| Some((&desk.document, desk.draft.repair.welcome.as_ref()?)));
    for (document, flow) in welcome {
        lexicon.flows.expect(flow, || document.place("/repair/welcome"), &mut missing);
    }
    let shared = files.facts.iter().map(|written| (&written.document, &written.draft.facts));
    let own = files.flows.iter().map(|written| (&written.document, &written.draft.facts));
    for (document, facts) in shared.chain(own) {
        for (name, fact) in facts {
            let Some(flow) = &fact.found_by else { continue };
            let place = || document.place(&join(&join("/facts", name), "found_by"));
            lexicon.flows.expect(flow, place, &mut missing);
        }
    }
    findings.extend(missing.into_iter().map(|finding| Finding { severity: Severity::Warning, ..finding }));
}

/// The question whether another request shall begin may name its title besides.
fn check_another(document: &Document, source: &str, scope: &Scope, findings: &mut Vec<Finding>) {
    let path = "/anytime/another/say";
    let Some(mut template) = texts::template(document, path, source, &mut Vec::new()) else { return };
    let of_the_other = |piece: &Piece| matches!(piece, Piece::Hole { path, .. } if *path == ["other", "title"]);
    template.pieces.retain(|piece| !of_the_other(piece));
    let readings = texts::check_holes(document, path, source, &template, scope, findings);
    heads::check_always_there(&readings, &[], findings);
}

/// What is there besides, where a text of the desk is said: only a wait has a due time.
fn there(name: &str) -> &'static [&'static str] {
    match DeskText::named(name) {
        Some(
            DeskText::HowToAnswer | DeskText::HowToAgree | DeskText::Reminder | DeskText::WeAsked | DeskText::Confirm,
        ) => &["step.due"],
        _ => &[],
    }
}

fn check_text(
    document: &Document,
    path: &str,
    source: &str,
    scope: &Scope,
    there: &[&str],
    findings: &mut Vec<Finding>,
) {
    // That it is well formed has been told already.
    if let Some(template) = texts::template(document, path, source, &mut Vec::new()) {
        let readings = texts::check_holes(document, path, source, &template, scope, findings);
        heads::check_always_there(&readings, there, findings);
    }
}

/// A head, its facts for later, and where it is written.
pub(in crate::policy::check) type Head<'a> = (Flow, BTreeSet<String>, &'a Written<FlowDraft>);

fn flow_heads<'a>(files: &'a Files, desk: &Desk, lexicon: &Lexicon, findings: &mut Vec<Finding>) -> Vec<Head<'a>> {
    let mut heads = Vec::new();
    for written in &files.flows {
        let Written { document, draft } = written;
        let own = heads::own_facts(document, draft, desk, findings);
        for name in own.facts.keys().filter(|name| lexicon.records.contains_key(*name)) {
            let message = format!("`{name}` is the name of a record already");
            let place = document.key_place(&join("/facts", name));
            findings.push(Finding::error("duplicate-name", place, message, "rename the fact"));
        }
        let flow = heads::flow(document, draft, own.facts, lexicon, findings);
        heads.push((flow, own.later, written));
    }
    heads
}

/// The own facts of all flows, by name.
fn facts_of(heads: &[Head]) -> BTreeMap<String, FactDecl> {
    let facts = heads.iter().rev().flat_map(|(flow, _, _)| &flow.facts);
    facts.map(|(name, fact)| (name.clone(), fact.clone())).collect()
}

/// Compiles the rules against every fact of the pack: a rule may serve several flows.
fn compile(
    files: &Files,
    desk: &Desk,
    lexicon: &Lexicon,
    heads: &[Head],
    findings: &mut Vec<Finding>,
) -> (RuleBook, BTreeSet<String>) {
    let all = facts_of(heads);
    let later: BTreeSet<String> = heads.iter().flat_map(|(_, later, _)| later).cloned().collect();
    let scope = Scope { lexicon, desk, own: &all, own_later: &later, with_facts: true, item: Items::All };
    let stem = |file: &str| file.trim_start_matches("rules/").trim_end_matches(".rhai").to_owned();
    // A script that reads what is not there yet is not compiled: that has been told where it is declared.
    let (later, scripts): (Vec<_>, Vec<_>) =
        files.scripts.iter().cloned().partition(|(_, text)| words_of(text).any(|word| scope.is_declared_later(word)));
    let mut broken: BTreeSet<String> = later.iter().map(|(path, _)| stem(path)).collect();
    let (mut rules, mut faults) = with_names(&scope, |known| RuleBook::compile(&scripts, known));
    broken.extend(files.broken_tables.iter().cloned());
    private::reasons(&scope, &rules, &mut faults);
    broken.extend(tables::check(files, &scope, heads, &mut rules, &mut faults));
    broken.extend(faults.iter().filter(|fault| fault.severity == Severity::Error).map(|fault| stem(&fault.place.file)));
    if files.desk.is_none() || files.facts.is_none() || files.flows_broken {
        // Which names there are is not known while a file that declares some cannot be read.
        faults.retain(|fault| !fault.code.starts_with("unknown-") && fault.code != "unused-parameter");
    }
    findings.extend(faults);
    (rules, broken)
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
}

/// Lends the names of a scope to the rules.
fn with_names<T>(scope: &Scope, work: impl FnOnce(&Names) -> T) -> T {
    let type_of = |name: &str| scope.type_of(name);
    let choices_of =
        |name: &str| scope.fact(name).filter(|fact| fact.kind == FactType::Choice).map(|fact| fact.choices.clone());
    work(&Names {
        type_of: &type_of,
        choices_of: &choices_of,
        all: scope.all(),
        limits: scope.desk.limits.keys().cloned().collect(),
        contacts: scope.desk.contacts.keys().cloned().collect(),
    })
}

fn with_steps<'a>(
    mut flow: Flow,
    later: BTreeSet<String>,
    written: &'a Written<FlowDraft>,
    lexicon: &Lexicon,
    desk: &Desk,
    (rules, broken_rules): (&RuleBook, &BTreeSet<String>),
    findings: &mut Vec<Finding>,
) -> Built<'a> {
    let Written { document, draft } = written;
    let scope = Scope { lexicon, desk, own: &flow.facts, own_later: &later, with_facts: true, item: Items::None };
    for (name, source) in &draft.texts {
        check_text(
            document,
            &join("/texts", name),
            source,
            &Scope { with_facts: false, ..scope },
            there(name),
            findings,
        );
    }
    let contract = heads::check_contract(document, draft, &scope, findings);
    let count = draft.steps.len();
    let fits = (1..=MOST_STEPS).contains(&count);
    if count > MOST_STEPS {
        let message = format!("this flow has {count} steps; {MOST_STEPS} are allowed");
        let help = "move a part of it into a flow of its own and `run` that";
        findings.push(Finding::error("too-many-steps", document.key_place("/steps"), message, help));
    } else if count == 0 && document.get("/steps").is_some_and(serde_yaml::Value::is_sequence) {
        let message = "this flow has no steps";
        findings.push(Finding::error(
            "empty-value",
            document.key_place("/steps"),
            message,
            "add a step that says something",
        ));
    }
    let around = Surroundings { document, scope, rules, broken_rules };
    let made = steps::check(&around, &draft.steps, findings);
    private::check(&around.scope, &made, findings);
    flow.steps = made.steps;
    Built {
        flow,
        document,
        draft: Some(draft),
        readings: made.readings,
        later,
        mentions: draft.steps.iter().filter_map(|step| step.run.clone()).collect(),
        sound: made.sound && fits && contract,
    }
}

fn answers<'a>(files: &'a Files, desk: &Desk, lexicon: &Lexicon, findings: &mut Vec<Finding>) -> Vec<Built<'a>> {
    let mut answers = Vec::new();
    for Written { document, draft } in &files.answers {
        for (n, answer) in draft.answers.iter().enumerate() {
            let path = join("/answers", n);
            answers.extend(heads::answer(document, &path, answer, lexicon, desk, findings).map(|flow| Built {
                flow,
                document,
                draft: None,
                readings: vec![StepReadings::default()],
                later: BTreeSet::new(),
                mentions: answer.offer.clone(),
                sound: true,
            }));
        }
    }
    answers
}

/// Gives each flow the examples that stand in files of their own.
fn take_examples(flows: &mut BTreeMap<String, Built>, files: &Files, lexicon: &Lexicon, findings: &mut Vec<Finding>) {
    for Written { document, draft } in &files.examples {
        for (name, examples) in &draft.examples {
            let place = || document.key_place(&join("/examples", name));
            let Some(built) = flows.get_mut(name) else {
                lexicon.flows.expect(name, place, findings);
                continue;
            };
            match &mut built.flow.starts {
                Some(starts) => starts.examples.extend_from_slice(examples),
                None => findings.push(Finding::error(
                    "examples-without-start",
                    place(),
                    format!("no message starts `{name}`, so its examples are of no use"),
                    "give the flow `starts:` with a few examples, or remove these",
                )),
            }
        }
    }
}

fn check_ways(
    flows: &BTreeMap<String, Built>,
    desk: &Desk,
    lexicon: &Lexicon,
    files: &Files,
    findings: &mut Vec<Finding>,
) {
    for built in flows.values().filter(|built| built.sound) {
        ways::check_flow(built, findings);
        acts::check_shown(built, desk, findings);
    }
    if !files.flows_broken {
        ways::check_used(flows, findings);
        if !flows.contains_key("triage") {
            let message = "there is no flow `triage`; what fits nowhere goes there";
            let help = "add a flow called `triage` that hands over to the queue `triage`";
            findings.push(Finding::error("missing-flow", Place::start_of(files::DESK), message, help));
        }
    }
    let mut summaries = BTreeMap::new();
    for name in ways::in_order(flows, findings) {
        let Some(built) = flows.get(&name).filter(|built| built.sound) else { continue };
        // Nobody sets anything before a flow that a message starts.
        let only_run = built.draft.iter().filter(|draft| draft.starts.is_none());
        let needs: BTreeSet<String> = only_run.flat_map(|draft| &draft.needs).cloned().collect();
        let scope = Scope {
            lexicon,
            desk,
            own: &built.flow.facts,
            own_later: &built.later,
            with_facts: true,
            item: Items::None,
        };
        let walk =
            walk::Walk { flow: &built.flow, readings: &built.readings, scope, given: &needs, summaries: &summaries };
        let summary = walk::walk(&walk, findings);
        check_gives(built, &summary, findings);
        summaries.insert(name, summary);
    }
}

/// What the head of a flow promises is set whenever it ends well.
fn check_gives(built: &Built, summary: &walk::Summary, findings: &mut Vec<Finding>) {
    let Some(gives) = &summary.gives else { return };
    for (n, name) in built.draft.iter().flat_map(|draft| &draft.gives).enumerate() {
        if !gives.contains(name) {
            let message = format!("`{name}` may not be set when this flow ends well");
            let place = built.document.place(&join("/gives", n));
            findings.push(Finding::error(
                "not-given",
                place,
                message,
                "set it on every way to the end, or remove it here",
            ));
        }
    }
}
