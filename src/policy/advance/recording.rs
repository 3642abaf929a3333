//! Acts that change something: what they demand is looked at again on records as they are now. And waits, which listen
//! to the same records.

use std::collections::BTreeMap;

use crate::policy::demand::Demand;
use crate::policy::facts::{FactType, Item, Record, RecordKind, Value};
use crate::policy::flow::{Ending, Flow, Goto, Limit, Step, Verb};
use crate::policy::message::{Channel, Party};
use crate::policy::outcome::{Again, Effect, Trace, Wanted};
use crate::policy::ticket::{Purpose, Refreshed, State, TimerKind, Waiting};
use crate::policy::world::change::Change;

use super::others::Addressee;
use super::steps::After;
use super::work::Work;

/// The choices of a `role` that mean something to the directory; any other is no role.
const OWNER: &str = "owner";
const ADMINISTRATOR: &str = "administrator";

impl<'a> Work<'a> {
    /// Whether a step must see records as they are now: it acts on what they say, or writes to whom they name.
    pub(super) fn wants_fresh_records(&self, step: &Step) -> bool {
        let of_act = |act: &String| {
            let demands = self.pack.desk.acts.get(act);
            demands.is_some_and(|demands| demands.iter().any(|demand| !matches!(demand, Demand::ByAgent { .. })))
        };
        let wants = match &step.verb {
            Verb::Record { .. } | Verb::Prove { .. } | Verb::Wait { .. } => true,
            Verb::Task { act, .. } => of_act(act),
            Verb::Together { tasks } => tasks.iter().any(|task| of_act(&task.act)),
            _ => step.speaks_to_others(),
        };
        wants && !self.fresh && !self.to_refresh().is_empty()
    }

    /// Reads the records of the ticket again, and comes back to the present step.
    pub(super) fn refresh(&mut self, what_for: Refreshed) {
        let records = self.to_refresh();
        self.need(Purpose::Refresh(what_for), Wanted::Refresh { records });
    }

    /// The records of the ticket, with what each is found by.
    fn to_refresh(&self) -> Vec<Again> {
        let key = |record: &Record| {
            let field = match record.kind {
                RecordKind::Account => "address",
                RecordKind::Organisation => "ods_code",
                RecordKind::Ticket => return None,
            };
            match record.fields.get(field) {
                Some(Item::Value(value)) => Some((field.to_owned(), value.clone())),
                _ => None,
            }
        };
        let named = self.ticket.records.iter();
        let again = |(name, record): (&String, &Record)| {
            Some(Again { name: name.clone(), kind: record.kind, by: vec![key(record)?] })
        };
        named.filter_map(again).collect()
    }

    /// The records were read again: the present step goes on with them.
    pub(super) fn refreshed(&mut self, rows: &[(String, Vec<Record>)], what_for: Refreshed) {
        for (name, rows) in rows {
            match rows.as_slice() {
                [row] => drop(self.ticket.records.insert(name.clone(), row.clone())),
                _ => self.note(format!("{name} could not be read again. What was known of it is used.")),
            }
        }
        self.fresh = true;
        match what_for {
            Refreshed::GoOn => self.run_on(),
            Refreshed::TimeIsOver => self.time_is_over(),
            Refreshed::Look => self.look_whether(),
        }
    }

    /// Changes the directory in the same commit.
    pub(super) fn record(&mut self, flow: &Flow, step: &Step) -> After {
        let Verb::Record { act, with } = &step.verb else { return After::Stop };
        let name = format!("{}.{}", flow.name, step.id);
        if !self.may_act(act, with) {
            return self.not_allowed(&name, act);
        }
        let recorded = match &step.each {
            Some(each) => {
                let entries = self.entries(each);
                entries.into_iter().all(|at| self.with_entry(each, at, |work| work.record_one(act, with)))
            }
            None => self.record_one(act, with),
        };
        if recorded {
            return After::Go(step.then);
        }
        self.hand_over_saying(&flow.queue, format!("step {name} does not know what it needs for `{act}`"));
        After::Stop
    }

    /// One change, if all that it needs is known.
    fn record_one(&mut self, act: &str, with: &BTreeMap<String, Vec<String>>) -> bool {
        let Some(change) = self.change_of(act, with) else { return false };
        if matches!(change, Change::IssueCode { .. }) && !self.post_code(with) {
            return false;
        }
        self.note(format!("Recorded: {}.", act.replace('_', " ")));
        self.see_at_once(&change);
        self.effects.push(Effect::Changed(change));
        true
    }

    /// Puts a new passcode into the letter to the address that the regulator has on record. It goes nowhere else,
    /// whoever asks and whatever the step says to whom.
    fn post_code(&mut self, with: &BTreeMap<String, Vec<String>>) -> bool {
        let record = with.get("organisation").and_then(|path| self.record_at(path));
        let Some((record, to)) = record.and_then(|record| {
            let to = record.fields.get("cqc_mail")?.to_string();
            Some((record, to))
        }) else {
            self.note("There is no address on record to which a passcode could go.");
            return false;
        };
        let party = Party::at(to);
        let letter = self.letter_to(&Addressee { to: party, channel: Channel::Mail, party: "cqc_mail".into() });
        letter.code = Some(record.id);
        true
    }

    /// The change with its parameters read.
    fn change_of(&self, act: &str, with: &BTreeMap<String, Vec<String>>) -> Option<Change> {
        let at = |parameter: &str| {
            let path = with.get(parameter)?;
            let (first, rest) = path.split_first()?;
            self.item(first)?.at(rest)
        };
        let key = |parameter: &str| match at(parameter)? {
            Item::Record(record) => Some(record.id),
            Item::Value(_) | Item::List(_) | Item::Group(_) => None,
        };
        let text = |parameter: &str| match at(parameter)? {
            Item::Value(Value { datum: crate::policy::facts::Datum::Text(text), .. }) => Some(text),
            _ => None,
        };
        Some(match act {
            "issue_code" => Change::IssueCode { organisation: key("organisation")?, until: self.code_lasts() },
            "register_organisation" => Change::RegisterOrganisation {
                organisation: key("organisation")?,
                town: text("town"),
                registered_manager: text("manager_mail"),
            },
            "mark_leaver" => Change::MarkLeaver { account: key("account")? },
            "mark_joiner" => Change::MarkJoiner { account: key("account")?, organisation: key("organisation")? },
            "add_owner" => Change::AddOwner { organisation: key("organisation")?, account: key("account")? },
            "remove_owner" => Change::RemoveOwner { organisation: key("organisation")?, account: key("account")? },
            "add_account" => Change::AddAccount {
                organisation: key("organisation")?,
                name: text("name")?,
                address: text("address")?,
                mobile: text("mobile"),
                owner: at("owner") == Some(Item::Value(Value::yes_no(true))) || text("role").as_deref() == Some(OWNER),
                administrator: text("role").as_deref() == Some(ADMINISTRATOR),
            },
            "rename_account" => {
                Change::RenameAccount { account: key("account")?, name: text("name")?, address: text("address") }
            }
            "change_mobile" => Change::ChangeMobile {
                organisation: key("organisation")?,
                account: key("account")?,
                mobile: text("mobile")?,
            },
            _ => return None,
        })
    }

    fn code_lasts(&self) -> jiff::Timestamp {
        let calendar = self.pack.desk.calendar_of(&self.ticket.queue);
        match (self.pack.desk.limits.get("code_lasts"), calendar) {
            (Some(Limit::Length(length)), Some(calendar)) => calendar.due(self.now, *length),
            _ => self.now + jiff::SignedDuration::from_hours(21 * 24),
        }
    }

    /// What this ticket holds of the changed row shows the change at once; everybody else sees it after the commit.
    fn see_at_once(&mut self, change: &Change) {
        let mut set = |key: &str, field: &str, item: Item| {
            for record in self.ticket.records.values_mut().filter(|record| record.id == key) {
                record.fields.insert(field.to_owned(), item.clone());
            }
        };
        let yes_no = |yes| Item::Value(Value::yes_no(yes));
        match change {
            Change::MarkLeaver { account } => set(account, "leaving", yes_no(true)),
            Change::MarkJoiner { account, .. } => {
                set(account, "joined", yes_no(true));
                set(account, "leaving", yes_no(false));
            }
            Change::RenameAccount { account, name, address } => {
                set(account, "name", Item::Value(Value::text(FactType::Name, name.clone())));
                if let Some(address) = address {
                    set(account, "address", Item::Value(Value::text(FactType::NhsMail, address.clone())));
                }
            }
            Change::ChangeMobile { account, mobile, .. } => {
                set(account, "mobile", Item::Value(Value::text(FactType::Mobile, mobile.clone())));
            }
            Change::RegisterOrganisation { organisation, .. } => set(organisation, "ever_registered", yes_no(true)),
            Change::IssueCode { .. }
            | Change::CodeTried { .. }
            | Change::CodeUsed { .. }
            | Change::AddOwner { .. }
            | Change::RemoveOwner { .. }
            | Change::AddAccount { .. } => {}
        }
    }

    /// Lets time pass, unless that is needless already.
    pub(super) fn let_time_pass(&mut self, flow: &Flow, step: &Step) -> After {
        let Verb::Wait { length, unless } = &step.verb else { return After::Stop };
        let name = format!("{}.{}", flow.name, step.id);
        match unless.as_ref().map(|unless| self.holds(unless)).transpose() {
            Ok(Some(true)) => {
                self.trace(Trace::Led { step: name, way: "otherwise".into() });
                return After::Go(step.otherwise.unwrap_or(Goto::End(Ending::Agent)));
            }
            Ok(_) => {}
            Err(failure) => return self.rule_failed(&name, &failure),
        }
        self.wait_for(Waiting::Time);
        self.set_patience(&flow.queue, *length, &step.remind);
        if unless.is_some() {
            self.listen();
        }
        self.ticket.queue.clone_from(&flow.queue);
        self.set_state(State::WaitingOther, format!("step {name} lets time pass"));
        // What it says tells until when, which is known only now.
        if let Some(say) = &step.say {
            let addressees = self.addressees(&step.to);
            let said = if step.speaks_to_others() {
                self.say_to(&name, say, &addressees, false)
            } else {
                self.say(&name, say)
            };
            if !said {
                return After::Stop;
            }
        }
        After::Stop
    }

    /// The time of a wait is over, and the records are fresh: it goes on, unless that has become needless.
    fn time_is_over(&mut self) {
        let Some((flow, step)) = self.step() else {
            self.hand_over_saying("triage", "a wait ended for a step that is not there");
            return;
        };
        let Verb::Wait { unless, .. } = &step.verb else { return };
        let name = format!("{}.{}", flow.name, step.id);
        match unless.as_ref().map(|unless| self.holds(unless)).transpose() {
            Ok(Some(true)) => self.otherwise(flow, step),
            Ok(_) => {
                self.wait_for(Waiting::Nothing);
                self.trace(Trace::Led { step: name, way: "then".into() });
                self.follow(step.then);
            }
            Err(failure) => drop(self.rule_failed(&name, &failure)),
        }
    }

    /// Looks again when the directory changes what the wait listens to, else when the time is over anyway.
    fn listen(&mut self) {
        let over = self.ticket.timers.iter().find(|timer| timer.what == TimerKind::Within).map(|timer| timer.due);
        if let Some(over) = over.filter(|_| !self.to_refresh().is_empty()) {
            self.set_timer(TimerKind::Look, over);
        }
    }

    /// The records are fresh: a wait that has become needless ends, and another goes on waiting.
    fn look_whether(&mut self) {
        let Some((flow, step)) = self.step() else { return };
        let Verb::Wait { unless: Some(unless), .. } = &step.verb else { return };
        match self.holds(unless) {
            Ok(true) => self.otherwise(flow, step),
            Ok(false) => self.listen(),
            Err(failure) => drop(self.rule_failed(&format!("{}.{}", flow.name, step.id), &failure)),
        }
    }

    /// The directory has changed where this ticket listens.
    pub(super) fn looks_again(&mut self) {
        if matches!(self.ticket.waiting, Waiting::Time) && self.ticket.state == State::WaitingOther {
            self.refresh(Refreshed::Look);
        }
    }

    /// A timer of a wait fired: the records are read first.
    pub(super) fn wait_fired(&mut self) {
        if self.to_refresh().is_empty() { self.time_is_over() } else { self.refresh(Refreshed::TimeIsOver) }
    }
}
