//! Asking for a list: what a message brings is kept until nothing is missing, and every letter says how far it has come.

use crate::policy::flow::FactDecl;
use crate::policy::message::Channel;
use crate::policy::outcome::{Question, Trace};
use crate::policy::recognise::{self, Roll};
use crate::policy::ticket::{Known, Source};

use super::work::Work;

/// So many people by chat are named in full; of more the count is told.
const NAMED: usize = 5;

impl<'a> Work<'a> {
    /// Reads what a message says about the lists that are asked for. Gives back the words that are left for the other
    /// questions. `first` tells that nobody had asked yet.
    pub(super) fn read_lists(&mut self, flow: &str, text: &str, asked: &[String], first: bool) -> String {
        let lists: Vec<&'a FactDecl> = self.decls(flow, asked).into_iter().filter(|decl| decl.list.is_some()).collect();
        let mut text = text.to_owned();
        for decl in lists {
            let alone = !first && self.is_asked_alone(flow, decl, asked);
            let (before, part, after) = region(&text, asked, &decl.name, alone);
            let apart = !before.is_empty() || !after.is_empty();
            let left = self.read_one_list(decl, &part, alone || apart);
            // What stands behind the list's own number answers no other question.
            let left = if apart { String::new() } else { left };
            self.read_tables(decl);
            text =
                [before, left, after].into_iter().filter(|part| !part.trim().is_empty()).collect::<Vec<_>>().join("\n");
        }
        text
    }

    /// Reads the attached tables. One that tells nothing of anybody may be for another list.
    fn read_tables(&mut self, decl: &'a FactDecl) {
        for table in std::mem::take(&mut self.ticket.tables) {
            let left = self.read_one_list(decl, &table.rows, true);
            if left.lines().count() == table.rows.lines().count() {
                self.ticket.tables.push(table);
            } else {
                self.note(format!("The file {} was read for the list.", table.name));
            }
        }
    }

    /// Whether a list is all that is asked for now: by chat the first question is.
    fn is_asked_alone(&self, flow: &str, decl: &FactDecl, asked: &[String]) -> bool {
        let open: Vec<&String> = asked.iter().filter(|fact| !self.is_known(fact)).collect();
        match (self.ticket.channel, open.as_slice()) {
            (Channel::Chat, [first, ..]) => **first == decl.name,
            (_, [only]) => **only == decl.name,
            // All is known: what comes now corrects it.
            (_, []) => self.decls(flow, asked).len() == 1,
            _ => false,
        }
    }

    fn read_one_list(&mut self, decl: &FactDecl, text: &str, alone: bool) -> String {
        let given = self.ticket.tray.get(&decl.name).map(|known| recognise::roll_of(&known.value));
        let before: Roll = given.clone().or_else(|| self.ticket.lists.get(&decl.name).cloned()).unwrap_or_default();
        let reading = recognise::read_list(decl, &before, text, Some(self.today()), alone && given.is_none());
        let ends = reading.ends && alone && given.is_none();
        if reading.told == 0 && reading.problems.is_empty() && !ends {
            return reading.left;
        }
        let nothing_new = reading.told == 0;
        if !nothing_new || ends {
            self.heard += 1;
            self.lift_brake();
        }
        for problem in &reading.problems {
            self.trace(Trace::NotValid { fact: decl.name.clone(), written: String::new(), because: problem.clone() });
        }
        if !nothing_new {
            let how = format!("as a list: {} in this message", reading.told);
            self.trace(Trace::Understood { fact: decl.name.clone(), value: reading.roll.names(), how });
        }
        let mut wrong = reading.problems;
        wrong.extend(recognise::still_missing(decl, &reading.roll));
        let nobody = reading.roll.entries.is_empty() && decl.fewest() == 0 && ends;
        let whole = if wrong.is_empty() || nobody { recognise::whole_list(decl, &reading.roll) } else { None };
        let full = reading.roll.entries.len() >= decl.most();
        let by_chat = self.ticket.channel == Channel::Chat;
        match whole {
            Some(value) if !by_chat || ends || full || given.is_some() => {
                self.draft.wrong.remove(&decl.name);
                self.ticket.lists.remove(&decl.name);
                let known = Known { value, from: Source::Requester(text.trim().to_owned()) };
                self.ticket.tray.insert(decl.name.clone(), known);
            }
            whole => {
                let mut told = Vec::new();
                if by_chat && !reading.roll.entries.is_empty() {
                    told.push(so_far(&reading.roll));
                }
                if ends && wrong.is_empty() && reading.roll.entries.is_empty() {
                    wrong.push(format!("We need {} at least.", decl.fewest()));
                }
                told.extend(wrong);
                if by_chat && whole.is_some() {
                    told.push("Anyone else? Say “no” if that is all.".to_owned());
                }
                if !told.is_empty() {
                    self.draft.wrong.insert(decl.name.clone(), told.join("\n"));
                }
                self.ticket.tray.remove(&decl.name);
                self.ticket.lists.insert(decl.name.clone(), reading.roll);
            }
        }
        reading.left
    }

    /// Whether a fact is a list.
    pub(super) fn is_list(&self, flow: &str, fact: &str) -> bool {
        self.pack.fact(flow, fact).is_some_and(|decl| decl.list.is_some())
    }

    /// A list that is asked for again keeps everybody who was on it: only what is different must be said.
    pub(super) fn keep_list(&mut self, fact: &str, roll: Roll, say_how: bool) {
        if roll.entries.is_empty() {
            return;
        }
        if say_how {
            let who = roll.entries.first().map_or("", |half| half.called.as_str());
            let how = format!(
                "{}\nTell us what is different. For example: “{who}'s mobile is 07700 900123”, or “remove {who}”, or \
                 somebody new. Say “that's all” when it is right.",
                so_far(&roll)
            );
            self.draft.wrong.insert(fact.to_owned(), how);
        }
        self.ticket.lists.insert(fact.to_owned(), roll);
    }

    /// By chat a list is asked for once; from then on the bubble says how far it has come.
    pub(super) fn in_a_bubble(&self, decl: &FactDecl, question: Question, unread: &[String]) -> Question {
        let Some(roll) = self.ticket.lists.get(&decl.name).filter(|roll| !roll.entries.is_empty()) else {
            let wrong = question.wrong.or_else(|| decl.list.as_ref().and_then(|_| cannot_read(unread)));
            return Question { wrong, ..question };
        };
        if self.ticket.channel != Channel::Chat {
            let missing = recognise::still_missing(decl, roll);
            let wrong = question.wrong.clone().or_else(|| (!missing.is_empty()).then(|| missing.join("\n")));
            return Question { wrong, ..question };
        }
        let next = || "Who is next?".to_owned();
        let ask = question.wrong.unwrap_or_else(next);
        Question { ask, hint: None, wrong: None, choices: Vec::new() }
    }

    /// What is known so far of the lists that are being given, as question and answer.
    pub(super) fn lists_so_far(&self, asked: &[String]) -> Vec<(String, String)> {
        let flow = self.flow_name();
        let rolls = asked.iter().filter_map(|fact| Some((fact, self.ticket.lists.get(fact)?)));
        rolls
            .filter(|(_, roll)| !roll.entries.is_empty())
            .filter_map(|(fact, roll)| {
                Some((self.pack.fact(flow, fact)?.ask.clone(), format!("{}, so far", roll.names())))
            })
            .collect()
    }
}

/// That what is attached could not be read, while a list is asked for that may be in it.
fn cannot_read(files: &[String]) -> Option<String> {
    let last = files.last()?;
    let way = "Please write the list in your message, or send it as a CSV file.";
    Some(format!("We cannot read the file {last} here. {way}"))
}

/// How far a list has come, for a bubble.
fn so_far(roll: &Roll) -> String {
    match roll.entries.len() {
        1 => format!("That is 1 so far: {}.", roll.names()),
        few if few <= NAMED => format!("That is {few} so far: {}.", roll.names()),
        many => format!("That is {many} so far."),
    }
}

/// The part of a reply that answers a list: from the list's number on, up to the next number of another question.
/// Without such a number it is all of it.
fn region(text: &str, asked: &[String], list: &str, alone: bool) -> (String, String, String) {
    let whole = || (String::new(), text.to_owned(), String::new());
    let Some(number) = asked.iter().position(|fact| fact == list).map(|at| at + 1) else { return whole() };
    if alone || asked.len() == 1 {
        return whole();
    }
    let lines: Vec<&str> = text.lines().collect();
    let begins = |line: &str, number: usize| {
        let rest = line.trim_start().strip_prefix(&number.to_string());
        rest.is_some_and(|rest| rest.starts_with(['.', ')', ':']) || rest.is_empty())
    };
    let others = (1..=asked.len()).any(|n| n != number && lines.iter().any(|line| begins(line, n)));
    let Some(from) = lines.iter().position(|line| begins(line, number)).filter(|_| others) else { return whole() };
    let after = lines.iter().skip(from + 1).position(|line| (number + 1..=asked.len()).any(|n| begins(line, n)));
    // People count the names of their list too: then the count begins anew, and what follows is all of the list.
    let to = after.map_or(lines.len(), |n| from + 1 + n);
    let bare = lines.get(from).map_or("", |line| line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit()));
    let first = bare.trim_start_matches(['.', ')', ':', ' ']);
    let part = std::iter::once(first).chain(lines.get(from + 1..to).unwrap_or_default().iter().copied());
    let part = part.collect::<Vec<_>>().join("\n");
    let join = |lines: Option<&[&str]>| lines.unwrap_or_default().join("\n");
    (join(lines.get(..from)), part, join(lines.get(to..)))
}
