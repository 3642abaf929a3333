//! What policy says about promises: how long each may take, what starts, stops and pauses its clock, and what happens
//! when it is not kept. Written in `desk.yaml`; only [`check`](crate::policy::check) makes these.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::policy::calendar::Length;

/// The things that a desk promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockKind {
    /// A person answers.
    FirstAnswer,
    /// An agent does a task; each task has a clock of its own.
    Task,
    /// The request is solved.
    Resolution,
}

impl ClockKind {
    /// Every kind, with the word that authors write.
    pub const ALL: [(ClockKind, &'static str); 3] =
        [(ClockKind::FirstAnswer, "first_answer"), (ClockKind::Task, "task"), (ClockKind::Resolution, "resolution")];

    /// The word that authors write, also in JSON.
    pub fn name(self) -> &'static str {
        word_of(&Self::ALL, self)
    }
}

/// What starts or stops a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// The request came in.
    Request,
    /// A person answered: words of an agent's own, or the letter that says what came of an agent's task.
    AnswerByPerson,
    /// An agent was given a task.
    TaskGiven,
    /// A task was done, or could not be done.
    TaskDone,
    /// The request was closed.
    Closed,
}

impl Occasion {
    /// What can start a clock, with the word that authors write.
    pub const STARTS: [(Occasion, &'static str); 4] = [
        (Occasion::Request, "request"),
        (Occasion::AnswerByPerson, "answer_by_person"),
        (Occasion::TaskGiven, "task_given"),
        (Occasion::TaskDone, "task_done"),
    ];
    /// What can stop a clock, with the word that authors write.
    pub const STOPS: [(Occasion, &'static str); 4] = [
        (Occasion::AnswerByPerson, "answer_by_person"),
        (Occasion::TaskGiven, "task_given"),
        (Occasion::TaskDone, "task_done"),
        (Occasion::Closed, "closed"),
    ];
}

/// What a further message of the requester does to a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnMessage {
    /// Nothing.
    Nothing,
    /// It starts anew.
    Restart,
}

impl OnMessage {
    /// Every answer, with the word that authors write.
    pub const ALL: [(OnMessage, &'static str); 2] = [(OnMessage::Nothing, "nothing"), (OnMessage::Restart, "restart")];
}

/// A state in which a clock stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pause {
    /// The requester owes an answer.
    WaitingRequester,
    /// Somebody else outside owes one.
    WaitingOther,
    /// An agent waits for something outside.
    OnHold,
}

impl Pause {
    /// Every state, with the word that authors write.
    pub const ALL: [(Pause, &'static str); 3] = [
        (Pause::WaitingRequester, "waiting_requester"),
        (Pause::WaitingOther, "waiting_other"),
        (Pause::OnHold, "on_hold"),
    ];
}

/// What a pause means for the due time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterPause {
    /// The due time moves by the pause.
    Excluded,
    /// The due time is the one that it was; the clock is only silent meanwhile.
    Restored,
}

impl AfterPause {
    /// Every answer, with the word that authors write.
    pub const ALL: [(AfterPause, &'static str); 2] =
        [(AfterPause::Excluded, "excluded"), (AfterPause::Restored, "restored")];
}

/// What happens to a clock that has stopped when its request is opened again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnReopening {
    /// It stays as it is.
    Nothing,
    /// It goes on where it stopped.
    Resume,
    /// It starts anew.
    Restart,
}

impl OnReopening {
    /// Every answer, with the word that authors write.
    pub const ALL: [(OnReopening, &'static str); 3] =
        [(OnReopening::Nothing, "nothing"), (OnReopening::Resume, "resume"), (OnReopening::Restart, "restart")];
}

/// What a change of priority does to a clock that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnPriority {
    /// Its length changes; the time that it has run stays.
    KeepElapsed,
    /// It starts anew with the new length.
    Restart,
    /// Nothing.
    Nothing,
}

impl OnPriority {
    /// Every answer, with the word that authors write.
    pub const ALL: [(OnPriority, &'static str); 3] =
        [(OnPriority::KeepElapsed, "keep_elapsed"), (OnPriority::Restart, "restart"), (OnPriority::Nothing, "nothing")];
}

/// Which requests a change of targets or calendars reaches when it is recalculated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnPolicyEdit {
    /// Only those that come in afterwards.
    NewTickets,
    /// Those under way, too.
    OpenTickets,
}

impl OnPolicyEdit {
    /// Every answer, with the word that authors write.
    pub const ALL: [(OnPolicyEdit, &'static str); 2] =
        [(OnPolicyEdit::NewTickets, "new_tickets"), (OnPolicyEdit::OpenTickets, "open_tickets")];
}

/// Whether what was once met or missed can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerdictRule {
    /// Never: a clock that goes on after its verdict is counted as another round.
    Final,
    /// What happens later may change it.
    Revised,
}

impl VerdictRule {
    /// Every answer, with the word that authors write.
    pub const ALL: [(VerdictRule, &'static str); 2] =
        [(VerdictRule::Final, "final"), (VerdictRule::Revised, "revised")];
}

/// When a stage fires whose moment lies outside opening hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutsideHours {
    /// At the next opening.
    AtOpening,
    /// At that moment.
    AtOnce,
}

impl OutsideHours {
    /// Every answer, with the word that authors write.
    pub const ALL: [(OutsideHours, &'static str); 2] =
        [(OutsideHours::AtOpening, "at_opening"), (OutsideHours::AtOnce, "at_once")];
}

/// How often a stage tells somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alerts {
    /// Once.
    OnceAStage,
    /// The latest stage again on every working day, until the clock stops.
    EveryWorkingDay,
}

impl Alerts {
    /// Every answer, with the word that authors write.
    pub const ALL: [(Alerts, &'static str); 2] =
        [(Alerts::OnceAStage, "once_a_stage"), (Alerts::EveryWorkingDay, "every_working_day")];
}

/// The ten answers about a clock, with what stops it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockRules {
    /// What starts it.
    pub starts: Occasion,
    /// What stops it.
    pub stops: Occasion,
    /// What a further message does.
    pub second_message: OnMessage,
    /// Where it stands still.
    pub pauses: BTreeSet<Pause>,
    /// What a pause means for the due time.
    pub after_pause: AfterPause,
    /// What opening the request again does.
    pub reopened: OnReopening,
    /// What a change of priority does.
    pub priority: OnPriority,
    /// Which requests a change of policy reaches.
    pub policy_edit: OnPolicyEdit,
    /// Whether what was met or missed can change.
    pub verdict: VerdictRule,
    /// When a stage fires outside opening hours.
    pub lapse_outside_hours: OutsideHours,
    /// How often a stage tells somebody.
    pub alerts: Alerts,
}

/// A named set of promises, as it changes over time. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetSet {
    /// From which day each holds, in order; the first also holds before.
    pub dated: Vec<(Option<Date>, Targets)>,
}

impl TargetSet {
    /// What is promised to a request that came in on a day.
    pub fn in_force(&self, day: Date) -> Option<&Targets> {
        let begun = self.dated.iter().rev().find(|(from, _)| from.is_none_or(|from| from <= day));
        begun.or(self.dated.first()).map(|(_, targets)| targets)
    }
}

/// How long each promise may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Targets {
    /// The opening hours by which it is counted.
    pub calendar: String,
    /// The promises; what is not in it is not promised.
    pub lengths: BTreeMap<ClockKind, Length>,
    /// What happens when one is not kept.
    pub chain: String,
}

/// What happens around a due time, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// The stages.
    pub stages: Vec<Stage>,
}

/// One stage of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// When it fires.
    pub at: StageAt,
    /// What it does.
    pub does: StageDoes,
    /// Whether those whom it tells are told at once, also outside their hours.
    pub urgent: bool,
}

/// When a stage fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageAt {
    /// So long before the due time.
    Before(Length),
    /// At the due time.
    Due,
    /// So long after it.
    After(Length),
}

/// As authors write it.
impl std::fmt::Display for StageAt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StageAt::Before(length) => write!(f, "{length} before"),
            StageAt::Due => f.write_str("due"),
            StageAt::After(length) => write!(f, "{length} after"),
        }
    }
}

/// What a stage does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StageDoes {
    /// Tells the agent who has the request; if nobody has, the people of its queue.
    TellAgent,
    /// Tells who leads the team.
    TellTeamLead,
    /// Escalates to a contact.
    Escalate(String),
}

/// How a priority changes lengths: in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Factor(pub u32);

impl Factor {
    /// Lengths stay as they are.
    pub const ONE: Factor = Factor(1000);

    /// Reads `2`, `0.5` or `1.25`: more than nought, at most 100, not finer than thousandths.
    pub fn parse(written: &str) -> Option<Factor> {
        let (whole, part) = written.trim().split_once('.').unwrap_or((written.trim(), "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 3 {
            return None;
        }
        let part: u32 = format!("{part:0<3}").parse().ok()?;
        let factor = whole.parse::<u32>().ok()?.checked_mul(1000)?.checked_add(part)?;
        (1..=100_000).contains(&factor).then_some(Factor(factor))
    }
}

/// The word for a value of a closed list.
pub(crate) fn word_of<T: PartialEq>(list: &[(T, &'static str)], value: T) -> &'static str {
    list.iter().find(|(known, _)| *known == value).map_or("", |(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_read_to_the_thousandth() {
        let factor = |written| Factor::parse(written).map(|factor| factor.0);
        assert_eq!(factor("2"), Some(2000));
        assert_eq!(factor("0.5"), Some(500));
        assert_eq!(factor("1.125"), Some(1125));
        for bad in ["0", "0.0", "-1", "", ".5", "1.", "0.0005", "1e3", "101", "high", "99999999999"] {
            assert_eq!(factor(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_set_holds_from_its_day_and_the_first_before() {
        let targets = |chain: &str| Targets { calendar: "team".into(), lengths: BTreeMap::new(), chain: chain.into() };
        let day = |written: &str| written.parse::<Date>().unwrap();
        let set = TargetSet {
            dated: vec![(Some(day("2026-03-01")), targets("old")), (Some(day("2026-06-01")), targets("new"))],
        };
        let chain = |written| set.in_force(day(written)).map(|targets| targets.chain.as_str());
        assert_eq!(chain("2026-01-01"), Some("old"));
        assert_eq!(chain("2026-05-31"), Some("old"));
        assert_eq!(chain("2026-06-01"), Some("new"));
    }
}
