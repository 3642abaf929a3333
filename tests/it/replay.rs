//! A journal gives the same ticket again, whatever happened: random storms of events over every shipped flow.

use std::sync::OnceLock;

use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use caredesk::policy::advance::advance;
use caredesk::policy::explain::{self, Happened};
use caredesk::policy::facts::RecordKind;
use caredesk::policy::flow::{Ending, Pack};
use caredesk::policy::message::{Channel, Class, LettersSoFar, Message, Party};
use caredesk::policy::outcome::{Act, Dossier, Effect, Elsewhere, Event, Found, Need, Opening, Outcome, Wanted};
use caredesk::policy::proof::Standing;
use caredesk::policy::replay::{Recorded, ReplayFault, replay, state_digest};
use caredesk::policy::ticket::{Reference, State, TaskStatus, Ticket, TimerKind, Waiting};
use caredesk::policy::world::World;

use super::stories::{shipped, shipped_files};

const REQUESTER: &str = "amy@home.example";

/// What people, robots and mischief write.
const SNIPPETS: [&str; 41] = [
    "amy.field@nhs.net",
    "My account is grace.mills@nhs.net.",
    "tom.birch@nhs.net",
    "nobody.here@nhs.net",
    "amy.field@nhs.net and omar.reed@nhs.net",
    "07700 900111",
    "07700 900999",
    "01632 960111",
    "yes",
    "no",
    "agent",
    "where is my request",
    "thank you so much",
    "cancel",
    "back",
    "go back please",
    "change",
    "change the e-mail address",
    "change my mobile to 07700 900222",
    "start again",
    "it's sorted now",
    "help",
    "say that again",
    "2",
    "1. amy.field@nhs.net\n2. 07700 900111",
    "1) no\n2) yes",
    "99999999999999999999. amy.field@nhs.net",
    "1.",
    "E-mail address: amy.field@nhs.net",
    "CD-7K3M-9QX4",
    "cd 7k3m 9qx4",
    "tomorrow after 2 please",
    "Please reset my password",
    "I wish to complain",
    "{{ desk.name }} {% if %} ${7*7}",
    "'; DROP TABLE tickets; --",
    "\u{202e}txet desrever\u{0}\u{feff}",
    "🐟🐟🐟",
    "é́́́́́ﷺ",
    "\r\n\t \n",
    "",
];

/// One thing that may happen. Indexes are taken modulo what there is to choose from.
#[derive(Debug, Clone)]
enum Blow {
    Wrote {
        text: String,
        stranger: bool,
        class: Class,
        answers: Option<u32>,
        secret: bool,
        so_far: u32,
        elsewhere: Option<Elsewhere>,
    },
    TimePasses {
        hours: i64,
    },
    TimerFires {
        which: Index,
        early: bool,
    },
    StaleTimer {
        number: u32,
    },
    StaleFind {
        query: u32,
        answer: Answer,
    },
    AgentActs {
        act: Deed,
        which: Index,
        right: bool,
    },
}

/// How a need is answered.
#[derive(Debug, Clone, Copy)]
enum Answer {
    Truly,
    Nothing,
    Several,
    WrongKind,
}

/// What an agent does, without its arguments.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Done,
    Cannot,
    GoOn,
    Answer,
    Reply,
    Note,
    Assign,
    Take,
    GiveBack,
    Hold,
    Escalate,
    Close,
    Reopen,
    Start,
    Resume,
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::collection::vec(select(&SNIPPETS[..]), 1..4).prop_map(|parts| parts.join("\n")),
        1 => "\\PC{0,60}",
        1 => Just("a word ".repeat(900)),
    ]
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![6 => Just(Answer::Truly), 2 => Just(Answer::Nothing), 1 => Just(Answer::Several), 1 => Just(Answer::WrongKind)]
}

/// What a message would start besides: any flow of the pack, or one that is not there.
fn elsewhere() -> impl Strategy<Value = Elsewhere> {
    let flows: Vec<String> = desk().0.flows.keys().cloned().chain(["no_such_flow".to_owned()]).collect();
    (select(flows), prop::bool::weighted(0.2)).prop_map(|(flow, full)| Elsewhere {
        flow,
        because: "the storm blew it there".into(),
        full,
    })
}

fn blow() -> impl Strategy<Value = Blow> {
    use Deed::{Assign, Cannot, Close, Done, Escalate, GiveBack, GoOn, Hold, Note, Reopen, Reply, Resume, Start, Take};
    let deeds = [
        Done,
        Done,
        Done,
        Cannot,
        GoOn,
        Deed::Answer,
        Reply,
        Note,
        Assign,
        Take,
        GiveBack,
        Hold,
        Escalate,
        Close,
        Reopen,
        Start,
        Resume,
    ];
    let class = prop_oneof![8 => Just(Class::Reply), 1 => Just(Class::AutoReply), 1 => Just(Class::Empty)];
    let wrote = (
        words(),
        prop::bool::weighted(0.1),
        class,
        prop::option::of(0_u32..6),
        any::<bool>(),
        select(vec![0, 0, 0, 6, 40]),
        prop::option::weighted(0.3, elsewhere()),
    );
    prop_oneof![
        5 => wrote.prop_map(|(text, stranger, class, answers, secret, so_far, elsewhere)| {
            Blow::Wrote { text, stranger, class, answers, secret, so_far, elsewhere }
        }),
        1 => (0_i64..400).prop_map(|hours| Blow::TimePasses { hours }),
        2 => (any::<Index>(), any::<bool>()).prop_map(|(which, early)| Blow::TimerFires { which, early }),
        1 => (0_u32..40).prop_map(|number| Blow::StaleTimer { number }),
        1 => (0_u32..40, answer()).prop_map(|(query, answer)| Blow::StaleFind { query, answer }),
        5 => (select(deeds.to_vec()), any::<Index>(), prop::bool::weighted(0.8))
            .prop_map(|(act, which, right)| Blow::AgentActs { act, which, right }),
    ]
}

/// The shipped pack with its made-up directory.
fn desk() -> &'static (Pack, World) {
    static DESK: OnceLock<(Pack, World)> = OnceLock::new();
    DESK.get_or_init(|| {
        let world = shipped_files().get("flows/world.yaml").cloned().unwrap_or_default();
        (shipped(), World::from_yaml(&world).expect("the shipped world is sound"))
    })
}

/// A ticket in the storm, with its journal.
struct Storm {
    now: Timestamp,
    ticket: Option<Ticket>,
    recorded: Vec<Recorded>,
    happened: Vec<Happened>,
}

impl Storm {
    /// An event with all that is found for it. A refused act is no event.
    fn event(&mut self, event: Event, answers: &[Answer]) -> Result<(), TestCaseError> {
        let Some(mut need) = self.step(event)? else { return self.check_rest() };
        for n in 0.. {
            prop_assert!(n < 16, "one event needs too much");
            let answer = answers.get(n % answers.len().max(1)).copied().unwrap_or(Answer::Truly);
            let found = Event::Found { query: need.query, found: self.find(&need, answer) };
            match self.step(found)? {
                Some(next) => need = next,
                None => break,
            }
        }
        self.check_rest()
    }

    /// One `advance`, and all that must hold after each.
    fn step(&mut self, event: Event) -> Result<Option<Need>, TestCaseError> {
        let (pack, _) = desk();
        let outcome = advance(pack, self.ticket.as_ref(), &event, self.now);
        prop_assert_eq!(&outcome, &advance(pack, self.ticket.as_ref(), &event, self.now), "it is not the same twice");
        if outcome.refused.is_some() {
            prop_assert!(matches!(event, Event::Acted { .. }), "only an act is refused: {event:?}");
            prop_assert!(outcome.effects.is_empty() && outcome.need.is_none(), "a refused act does something");
            return Ok(None);
        }
        let version = self.ticket.as_ref().map_or(0, |ticket| ticket.version);
        prop_assert_eq!(outcome.ticket.version, version + 1);
        check_letters(pack, self.ticket.as_ref(), &outcome)?;
        self.recorded.push(Recorded { event: event.clone(), at: self.now, state: state_digest(&outcome.ticket) });
        self.happened.push((event, self.now, outcome.trace));
        self.ticket = Some(outcome.ticket);
        Ok(outcome.need)
    }

    /// What holds between messages.
    fn check_rest(&self) -> Result<(), TestCaseError> {
        let (pack, _) = desk();
        let Some(ticket) = &self.ticket else { return Ok(()) };
        let open = ticket.tasks.iter().any(|task| task.status == TaskStatus::Open);
        prop_assert!(ticket.in_hand.is_none(), "something is still being looked for");
        match ticket.state {
            State::Closed(_) => {
                prop_assert!(
                    ticket.timers.is_empty() && !open && ticket.waiting == Waiting::Nothing,
                    "a closed ticket waits"
                );
                prop_assert!(ticket.closed.is_some());
            }
            State::WaitingRequester | State::WaitingOther | State::Parked => {
                let asks = match &ticket.waiting {
                    Waiting::Answers { facts, .. } => !facts.is_empty(),
                    Waiting::Confirm { names, .. } => !names.is_empty(),
                    Waiting::Others { asked, .. } => !asked.is_empty(),
                    Waiting::Proof { asked, task, .. } => !asked.is_empty() || task.is_some(),
                    Waiting::Pick { rows, .. } => !rows.is_empty(),
                    Waiting::Time => true,
                    Waiting::Which { .. } | Waiting::Task { .. } | Waiting::Tasks { .. } | Waiting::Nothing => false,
                };
                prop_assert!(asks, "{ticket:#?}");
                prop_assert!(
                    ticket.timers.iter().any(|timer| timer.what == TimerKind::Within),
                    "a wait without an end"
                );
            }
            State::WithTask => prop_assert!(open, "an agent owes a task that is not there"),
            State::WithAgent | State::OnHold => {
                prop_assert!(pack.desk.queues.contains_key(&ticket.queue), "nobody has it: {:?}", ticket.queue);
            }
        }
        Ok(())
    }

    fn find(&self, need: &Need, answer: Answer) -> Found {
        let (pack, world) = desk();
        let rows = |kind: RecordKind| match kind {
            RecordKind::Ticket => self.ticket.iter().map(|ticket| explain::ticket_record(pack, ticket)).collect(),
            RecordKind::Account | RecordKind::Organisation => {
                let Wanted::Rows { by, .. } = &need.what else { return Vec::new() };
                world.look_up(kind, by, pack.desk.mailbox_forms())
            }
        };
        match (&need.what, answer) {
            (Wanted::Rows { kind, .. }, Answer::Truly) => Found::Rows(rows(*kind)),
            (Wanted::Rows { .. }, Answer::Nothing) => Found::Rows(Vec::new()),
            (Wanted::Rows { kind, .. }, Answer::Several) => {
                Found::Rows(rows(*kind).into_iter().cycle().take(2).collect())
            }
            (Wanted::Rows { .. }, Answer::WrongKind) => Found::Dossier(self.dossier(false)),
            (Wanted::Refresh { .. }, Answer::WrongKind) => Found::Rows(Vec::new()),
            (Wanted::Refresh { records }, answer) => {
                let again = records.iter().map(|read| {
                    let rows = world.look_up(read.kind, &read.by, pack.desk.mailbox_forms());
                    (read.name.clone(), if matches!(answer, Answer::Nothing) { Vec::new() } else { rows })
                });
                Found::Refreshed(again.collect())
            }
            (Wanted::People { .. }, Answer::WrongKind) => Found::Rows(Vec::new()),
            (Wanted::People { .. }, Answer::Nothing) => Found::People(Vec::new()),
            (Wanted::People { people }, _) => Found::People(world.newcomers(people)),
            (Wanted::Identity { .. }, Answer::Truly) => Found::Matched(true),
            (Wanted::Identity { .. }, Answer::WrongKind) => Found::Rows(Vec::new()),
            (Wanted::Identity { .. }, _) => Found::Matched(false),
            (Wanted::Dossier { .. }, Answer::WrongKind) => Found::Rows(Vec::new()),
            (Wanted::Dossier { .. }, answer) => Found::Dossier(self.dossier(matches!(answer, Answer::Several))),
        }
    }

    fn dossier(&self, before: bool) -> Dossier {
        let ticket = self.ticket.as_ref().expect("a need belongs to a ticket");
        explain::dossier(&desk().0, explain::Case { ticket, journal: &self.happened }, None, before)
    }

    fn blow(&mut self, blow: &Blow, answers: &[Answer]) -> Result<(), TestCaseError> {
        let ticket = self.ticket.clone().expect("the storm began with a message");
        let event = match blow {
            Blow::Wrote { text, stranger, class, answers, secret, so_far, elsewhere } => {
                let from = if *stranger { "mallory@home.example" } else { REQUESTER };
                let mut message = message(ticket.channel, from, text);
                message.class = *class;
                message.answers_letter = *answers;
                message.secret_removed = *secret;
                message.letters_so_far = LettersSoFar { hour: *so_far, day: *so_far };
                Event::Received { message: Box::new(message), opening: None, elsewhere: elsewhere.clone() }
            }
            Blow::TimePasses { hours } => {
                self.now = self.now.checked_add(hours.hours()).expect("a storm is short");
                return Ok(());
            }
            Blow::TimerFires { which, early } => {
                let Some(timer) = (!ticket.timers.is_empty()).then(|| which.get(&ticket.timers)) else { return Ok(()) };
                self.now = if *early { self.now } else { self.now.max(timer.due) };
                Event::Fired { timer: timer.number }
            }
            Blow::StaleTimer { number } => Event::Fired { timer: *number },
            Blow::StaleFind { query, answer } => {
                let found = match answer {
                    Answer::WrongKind => Found::Dossier(self.dossier(true)),
                    Answer::Truly | Answer::Nothing | Answer::Several => Found::Rows(Vec::new()),
                };
                Event::Found { query: *query, found }
            }
            Blow::AgentActs { act, which, right } => {
                Event::Acted { agent: "sam".into(), act: deed(&ticket, *act, which, *right) }
            }
        };
        self.event(event, answers)
    }
}

/// Letters go to the requester, to a contact, or to whom the ticket notes that it wrote; and their numbers go up.
fn check_letters(pack: &Pack, before: Option<&Ticket>, outcome: &Outcome) -> Result<(), TestCaseError> {
    let mut last = before.and_then(|ticket| ticket.letters.last()).map_or(0, |letter| letter.number);
    for effect in &outcome.effects {
        let Effect::Letter(letter) = effect else { continue };
        let known = letter.to.address == outcome.ticket.requester.address
            || pack.desk.contacts.values().any(|contact| contact.mail == letter.to.address)
            || outcome.ticket.letters.iter().any(|memo| memo.to.as_ref() == Some(&letter.to.address));
        prop_assert!(known, "a letter to {}", letter.to.address);
        prop_assert_eq!(letter.number, last + 1);
        prop_assert!(!letter.subject.contains('\n'));
        last = letter.number;
    }
    Ok(())
}

fn message(channel: Channel, from: &str, text: &str) -> Message {
    Message {
        channel,
        from: Party { address: from.into(), name: Some("Amy Field".into()) },
        standing: Standing::default(),
        subject: if channel == Channel::Mail { "Help".into() } else { String::new() },
        text: text.into(),
        class: Class::Request,
        message_id: (channel == Channel::Mail).then(|| "storm@home.example".into()),
        references: Vec::new(),
        answers_letter: None,
        secret_removed: false,
        whole: None,
        attachments: Vec::new(),
        tables: Vec::new(),
        letters_so_far: LettersSoFar::default(),
    }
}

/// An act with arguments that fit the ticket, or do not.
fn deed(ticket: &Ticket, deed: Deed, which: &Index, right: bool) -> Act {
    let open = ticket.tasks.iter().find(|task| task.status == TaskStatus::Open);
    let (pack, _) = desk();
    let fitting =
        |fact: &String| (fact.clone(), (*which.get(&["yes", "no", "amy.field@nhs.net", "07700 900111"])).to_owned());
    let asked = match &ticket.waiting {
        Waiting::Answers { facts, .. } => facts.iter().map(fitting).collect(),
        _ => Vec::new(),
    };
    let wrong = vec![("no_such_fact".to_owned(), "\u{0}".to_owned())];
    match deed {
        Deed::Done if right => Act::Done {
            task: which.get(&[None, open.map(|task| task.number)]).to_owned(),
            gives: open.map_or_else(Vec::new, |task| task.gives.iter().map(fitting).collect()),
        },
        Deed::Done => Act::Done { task: Some(77), gives: wrong },
        Deed::Cannot => {
            let reasons = open.map(|task| task.cannot.clone()).filter(|reasons| right && !reasons.is_empty());
            Act::Cannot {
                task: None,
                reason: reasons.map(|reasons| which.get(&reasons).clone()),
                text: Some("why".into()),
            }
        }
        Deed::GoOn => Act::GoOn { gives: if right { asked } else { wrong } },
        Deed::Answer => Act::Answer { gives: if right { asked } else { wrong } },
        Deed::Reply => Act::Reply { text: if right { "We are looking into it.".into() } else { "  ".into() } },
        Deed::Note => Act::Note { text: "{{ desk.name }}".into() },
        Deed::Assign => Act::Assign { to: right.then(|| "sam".into()) },
        Deed::Take => Act::Take,
        Deed::GiveBack => Act::GiveBack,
        Deed::Hold => Act::Hold,
        Deed::Escalate => Act::Escalate { contact: if right { None } else { Some("nobody".into()) } },
        Deed::Close => {
            let ending = *which.get(&[Ending::Resolved, Ending::Refused, Ending::Unanswered, Ending::Agent]);
            Act::Close { ending, text: right.then(|| "Good bye.".into()) }
        }
        Deed::Reopen => Act::Reopen,
        Deed::Resume => Act::Resume { after: Reference("CD-9QX4-7K3M".into()) },
        Deed::Start => {
            let flows: Vec<&String> = pack.flows.keys().collect();
            let flow = if right { (*which.get(&flows)).clone() } else { "no_such_flow".into() };
            Act::Start { flow, words: right.then(|| "amy.field@nhs.net".into()) }
        }
    }
}

fn storm(flow: &str, channel: Channel, first: &str, blows: &[Blow], answers: &[Answer]) -> Result<(), TestCaseError> {
    let (pack, _) = desk();
    let begins = "2026-03-02T09:00:00Z".parse().expect("this is a time");
    let mut storm = Storm { now: begins, ticket: None, recorded: Vec::new(), happened: Vec::new() };
    let opening = Opening {
        reference: Reference("CD-7K3M-9QX4".into()),
        flow: flow.into(),
        because: "the storm blew it there".into(),
        linked: None,
        choices: Vec::new(),
        received: None,
        phone: None,
    };
    let message = Box::new(message(channel, REQUESTER, first));
    storm.event(Event::Received { message, opening: Some(opening), elsewhere: None }, answers)?;
    for blow in blows {
        storm.blow(blow, answers)?;
    }
    let ticket = storm.ticket.expect("the storm began with a message");
    let again = replay(pack, &storm.recorded).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
    prop_assert_eq!(&again, &ticket);
    let json = serde_json::to_string(&ticket).expect("a ticket is JSON");
    let read: Ticket = serde_json::from_str(&json).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(&read, &ticket, "a ticket changes when it is kept and read");
    let story = explain::story(pack, &ticket, &storm.happened);
    let told = storm.happened.iter().filter(|(event, _, _)| !matches!(event, Event::Found { .. })).count();
    prop_assert!(story.len() > told, "the story leaves something out");
    Ok(())
}

#[test]
fn a_journal_replays_to_the_same_ticket_whatever_happened_in_any_shipped_flow() {
    for flow in desk().0.flows.keys() {
        let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
        let storms = (
            select(vec![Channel::Mail, Channel::Chat]),
            words(),
            prop::collection::vec(blow(), 0..25),
            prop::collection::vec(answer(), 1..6),
        );
        let outcome =
            runner.run(&storms, |(channel, first, blows, answers)| storm(flow, channel, &first, &blows, &answers));
        if let Err(fault) = outcome {
            panic!("flow {flow}: {fault}");
        }
    }
}

#[test]
fn a_journal_that_was_changed_is_found_out() {
    let (pack, _) = desk();
    let at = "2026-03-02T09:00:00Z".parse().expect("this is a time");
    let opening = Opening {
        reference: Reference("CD-7K3M-9QX4".into()),
        flow: "triage".into(),
        because: "nothing else fits".into(),
        linked: None,
        choices: Vec::new(),
        received: None,
        phone: None,
    };
    let message = Box::new(message(Channel::Mail, REQUESTER, "our fish tank leaks"));
    let event = Event::Received { message, opening: Some(opening), elsewhere: None };
    let state = state_digest(&advance(pack, None, &event, at).ticket);
    let journal = vec![Recorded { event, at, state }];
    assert!(replay(pack, &journal).is_ok());
    let later = vec![Recorded { at: "2026-03-02T09:01:00Z".parse().expect("this is a time"), ..journal[0].clone() }];
    assert_eq!(replay(pack, &later), Err(ReplayFault::Differs { line: 1, event: "received" }));
    assert_eq!(replay(pack, &[]), Err(ReplayFault::Empty));
}
