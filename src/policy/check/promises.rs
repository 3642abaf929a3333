//! Checks what `desk.yaml` promises: sets of targets, clocks, priorities and chains.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde_yaml::Value;

use super::files::Written;
use super::{names, values};
use crate::policy::calendar::{Calendar, Length, Unit};
use crate::policy::draft::{DeskDraft, StageDraft, TargetsDraft};
use crate::policy::finding::{Finding, did_you_mean};
use crate::policy::flow::{Contact, Desk, Limit};
use crate::policy::promise::terms::{
    AfterPause, Alerts, Chain, ClockKind, ClockRules, Factor, Occasion, OnMessage, OnPolicyEdit, OnPriority,
    OnReopening, OutsideHours, Pause, Stage, StageAt, StageDoes, TargetSet, Targets, VerdictRule,
};
use crate::policy::yaml::{Document, join};

/// Puts what is promised into the desk.
pub(super) fn check(written: &Written<DeskDraft>, desk: &mut Desk, findings: &mut Vec<Finding>) {
    let Written { document, draft } = written;
    desk.priorities = priorities(document, draft, findings);
    desk.clocks = clocks(document, draft, findings);
    desk.chains = chains(document, draft, desk, findings);
    desk.targets = targets(document, draft, desk, findings);
    check_counted(document, desk, findings);
    check_warnings(document, desk, findings);
}

fn priorities(document: &Document, draft: &DeskDraft, findings: &mut Vec<Finding>) -> BTreeMap<String, Factor> {
    let mut priorities = BTreeMap::new();
    for (name, written) in &draft.priorities {
        let path = join("/priorities", name);
        names::check_form("priority", name, document.key_place(&path), findings);
        match Factor::parse(written) {
            Some(factor) => {
                priorities.insert(name.clone(), factor);
            }
            None => {
                let message = format!("`{written}` is nothing that a length can be multiplied with");
                let help = "write a number above 0, at most 100, such as `2` or `0.5`";
                findings.push(Finding::error("bad-priority", document.place(&path), message, help));
            }
        }
    }
    priorities
}

/// The ten answers of each clock. One that lacks an answer, or has one that is none, is left out.
fn clocks(document: &Document, draft: &DeskDraft, findings: &mut Vec<Finding>) -> BTreeMap<ClockKind, ClockRules> {
    let mut clocks = BTreeMap::new();
    for (kind, word) in ClockKind::ALL {
        let Some(answers) = draft.clocks.get(word) else { continue };
        let mut clock = Answers { document, path: join("/clocks", word), answers, findings };
        clocks.extend(clock.rules().map(|rules| (kind, rules)));
    }
    clocks
}

struct Answers<'a> {
    document: &'a Document,
    path: String,
    answers: &'a BTreeMap<String, Vec<String>>,
    findings: &'a mut Vec<Finding>,
}

impl Answers<'_> {
    fn rules(&mut self) -> Option<ClockRules> {
        // Every answer is looked at, so that all faults are told at once.
        let starts = self.one("starts", &Occasion::STARTS);
        let stops = self.one("stops", &Occasion::STOPS);
        let second_message = self.one("second_message", &OnMessage::ALL);
        let pauses = self.pauses();
        let after_pause = self.one("after_pause", &AfterPause::ALL);
        let reopened = self.one("reopened", &OnReopening::ALL);
        let priority = self.one("priority", &OnPriority::ALL);
        let policy_edit = self.one("policy_edit", &OnPolicyEdit::ALL);
        let verdict = self.one("verdict", &VerdictRule::ALL);
        let outside = self.one("lapse_outside_hours", &OutsideHours::ALL);
        let alerts = self.one("alerts", &Alerts::ALL);
        if starts.is_some() && starts == stops {
            let by = self.document.get(&join(&self.path, "stops")).and_then(serde_yaml::Value::as_str).unwrap_or("");
            let message = format!("this clock starts and stops by `{by}`, so it never runs");
            let place = self.document.place(&join(&self.path, "stops"));
            self.findings.push(Finding::error("clock-never-runs", place, message, "let something else stop it"));
        }
        Some(ClockRules {
            starts: starts?,
            stops: stops?,
            second_message: second_message?,
            pauses: pauses?,
            after_pause: after_pause?,
            reopened: reopened?,
            priority: priority?,
            policy_edit: policy_edit?,
            verdict: verdict?,
            lapse_outside_hours: outside?,
            alerts: alerts?,
        })
    }

    /// One word of a closed list.
    fn one<T: Copy>(&mut self, key: &str, list: &[(T, &'static str)]) -> Option<T> {
        match self.answers.get(key)?.as_slice() {
            [word] => self.word(&join(&self.path, key), word, list),
            _ => {
                let place = self.document.place(&join(&self.path, key));
                let message = format!("`{key}` has one answer, not a list");
                self.findings.push(Finding::error("wrong-kind", place, message, "write one word"));
                None
            }
        }
    }

    fn word<T: Copy>(&mut self, path: &str, word: &str, list: &[(T, &'static str)]) -> Option<T> {
        let found = list.iter().find(|(_, known)| *known == word).map(|(value, _)| *value);
        if found.is_none() {
            let place = self.document.place(path);
            let help = did_you_mean(word, list.iter().map(|(_, known)| *known));
            let message = format!("`{word}` is not one of the answers here");
            self.findings.push(Finding::error("bad-value", place, message, help));
        }
        found
    }

    /// The states in which it stands still, or `none`.
    fn pauses(&mut self) -> Option<BTreeSet<Pause>> {
        let written = self.answers.get("pauses")?.clone();
        if written == ["none"] {
            return Some(BTreeSet::new());
        }
        let path = join(&self.path, "pauses");
        let is_list = self.document.get(&path).is_some_and(Value::is_sequence);
        let found = written.iter().enumerate().map(|(n, word)| {
            let path = if is_list { join(&path, n) } else { path.clone() };
            self.word(&path, word, &Pause::ALL)
        });
        found.collect::<Vec<_>>().into_iter().collect()
    }
}

fn chains(document: &Document, draft: &DeskDraft, desk: &Desk, findings: &mut Vec<Finding>) -> BTreeMap<String, Chain> {
    let mut chains = BTreeMap::new();
    for (name, written) in &draft.chains {
        let path = join("/chains", name);
        names::check_form("chain", name, document.key_place(&path), findings);
        let stage = |(n, stage): (usize, &StageDraft)| self::stage(document, &join(&path, n), stage, desk, findings);
        let stages: Vec<Option<Stage>> = written.iter().enumerate().map(stage).collect();
        let whole: Option<Vec<Stage>> = stages.into_iter().collect();
        let Some(stages) = whole else { continue };
        check_order(document, &path, &stages, findings);
        let ends_well =
            stages.last().is_some_and(|last| matches!(last.does, StageDoes::TellTeamLead | StageDoes::Escalate(_)));
        if !ends_well {
            let message = format!("the chain `{name}` ends before anybody can decide");
            let help = "let the last stage `tell: team_lead` or `escalate:` to a contact";
            let last = join(&path, stages.len().saturating_sub(1));
            findings.push(Finding::error("chain-ends-nowhere", document.place(&last), message, help));
        }
        chains.insert(name.clone(), Chain { stages });
    }
    chains
}

fn stage(
    document: &Document,
    path: &str,
    written: &StageDraft,
    desk: &Desk,
    findings: &mut Vec<Finding>,
) -> Option<Stage> {
    let at = written.at.as_ref().and_then(|at| stage_at(document, &join(path, "at"), at, &desk.limits, findings));
    let does = match (&written.tell, &written.escalate) {
        (Some(whom), None) => match whom.as_str() {
            "agent" => Some(StageDoes::TellAgent),
            "team_lead" => Some(StageDoes::TellTeamLead),
            other => {
                let place = document.place(&join(path, "tell"));
                let help = did_you_mean(other, ["agent", "team_lead"]);
                let message = format!("`{other}` cannot be told");
                findings.push(Finding::error("bad-value", place, message, help));
                None
            }
        },
        (None, Some(contact)) => {
            check_contact(document, &join(path, "escalate"), contact, desk, findings);
            Some(StageDoes::Escalate(contact.clone()))
        }
        _ => {
            let message = "a stage either tells somebody or escalates";
            let help = "write one of `tell:` and `escalate:`";
            findings.push(Finding::error("bad-stage", document.place(path), message, help));
            None
        }
    };
    let urgent = written.urgent.as_ref();
    let urgent = urgent.is_some_and(|text| values::yes_no(text, || document.place(&join(path, "urgent")), findings));
    Some(Stage { at: at?, does: does?, urgent })
}

/// `30 working minutes before`, `due` or `1 hour after`.
fn stage_at(
    document: &Document,
    path: &str,
    written: &str,
    limits: &BTreeMap<String, Limit>,
    findings: &mut Vec<Finding>,
) -> Option<StageAt> {
    let length = |text: &str, findings: &mut Vec<Finding>| {
        values::length(text.trim(), limits, || document.place(path), findings)
    };
    match (written.strip_suffix(" before"), written.strip_suffix(" after")) {
        (Some(text), _) => length(text, findings).map(StageAt::Before),
        (_, Some(text)) => length(text, findings).map(StageAt::After),
        _ if written == "due" => Some(StageAt::Due),
        _ => {
            let message = format!("`{written}` is not a moment of a chain");
            let help = "write `due`, or a length and `before` or `after`, such as `30 working minutes before`";
            findings.push(Finding::error("bad-stage", document.place(path), message, help));
            None
        }
    }
}

/// An escalation leaves the house: to the desk's own address it would come back as a new request.
fn check_contact(document: &Document, path: &str, name: &str, desk: &Desk, findings: &mut Vec<Finding>) {
    let place = document.place(path);
    let known = |contact: &Contact| desk.addresses.contains(&contact.mail);
    match desk.contacts.get(name) {
        None => {
            let help = did_you_mean(name, desk.contacts.keys().map(String::as_str));
            findings.push(Finding::error("unknown-contact", place, format!("there is no contact `{name}`"), help));
        }
        Some(contact) if known(contact) => {
            let message = format!("`{name}` is the desk itself: {} is one of its addresses", contact.mail);
            findings.push(Finding::error("escalates-to-itself", place, message, "name a contact outside the desk"));
        }
        Some(_) => {}
    }
}

/// Stages come one after the other. Open time and time passed are compared only across the due time.
fn check_order(document: &Document, path: &str, stages: &[Stage], findings: &mut Vec<Finding>) {
    for (n, pair) in stages.windows(2).enumerate() {
        let [first, second] = pair else { continue };
        let late = match (first.at, second.at) {
            (StageAt::Before(a), StageAt::Before(b)) => alike(a, b) && minutes(a) <= minutes(b),
            (StageAt::After(a), StageAt::After(b)) => alike(a, b) && minutes(a) >= minutes(b),
            (StageAt::Before(_), _) | (StageAt::Due, StageAt::After(_)) => false,
            (StageAt::Due | StageAt::After(_), _) => true,
        };
        if late {
            let message = format!("`{}` does not come after `{}`", second.at, first.at);
            let place = document.place(&join(&join(path, n + 1), "at"));
            findings.push(Finding::error(
                "stage-order",
                place,
                message,
                "write the stages in the order of their times",
            ));
        }
    }
}

fn targets(
    document: &Document,
    draft: &DeskDraft,
    desk: &Desk,
    findings: &mut Vec<Finding>,
) -> BTreeMap<String, TargetSet> {
    let mut sets = BTreeMap::new();
    for (name, value) in draft.targets.iter().flatten() {
        let path = join("/targets", name);
        let mut dated = Vec::new();
        match value {
            Value::Sequence(items) => {
                for n in 0..items.len() {
                    dated.extend(one_set(document, draft, &join(&path, n), true, desk, findings));
                }
                check_dates(document, &path, &dated, findings);
            }
            _ => dated.extend(one_set(document, draft, &path, false, desk, findings)),
        }
        if !dated.is_empty() {
            sets.insert(name.clone(), TargetSet { dated });
        }
    }
    sets
}

/// One set, with the day from which it holds.
fn one_set(
    document: &Document,
    draft: &DeskDraft,
    path: &str,
    dated: bool,
    desk: &Desk,
    findings: &mut Vec<Finding>,
) -> Option<(Option<Date>, Targets)> {
    let written = TargetsDraft::read(document, path, dated, findings);
    let from = written.from.as_ref().and_then(|from| date(document, &join(path, "from"), from, findings));
    let (calendar, chain) = (written.calendar.clone()?, written.chain.clone()?);
    if !draft.calendars.contains_key(&calendar) {
        let help = did_you_mean(&calendar, draft.calendars.keys().map(String::as_str));
        let place = document.place(&join(path, "calendar"));
        let message = format!("there is no calendar `{calendar}`");
        findings.push(Finding::error("unknown-calendar", place, message, help));
    }
    if !draft.chains.contains_key(&chain) {
        let help = did_you_mean(&chain, draft.chains.keys().map(String::as_str));
        let place = document.place(&join(path, "chain"));
        findings.push(Finding::error("unknown-chain", place, format!("there is no chain `{chain}`"), help));
    }
    let mut lengths = BTreeMap::new();
    let kinds = [
        (ClockKind::FirstAnswer, &written.first_answer),
        (ClockKind::Task, &written.task),
        (ClockKind::Resolution, &written.resolution),
    ];
    for (kind, text) in kinds {
        let path = join(path, kind.name());
        let length = text.as_ref();
        let length = length.and_then(|text| values::length(text, &desk.limits, || document.place(&path), findings));
        let Some(length) = length else { continue };
        check_year(document, &path, length, desk.calendars.get(&calendar), findings);
        lengths.insert(kind, length);
    }
    Some((from, Targets { calendar, lengths, chain }))
}

fn date(document: &Document, path: &str, written: &str, findings: &mut Vec<Finding>) -> Option<Date> {
    let date = written.parse().ok();
    if date.is_none() {
        let message = format!("`{written}` is not a day of the calendar");
        findings.push(Finding::error("bad-date", document.place(path), message, "write it like `2026-12-25`"));
    }
    date
}

fn check_dates(document: &Document, path: &str, dated: &[(Option<Date>, Targets)], findings: &mut Vec<Finding>) {
    for (n, pair) in dated.windows(2).enumerate() {
        if let [(Some(first), _), (Some(second), _)] = pair
            && second <= first
        {
            let message = format!("`{second}` does not come after `{first}`");
            let place = document.place(&join(&join(path, n + 1), "from"));
            let help = "write what holds from which day in the order of the days";
            findings.push(Finding::error("date-order", place, message, help));
        }
    }
}

/// A promise that takes longer than a year of its calendar is none.
fn check_year(
    document: &Document,
    path: &str,
    length: Length,
    calendar: Option<&Calendar>,
    findings: &mut Vec<Finding>,
) {
    let Some(calendar) = calendar else { return };
    // A year without a day more than 365.
    let begin = jiff::civil::date(2026, 1, 1).to_zoned(calendar.zone().clone()).map(|begin| begin.timestamp());
    let end = jiff::civil::date(2027, 1, 1).to_zoned(calendar.zone().clone()).map(|end| end.timestamp());
    let (Ok(begin), Ok(end)) = (begin, end) else { return };
    // That a calendar is never open is told where it stands.
    let opens = calendar.next_opening(begin).is_some_and(|opening| opening < end);
    if opens && calendar.due(begin, length) > end {
        let message = format!("`{length}` is more than this calendar has in a year");
        let help = "promise less, or count by another calendar";
        findings.push(Finding::error("target-too-long", document.place(path), message, help));
    }
}

/// A promise that no clock counts would lapse unseen.
fn check_counted(document: &Document, desk: &Desk, findings: &mut Vec<Finding>) {
    for (set, kind) in lengths(desk).map(|(set, _, kind, _)| (set, kind)).collect::<BTreeSet<_>>() {
        if !desk.clocks.contains_key(&kind) && document.get(&join("/clocks", kind.name())).is_none() {
            let place = document.key_place(&join("/targets", set));
            let message = format!("`{set}` promises `{}`, but there is no such clock", kind.name());
            let help = format!("add `{}` to `clocks`, with its ten answers", kind.name());
            findings.push(Finding::warning("no-clock", place, message, help));
        }
    }
}

/// Every promise: its set, its targets, what it is, and how long it may take.
fn lengths(desk: &Desk) -> impl Iterator<Item = (&String, &Targets, ClockKind, Length)> {
    let sets = desk.targets.iter().flat_map(|(name, set)| set.dated.iter().map(move |(_, targets)| (name, targets)));
    sets.flat_map(|(name, targets)| targets.lengths.iter().map(move |(kind, length)| (name, targets, *kind, *length)))
}

/// A stage that lies before the start of its clock fires at once.
fn check_warnings(document: &Document, desk: &Desk, findings: &mut Vec<Finding>) {
    for (set, targets, kind, length) in lengths(desk) {
        let stages = desk.chains.get(&targets.chain).map_or(&[][..], |chain| &chain.stages);
        for stage in stages {
            if let StageAt::Before(before) = stage.at
                && alike(before, length)
                && minutes(before) >= minutes(length)
            {
                let place = document.key_place(&join("/targets", set));
                let message = format!("`{before} before` is not before `{}: {length}` has begun", kind.name());
                let help = format!("promise more, or warn later in the chain `{}`", targets.chain);
                findings.push(Finding::warning("stage-before-start", place, message, help));
            }
        }
    }
}

/// States in which a clock stands still though no request is ever in them.
pub(super) fn check_pauses(written: &Written<DeskDraft>, desk: &Desk, asks: bool, findings: &mut Vec<Finding>) {
    for (kind, rules) in &desk.clocks {
        if asks || !rules.pauses.contains(&Pause::WaitingRequester) {
            continue;
        }
        let place = written.document.place(&join(&join("/clocks", kind.name()), "pauses"));
        let message = "no flow ever waits for its requester";
        findings.push(Finding::warning("pause-never", place, message, "leave out `waiting_requester`"));
    }
}

fn alike(a: Length, b: Length) -> bool {
    open(a) == open(b)
}

fn open(length: Length) -> bool {
    matches!(length.unit, Unit::WorkingMinutes | Unit::WorkingHours | Unit::WorkingDays)
}

/// How long a length is, roughly: a working day of a team is shorter than any other.
fn minutes(length: Length) -> u64 {
    let minutes = match length.unit {
        Unit::Minutes | Unit::WorkingMinutes => 1,
        Unit::Hours | Unit::WorkingHours => 60,
        Unit::WorkingDays => 8 * 60,
        Unit::Days => 24 * 60,
        Unit::Weeks => 7 * 24 * 60,
    };
    u64::from(length.amount) * minutes
}
