//! Asking the requester: which questions a letter holds, and what their answer gives.
//!
//! Early answers lie in the ticket's tray until an `ask` takes them. So an answer that comes out of order can never set
//! a fact on a path that did not ask for it.

use crate::policy::calendar::Length;
use crate::policy::facts::FactType;
use crate::policy::flow::{DeskText, FactDecl, Flow, Goto, Step, Verb};
use crate::policy::graph::asked_along;
use crate::policy::message::{Channel, Message};
use crate::policy::outcome::Trace;
use crate::policy::recognise::{self, How, Reading};
use crate::policy::ticket::{Brake, Known, Source, State, TimerKind, Waiting};

use super::steps::After;
use super::work::Work;

impl<'a> Work<'a> {
    /// An `ask` is entered: what is known already is taken, and the rest is waited for.
    pub(super) fn ask(&mut self, flow: &'a Flow, at: usize, again: bool) -> After {
        let facts = &own_facts(&flow.steps[at]);
        if again {
            for fact in facts {
                let known = self.ticket.facts.remove(fact).or_else(|| self.ticket.tray.get(fact).cloned());
                self.ticket.tray.remove(fact);
                self.ticket.lists.remove(fact);
                if let Some(known) = known.filter(|known| known.value.listed().is_some()) {
                    self.keep_list(fact, recognise::roll_of(&known.value), false);
                }
            }
        }
        self.prefill(flow, facts);
        self.read_first_words(flow, at, facts);
        if self.take_from_tray(&flow.steps[at]) {
            return match &flow.steps[at].verb {
                Verb::Prove { .. } => self.check_codes(&flow.steps[at]),
                _ => After::Go(flow.steps[at].then),
            };
        }
        self.wait_for_answers(flow, at, 0);
        After::Stop
    }

    /// A look-up found nothing: what it was looked up by is asked for again.
    pub(super) fn ask_by_facts_again(&mut self, flow: &'a Flow, step: &Step, by: &[String]) {
        for fact in by {
            self.ticket.facts.remove(fact);
        }
        self.words = None;
        self.say_desk_text(DeskText::NotMatched);
        if let Some(at) = flow.steps.iter().position(|other| other.id == step.id) {
            self.wait_for_answers(flow, at, 0);
        }
    }

    /// The codes were wrong: nobody says which.
    pub(super) fn ask_codes_again(&mut self, flow: &'a Flow, at: usize) {
        self.words = None;
        self.say_desk_text(DeskText::NotMatched);
        self.wait_for_answers(flow, at, 0);
    }

    /// Waits for the requester, and writes down what is asked.
    pub(super) fn wait_for_answers(&mut self, flow: &Flow, at: usize, useless: u32) {
        let step = &flow.steps[at];
        let mut facts: Vec<String> = own_facts(step).into_iter().filter(|fact| !self.is_known(fact)).collect();
        if let Verb::Ask { or, .. } = &step.verb
            && or.iter().any(|fact| self.is_known(fact))
        {
            // Who has begun with the other facts is asked for the rest of them first.
            facts.sort_by_key(|fact| !or.contains(fact));
        }
        let own = facts.len();
        add_questions(&mut facts, self.look_ahead(flow, at));
        self.wait_for(Waiting::Answers { facts, own, useless });
        let patience = &self.pack.desk.patience;
        let reminders = if step.within.is_none() && step.remind.is_empty() { &patience.remind } else { &step.remind };
        self.set_patience(&flow.queue, step.within.unwrap_or(patience.within), reminders);
        self.draft.asks = true;
        self.ticket.queue.clone_from(&flow.queue);
        self.set_state(State::WaitingRequester, format!("step {}.{} asks the requester", flow.name, step.id));
    }

    /// Sets the due times of a wait for the requester, by the calendar of a queue.
    pub(super) fn set_patience(&mut self, queue: &str, within: Length, reminders: &[Length]) {
        let Some(calendar) = self.pack.desk.calendar_of(queue) else { return };
        let due = calendar.due(self.now, within);
        self.set_timer(TimerKind::Within, due);
        for remind in reminders {
            let at = calendar.due(self.now, *remind);
            if at < due {
                self.set_timer(TimerKind::Remind, at);
            }
        }
    }

    /// The facts that the questions behind a step ask for: a letter asks them at once. A guard that is still open is
    /// asked too.
    fn look_ahead(&self, flow: &Flow, at: usize) -> Vec<String> {
        let along = asked_along(flow, at).into_iter().map(|index| &flow.steps[index]);
        let entered = along.filter(|step| self.may_be_entered(step) && !self.is_answered(step));
        let asked = entered.flat_map(|step| {
            let is_told = self.knows_ods_code_of(step);
            own_facts(step).into_iter().filter(move |fact| !(is_told && fact == CODES[0]))
        });
        asked.filter(|fact| !self.is_known(fact)).collect()
    }

    /// Whether a guard holds, or cannot be told yet because it reads facts that are still asked for.
    fn may_be_entered(&self, step: &Step) -> bool {
        let Some(guard) = &step.when else { return true };
        let open = guard.reads.iter().any(|read| {
            let name = read.path.first().map_or("", String::as_str);
            self.pack.any_fact(name).is_some() && !self.ticket.facts.contains_key(name)
        });
        open || self.holds(guard).unwrap_or(false)
    }

    /// Keeps the words that answered nothing so far: a question that comes later may be answered by them.
    pub(super) fn keep_unread(&mut self) {
        const MOST: usize = 8_000;
        let Some(words) = self.words.take().filter(|words| words.chars().any(char::is_alphanumeric)) else { return };
        let before = self.ticket.unread.take().unwrap_or_default();
        let all = format!("{before}\n{words}");
        let all = all.trim();
        self.ticket.unread = Some(all.get(..all.floor_char_boundary(MOST)).unwrap_or_default().to_owned());
    }

    /// Sets facts that the sender's own name or address answers.
    fn prefill(&mut self, flow: &Flow, facts: &[String]) {
        for fact in facts {
            let Some(decl) = self.pack.fact(&flow.name, fact) else { continue };
            if self.is_known(fact) {
                continue;
            }
            if let Some(value) = recognise::prefill(decl, &self.ticket.requester) {
                self.understood(decl, Known { value, from: Source::Prefilled }, "in the sender's own name or address");
            }
        }
    }

    /// Reads what the message of this event says about the facts of a step that is entered in the same event, and then
    /// what was written before and answered nothing so far.
    fn read_first_words(&mut self, flow: &'a Flow, at: usize, facts: &[String]) {
        if let Some(words) = self.words.take() {
            self.words = Some(self.read_words(flow, at, facts, &words, false));
        }
        if let Some(words) = self.ticket.unread.take() {
            self.ticket.unread = Some(self.read_words(flow, at, facts, &words, true));
        }
    }

    /// What words of before the question say about it. Gives back those that are left.
    fn read_words(&mut self, flow: &'a Flow, at: usize, facts: &[String], words: &str, early: bool) -> String {
        let mut asked: Vec<String> = facts.iter().filter(|fact| !self.is_known(fact)).cloned().collect();
        add_questions(&mut asked, self.look_ahead(flow, at));
        let decls = self.decls(&flow.name, &asked);
        let words = without_numbers(&self.read_lists(&flow.name, words, &asked, true));
        let mut reading = recognise::read_answers_on(&words, &decls, self.today());
        // These words were written before we asked: a whole text is no answer to one question by chance.
        reading.understood.retain(|answer| !matches!(answer.how, How::WholeAnswer | How::Numbered(_)));
        // And nothing in them is a failed answer, unless it looks like a value of that type.
        let has_a_look = |fact: &String| {
            let decl = decls.iter().find(|decl| decl.name == *fact);
            decl.is_some_and(|decl| !matches!(decl.kind, FactType::YesNo | FactType::Choice))
        };
        reading.not_valid.retain(|fault| has_a_look(&fault.fact));
        reading.not_valid.retain(|fault| fault.written.contains(|c: char| c.is_ascii_digit() || c == '@'));
        reading.not_valid.retain(|fault| fault.written.trim() != words.trim());
        if early {
            // What was written long before the question says what it says, or nothing.
            reading.not_valid.clear();
            reading.unclear.clear();
        }
        self.keep(&decls, reading, words)
    }

    /// The requester answered, or only asked where the request is.
    pub(super) fn answer(&mut self, message: &Message, asked_for_the_state: bool) {
        let Some((flow, at)) = self.here() else {
            self.hand_over_saying("triage", "an answer came for a step that is not there");
            return;
        };
        let Waiting::Answers { facts, useless, .. } = self.ticket.waiting.clone() else { return };
        if self.does_not_know(message) && self.takes_any_text(&flow.name, &facts) {
            self.helps_to_find(flow, at, &facts, useless + 1);
            return;
        }
        let before = self.heard;
        let asked = facts.clone();
        let numbered = self.numbered_facts(message, &facts);
        let text = self.read_lists(
            &flow.name,
            &message.text,
            if self.ticket.channel == Channel::Chat { &facts } else { &numbered },
            false,
        );
        let facts: Vec<String> = facts.into_iter().filter(|fact| !self.is_list(&flow.name, fact)).collect();
        let left = if facts.is_empty() { text } else { self.read_reply(&flow.name, &text, &numbered, &facts) };
        if self.heard == before && asked_for_the_state {
            self.draft.wrong.clear();
            self.draft.asks = true;
            return;
        }
        if self.heard == before && self.does_not_know(message) {
            self.draft.wrong.clear();
            self.helps_to_find(flow, at, &asked, useless + 1);
            return;
        }
        if self.heard == before && self.goes_elsewhere(message) {
            return;
        }
        if self.heard == before {
            self.not_understood(flow, at, useless + 1);
            return;
        }
        self.words = Some(left);
        self.answered(flow, at, useless);
    }

    /// Something was understood: the step is done, or the rest is asked for.
    pub(super) fn answered(&mut self, flow: &'a Flow, at: usize, useless: u32) {
        let step = &flow.steps[at];
        if !self.take_from_tray(step) {
            self.wait_for_answers(flow, at, useless);
            return;
        }
        // What was wrong with an answer to a later question is told when that is asked.
        for fact in own_facts(step) {
            self.draft.wrong.remove(&fact);
        }
        match &step.verb {
            Verb::LookUp { .. } => drop(self.look_up(flow, step)),
            Verb::Prove { .. } => drop(self.check_codes(step)),
            _ => self.follow(step.then),
        }
    }

    /// The facts behind the numbers of the letter that a message answers.
    fn numbered_facts(&self, message: &Message, waiting: &[String]) -> Vec<String> {
        let letters = &self.ticket.letters;
        let answered = message.answers_letter.and_then(|number| letters.iter().find(|letter| letter.number == number));
        match answered.or_else(|| letters.iter().rev().find(|letter| !letter.asked.is_empty())) {
            Some(letter) if !letter.asked.is_empty() => letter.asked.clone(),
            _ => waiting.to_vec(),
        }
    }

    /// Reads a reply. Numbers speak of the questions of the letter that it answers, everything else of what is missing.
    fn read_reply(&mut self, flow: &str, text: &str, numbered: &[String], waiting: &[String]) -> String {
        if self.ticket.channel == Channel::Chat
            && let Some((first, _)) = waiting.split_first()
        {
            let decls = self.decls(flow, std::slice::from_ref(first));
            let reading = recognise::read_answers_on(text, &decls, self.today());
            if !reading.understood.is_empty() || waiting.len() == 1 {
                return self.keep(&decls, reading, text.to_owned());
            }
            // Who has no contact id answers that question with their passcode.
            let [.., contact, code] = CODES;
            if first == contact && waiting.iter().any(|fact| fact == code) {
                let instead = self.decls(flow, &[code.to_owned()]);
                let reading = recognise::read_answers_on(text, &instead, self.today());
                if !reading.understood.is_empty() {
                    return self.keep(&instead, reading, text.to_owned());
                }
            }
            let all = self.decls(flow, waiting);
            let others = recognise::read_answers_on(text, &all, self.today());
            if !others.understood.is_empty() {
                return self.keep(&all, others, text.to_owned());
            }
            return self.keep(&decls, reading, text.to_owned());
        }
        let mut text = text.to_owned();
        if numbered != waiting {
            let decls = self.decls(flow, numbered);
            let mut reading = recognise::read_answers_on(&text, &decls, self.today());
            reading.understood.retain(|answer| matches!(answer.how, How::Numbered(_) | How::Labelled));
            // What answers a question that is settled changes nothing, and must not be taken for another's answer.
            let open = |fact: &String| waiting.contains(fact) || self.ticket.tray.contains_key(fact);
            let (kept, settled): (Vec<_>, Vec<_>) =
                reading.understood.into_iter().partition(|answer| open(&answer.fact));
            for answer in settled {
                text = text.replacen(&answer.words, " ", 1);
            }
            reading.understood = kept;
            reading.not_valid.retain(|fault| waiting.contains(&fault.fact));
            reading.unclear.clear();
            text = self.keep(&decls, reading, text);
        }
        let missing: Vec<String> =
            waiting.iter().filter(|fact| !self.ticket.tray.contains_key(*fact)).cloned().collect();
        if missing.is_empty() {
            return text;
        }
        let decls = self.decls(flow, &missing);
        let mut reading = recognise::read_answers_on(&text, &decls, self.today());
        if numbered != waiting {
            reading.understood.retain(|answer| !matches!(answer.how, How::Numbered(_)));
        }
        self.keep(&decls, reading, text)
    }

    /// Puts what was understood into the tray and remembers what was not valid. Gives back the words that are left.
    fn keep(&mut self, decls: &[&'a FactDecl], reading: Reading, mut text: String) -> String {
        for answer in reading.understood {
            let Some(decl) = decls.iter().find(|decl| decl.name == answer.fact) else { continue };
            if let Some(at) = text.find(&answer.words) {
                text.replace_range(at..at + answer.words.len(), " ");
            }
            let how = match answer.how {
                How::Numbered(n) => format!("as the answer to question {n}"),
                How::Labelled => "by its label".into(),
                How::ByType => format!("as the only {} in the text", decl.kind.in_words()),
                How::WholeAnswer => "as the whole answer".into(),
            };
            let words = if decl.secret { String::new() } else { answer.words };
            self.understood(decl, Known { value: answer.value, from: Source::Requester(words) }, &how);
        }
        for fault in reading.not_valid {
            let secret = decls.iter().any(|decl| decl.name == fault.fact && decl.secret);
            let written = if secret { "(secret)".to_owned() } else { short(&fault.written) };
            self.draft.wrong.insert(fault.fact.clone(), format!("You wrote “{written}”. {}", fault.because));
            self.trace(Trace::NotValid { fact: fault.fact, written, because: fault.because });
        }
        for unclear in reading.unclear {
            let secret = decls.iter().any(|decl| decl.secret && unclear.facts.contains(&decl.name));
            let written = if secret { "(secret)".to_owned() } else { short(&unclear.written) };
            for fact in unclear.facts {
                let because = "We do not know which question this answers.".to_owned();
                self.draft.wrong.insert(fact.clone(), format!("You wrote “{written}”. {because}"));
                self.trace(Trace::NotValid { fact, written: written.clone(), because });
            }
        }
        text
    }

    /// Puts one answer into the tray.
    pub(super) fn understood(&mut self, decl: &FactDecl, known: Known, how: &str) {
        let value = if decl.secret { "(secret)".to_owned() } else { known.value.masked() };
        self.trace(Trace::Understood { fact: decl.name.clone(), value, how: how.into() });
        self.draft.wrong.remove(&decl.name);
        self.heard += 1;
        self.lift_brake();
        self.ticket.tray.insert(decl.name.clone(), known);
    }

    /// Something new was said: the loop brake that waits for that lets go.
    pub(super) fn lift_brake(&mut self) {
        if self.draft.brake == Brake::UnlessNew {
            self.draft.brake = Brake::Off;
        }
    }

    /// Sets the facts of a step once all of them are known, or all of those that will do as well. Whether they are.
    fn take_from_tray(&mut self, step: &Step) -> bool {
        if !self.is_answered(step) {
            return false;
        }
        for fact in own_facts(step) {
            if let Some(known) = self.ticket.tray.remove(&fact) {
                self.ticket.facts.insert(fact, known);
            }
        }
        true
    }

    /// Whether all is known that a step must have answered.
    pub(super) fn is_answered(&self, step: &Step) -> bool {
        let all = |facts: &[String]| facts.iter().all(|fact| self.is_known(fact));
        match &step.verb {
            Verb::Ask { facts, or, .. } => all(facts) || (!or.is_empty() && all(or)),
            Verb::Prove { .. } if step.asks_codes() => {
                let [organisation, location, contact, code] = CODES;
                self.is_known(organisation)
                    && self.is_known(location)
                    && (self.is_known(contact) || self.is_known(code))
            }
            _ => all(&own_facts(step)),
        }
    }

    /// A message brought no answer: ask once more, and then let a person read it.
    fn not_understood(&mut self, flow: &Flow, at: usize, useless: u32) {
        let repair = &self.pack.desk.repair;
        if useless >= repair.tries {
            self.draft.wrong.clear();
            self.note(format!("{useless} messages in a row brought no answer."));
            self.follow(Goto::End(repair.then));
            return;
        }
        if self.draft.wrong.is_empty() {
            self.say_template(&repair.not_understood);
        }
        self.wait_for_answers(flow, at, useless);
    }

    /// Time passed: the questions are sent again.
    pub(super) fn remind(&mut self) {
        if self.ticket.channel == Channel::Phone {
            self.tell_to_ring();
        }
        let asks_requester = matches!(
            self.ticket.waiting,
            Waiting::Answers { .. } | Waiting::Which { .. } | Waiting::Confirm { .. } | Waiting::Pick { .. }
        );
        if !asks_requester {
            self.remind_others();
            return;
        }
        self.say_desk_text(DeskText::Reminder);
        self.draft.asks = true;
    }

    /// Nobody answered in time.
    pub(super) fn wait_is_over(&mut self) {
        if let Waiting::Which { .. } = self.ticket.waiting {
            self.nobody_chose();
            return;
        }
        if let Waiting::Time = self.ticket.waiting {
            self.wait_fired();
            return;
        }
        let silence = Goto::End(self.pack.desk.patience.otherwise);
        match self.step() {
            Some((flow, step)) if matches!(step.verb, Verb::Prove { .. }) => {
                self.withdraw_tasks();
                self.otherwise(flow, step);
            }
            Some((_, step)) => {
                let otherwise =
                    if matches!(step.verb, Verb::Ask { .. } | Verb::Confirm { .. }) { step.otherwise } else { None };
                self.wait_for(Waiting::Nothing);
                self.follow(otherwise.unwrap_or(silence));
            }
            None => self.hand_over_saying("triage", "a wait ended for a step that is not there"),
        }
    }

    /// Whether a fact is set or answered early.
    pub(super) fn is_known(&self, fact: &str) -> bool {
        self.ticket.facts.contains_key(fact) || self.ticket.tray.contains_key(fact)
    }

    /// The declarations of facts, as a flow sees them.
    pub(super) fn decls(&self, flow: &str, facts: &[String]) -> Vec<&'a FactDecl> {
        facts.iter().filter_map(|fact| self.pack.fact(flow, fact)).collect()
    }
}

/// The codes by which a requester proves for which organisation they speak; one of the last two will do.
pub(super) const CODES: [&str; 4] = ["ods_code", "cqc_location", "cqc_contact", "code"];

/// The facts that a step itself asks for.
fn own_facts(step: &Step) -> Vec<String> {
    match &step.verb {
        Verb::Ask { facts, or, .. } => facts.iter().chain(or).cloned().collect(),
        Verb::LookUp { by, .. } => by.clone(),
        Verb::Prove { .. } if step.asks_codes() => CODES.map(str::to_owned).to_vec(),
        _ => Vec::new(),
    }
}

/// Adds questions that come later. Of the contact id and the passcode one is enough: the flow has asked for it already.
fn add_questions(facts: &mut Vec<String>, later: Vec<String>) {
    let [.., contact, code] = CODES;
    let asked = |fact: &str| facts.iter().any(|asked| asked == fact);
    let either = asked(contact) || asked(code);
    for fact in later {
        let needless = either && (fact == contact || fact == code);
        if !needless && !facts.contains(&fact) {
            facts.push(fact);
        }
    }
}

/// A text whose lines have no numbers before them: nobody had asked numbered questions yet.
fn without_numbers(text: &str) -> String {
    let bare = |line: &str| {
        let trimmed = line.trim_start();
        let digits = trimmed.bytes().take_while(u8::is_ascii_digit).count();
        let behind = trimmed.get(digits..).and_then(|rest| rest.strip_prefix(['.', ')']));
        match behind {
            Some(rest) if (1..=2).contains(&digits) && rest.starts_with(' ') => rest.trim_start().to_owned(),
            _ => line.to_owned(),
        }
    };
    text.lines().map(bare).collect::<Vec<_>>().join("\n")
}

/// What somebody wrote, short enough to be quoted in one line.
fn short(written: &str) -> String {
    let line = written.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(80) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}
