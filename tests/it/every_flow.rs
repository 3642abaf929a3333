//! In every shipped flow that asks somebody something, everything that people may say at any time comes out well: by mail
//! and by chat, with nothing asked twice that was answered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use caredesk::policy::facts::FactType;
use caredesk::policy::flow::{Ending, FactDecl, Flow, Pack};
use caredesk::policy::intent::{Candidate, Decision, Routed};
use caredesk::policy::outcome::{Block, Letter};
use caredesk::policy::reference;
use caredesk::policy::scenario::{BEGINS, News, Rehearsal};
use caredesk::policy::ticket::{State, TaskStatus, Ticket, TimerKind, Waiting};

use super::stories::{shipped, shipped_files};

/// A first message that starts the flow under test.
const STARTS: &str = "Please begin what we test";
/// A message that surely asks for another flow.
const OTHER: &str = "By the way my old phone is broken";

struct Desk {
    pack: Pack,
    files: BTreeMap<String, String>,
}

fn desk() -> &'static Desk {
    static DESK: OnceLock<Desk> = OnceLock::new();
    DESK.get_or_init(|| Desk { pack: shipped(), files: shipped_files() })
}

/// A story of one flow by one channel.
struct Story<'a> {
    flow: &'a Flow,
    channel: &'static str,
    told: Rehearsal<'a>,
    /// What was answered, and not changed since.
    answered: BTreeSet<String>,
}

impl Story<'_> {
    /// Says something. What comes back has words, and asks for nothing that was answered.
    fn say(&mut self, text: &str) -> News {
        let lines: String = text.lines().map(|line| format!("\n  {line}")).collect();
        let news = self.play(&format!("{}: |{lines}\nfrom: Amy Field <amy@home.example>", self.channel));
        for letter in &news.letters {
            assert!(!words(letter).trim().is_empty(), "{}: an empty letter", self.name(text));
        }
        self.told.replays().unwrap_or_else(|why| panic!("{}: {why}", self.name(text)));
        // What a look-up did not find is asked for again.
        if self.ticket().frames.iter().any(|frame| !frame.misses.is_empty()) {
            self.answered.clear();
        }
        let asked = self.ticket().letters.last().map(|letter| letter.asked.clone()).unwrap_or_default();
        let twice: Vec<&String> =
            asked.iter().filter(|fact| self.answered.contains(*fact) || self.knows(fact)).collect();
        assert!(twice.is_empty(), "{}: asked twice: {twice:?}", self.name(text));
        for ticket in self.told.requests() {
            sound(ticket, &self.name(text));
        }
        news
    }

    fn play(&mut self, item: &str) -> News {
        let name = self.name(item);
        self.told.play(item).unwrap_or_else(|why| panic!("{name}: {why}"))
    }

    fn name(&self, text: &str) -> String {
        format!("{} by {}: “{}”", self.flow.name, self.channel, text.trim())
    }

    /// What is asked, as the flow that asks declares it.
    fn decl(&self, fact: &str) -> &'static FactDecl {
        let pack = &desk().pack;
        let flow = self.ticket().frames.last().map_or("", |frame| &frame.flow);
        pack.fact(flow, fact).or_else(|| pack.any_fact(fact)).expect("what is asked is declared")
    }

    fn takes_any_words(&self, fact: &str) -> bool {
        let kind = self.decl(fact).kind;
        matches!(kind, FactType::ShortText | FactType::LongText | FactType::Name | FactType::Choice)
    }

    fn ticket(&self) -> &Ticket {
        self.told.ticket().expect("a story speaks of a request")
    }

    fn asked(&self) -> Vec<String> {
        match &self.ticket().waiting {
            Waiting::Answers { facts, .. } => facts.clone(),
            _ => Vec::new(),
        }
    }

    /// Answers the first question. Gives its fact.
    fn answer(&mut self) -> String {
        let fact = self.asked().first().expect("something is asked").clone();
        let text = sample(self.decl(&fact));
        self.say(&if self.channel == "mail" { format!("1. {text}") } else { text });
        if self.knows(&fact) {
            self.answered.insert(fact.clone());
        }
        fact
    }

    fn knows(&self, fact: &str) -> bool {
        self.ticket().facts.contains_key(fact) || self.ticket().tray.contains_key(fact)
    }

    /// Goes on until the first answer is kept and something else is asked. Whether it came so far.
    fn answered_one(&mut self) -> Option<String> {
        if self.asked().is_empty() {
            return None;
        }
        let fact = self.answer();
        let kept = self.knows(&fact);
        let goes_on = self.ticket().state == State::WaitingRequester && !self.asked().is_empty();
        (kept && goes_on && self.ticket().tasks.is_empty()).then_some(fact)
    }
}

/// Tells a flow up to where its requester is asked something; nothing, if they are not at its beginning.
fn with_story(flow: &str, channel: &'static str, test: impl FnOnce(&mut Story<'_>)) -> bool {
    let desk = desk();
    let flow = &desk.pack.flows[flow];
    let route = |_: &str, text: &str| {
        let started = if flow.starts.is_some() { flow.name.as_str() } else { "triage" };
        let other = if flow.name == "other_mobile" { "password_help" } else { "other_mobile" };
        let (decision, flow) = match text.trim() {
            STARTS if started != "triage" => (Decision::Flow, started),
            OTHER => (Decision::Flow, other),
            _ => (Decision::Triage, "triage"),
        };
        let candidates = vec![Candidate { flow: flow.into(), score: 1000 }];
        Routed { decision, flow: flow.into(), because: "so it is".into(), candidates, also: Vec::new() }
    };
    let told = Rehearsal::new(&desk.pack, &route, &desk.files, BEGINS).expect("the world is sound");
    let mut story = Story { flow, channel, told, answered: BTreeSet::new() };
    story.say(STARTS);
    if flow.starts.is_none() {
        story.play(&format!("agent: start {}", flow.name));
    }
    let asks = story.ticket().state == State::WaitingRequester && !story.asked().is_empty();
    if asks {
        test(&mut story);
    }
    asks
}

/// Tells it in every flow by both channels. How many flows ask at their beginning.
fn everywhere(test: impl Fn(&mut Story<'_>)) {
    let mut asking = BTreeSet::new();
    for flow in desk().pack.flows.values().filter(|flow| !flow.is_answer) {
        for channel in ["mail", "chat"] {
            if with_story(&flow.name, channel, &test) {
                asking.insert(&flow.name);
            }
        }
    }
    assert!(asking.len() > 15, "only {} flows ask: {asking:?}", asking.len());
}

/// What holds of a request between messages.
fn sound(ticket: &Ticket, name: &str) {
    let waits = ticket.timers.iter().any(|timer| timer.what == TimerKind::Within);
    match ticket.state {
        State::WaitingRequester | State::Parked => {
            assert!(waits && !matches!(ticket.waiting, Waiting::Nothing | Waiting::Task { .. }), "{name}: {ticket:#?}");
        }
        State::WaitingOther => assert!(waits, "{name}: nobody is waited for"),
        State::WithTask => assert!(ticket.tasks.iter().any(|task| task.status == TaskStatus::Open), "{name}: no task"),
        State::WithAgent | State::OnHold => assert!(!ticket.queue.is_empty(), "{name}: nobody has it"),
        State::Closed(_) => assert!(ticket.timers.is_empty() && ticket.waiting == Waiting::Nothing, "{name}: it waits"),
    }
}

fn words(letter: &Letter) -> String {
    let told = |block: &Block| match block {
        Block::Text(text) => text.clone(),
        Block::Questions(questions) => questions.iter().map(|question| question.ask.clone()).collect(),
        Block::Understood(_) | Block::Signature(_) | Block::Code { .. } | Block::Conversation => String::new(),
    };
    letter.blocks.iter().map(told).collect::<Vec<_>>().join("\n")
}

fn said(news: &News) -> String {
    news.letters.iter().map(words).collect::<Vec<_>>().join("\n")
}

fn sample(decl: &FactDecl) -> String {
    match decl.kind {
        FactType::YesNo => "yes",
        FactType::Choice => return decl.choices.first().cloned().unwrap_or_default(),
        FactType::Number => return decl.at_least.unwrap_or(2).max(2).to_string(),
        FactType::Date => "12 March 2026",
        FactType::DateTime => "12 March 2026 at 14:00",
        FactType::Name => "Amy Field",
        FactType::Mail | FactType::NhsMail => "amy.field@nhs.net",
        FactType::Mobile => "07700 900111",
        FactType::Phone => "01632 960123",
        FactType::Postcode => "LS1 4AP",
        FactType::OdsCode => "V12345",
        FactType::Reference => return reference::from_random(7).to_string(),
        FactType::CqcLocation => "1-1234567890",
        FactType::CqcContact => "CON1-1234567890",
        FactType::Code => "ABCD2345",
        _ => "A few words about it",
    }
    .to_owned()
}

#[test]
fn cancelled_and_sorted_requests_close_with_a_word() {
    everywhere(|story| {
        let news = story.say("Please cancel my request, thank you.");
        assert_eq!(story.ticket().state, State::Closed(Ending::Unanswered), "{}", story.name("cancel"));
        assert!(said(&news).contains("Nothing has been changed"), "{}", story.name("cancel"));
    });
    everywhere(|story| {
        let news = story.say("It's sorted now, thanks");
        assert_eq!(story.ticket().state, State::Closed(Ending::Resolved), "{}", story.name("sorted"));
        assert!(said(&news).contains("closed your request"), "{}", story.name("sorted"));
    });
}

#[test]
fn back_asks_the_question_before_and_keeps_the_rest() {
    everywhere(|story| {
        let before = story.asked();
        let news = story.say("back");
        assert_eq!(story.asked(), before, "{}", story.name("back"));
        assert!(said(&news).contains("no answer yet"), "{}", story.name("back"));
        let Some(fact) = story.answered_one() else { return };
        story.answered.clear();
        story.say("go back please");
        assert!(story.asked().contains(&fact), "{}: it waits for {:?}", story.name("back"), story.asked());
        assert!(!story.knows(&fact), "{}", story.name("back"));
        story.answer();
    });
}

#[test]
fn an_answer_is_changed_with_and_without_saying_to_what() {
    everywhere(|story| {
        let Some(fact) = story.answered_one() else { return };
        let called = fact.replace('_', " ");
        story.answered.clear();
        story.say(&format!("I want to change the {called}"));
        assert!(story.asked().contains(&fact), "{}: it waits for {:?}", story.name(&called), story.asked());
        story.answer();
        let held =
            |ticket: &Ticket| ticket.facts.get(&fact).or(ticket.tray.get(&fact)).map(|known| known.value.clone());
        if held(story.ticket()).is_none() || !story.ticket().tasks.is_empty() {
            return;
        }
        if story.ticket().state == State::WaitingRequester && !story.asked().is_empty() {
            let other = if story.decl(&fact).kind == FactType::NhsMail { "tom.birch@nhs.net" } else { return };
            story.say(&format!("change {called} to {other}"));
            assert_eq!(
                held(story.ticket()).map(|value| value.to_string()).as_deref(),
                Some(other),
                "{}",
                story.name(other)
            );
        }
    });
}

#[test]
fn a_person_the_state_help_and_the_question_again_can_be_had_at_any_time() {
    everywhere(|story| {
        let asked = story.asked();
        let news = story.say("where is my request?");
        assert!(said(&news).contains("waiting for your answer"), "{}", story.name("status"));
        let news = story.say("help");
        assert!(said(&news).contains("CANCEL"), "{}", story.name("help"));
        let news = story.say("say that again");
        let question = &story.decl(&asked[0]).ask;
        assert!(said(&news).contains(question), "{}: {} without {question}", story.name("again"), said(&news));
        assert_eq!(story.asked(), asked, "{}", story.name("again"));
        story.say("agent");
        assert_eq!(story.ticket().state, State::WithAgent, "{}", story.name("agent"));
    });
}

#[test]
fn starting_again_asks_the_first_question_again() {
    everywhere(|story| {
        let first = story.asked();
        if story.answered_one().is_none() {
            return;
        }
        story.answered.clear();
        let news = story.say("Can I start again please");
        assert_eq!(story.asked(), first, "{}", story.name("start again"));
        assert!(said(&news).contains("start again"), "{}", story.name("start again"));
    });
}

#[test]
fn another_request_in_the_middle_is_offered_and_kept_apart() {
    everywhere(|story| {
        let asked = story.asked();
        let news = story.say(OTHER);
        if asked.len() == 1 && story.takes_any_words(&asked[0]) {
            return;
        }
        if !said(&news).contains("something else") {
            // Whoever is asked for a text alone has given one.
            assert!(
                asked.first().is_some_and(|fact| story.takes_any_words(fact)),
                "{}: {}",
                story.name(OTHER),
                said(&news)
            );
            return;
        }
        assert_eq!(story.asked(), asked, "{}", story.name(OTHER));
        story.say("no");
        assert_eq!((story.asked(), story.told.tickets()), (asked.clone(), 1), "{}", story.name("no"));
        story.say(OTHER);
        story.say("yes please");
        assert_eq!(story.told.tickets(), 2, "{}", story.name("yes"));
        let tickets = story.told.requests();
        assert!(tickets[1].links.contains(&tickets[0].reference), "{}", story.name("yes"));
        let first = tickets[0].state;
        if story.channel == "mail" {
            assert_eq!(first, State::WaitingRequester, "{}", story.name("yes"));
            return;
        }
        let over = tickets[1].state.is_closed();
        assert_eq!(first, if over { State::WaitingRequester } else { State::Parked }, "{}", story.name("yes"));
        if tickets[1].state == State::WaitingRequester {
            let news = story.say("cancel");
            assert_eq!((story.told.requests()[0].state, story.asked()), (State::WaitingRequester, asked.clone()));
            assert!(said(&news).contains("back to your other request"), "{}", story.name("cancel"));
        }
    });
}

#[test]
fn long_silence_is_picked_up_where_it_was() {
    everywhere(|story| {
        let asked = story.asked();
        let due = story.ticket().wait_due().expect("a wait has an end");
        let hours = due.duration_since(story.told.now()).as_hours() - 1;
        story.play(&format!("after: {hours} hours"));
        assert_eq!(
            (story.ticket().state, story.asked()),
            (State::WaitingRequester, asked),
            "{}",
            story.name("silence")
        );
        story.answer();
    });
}
