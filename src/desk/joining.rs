//! Finds the ticket to which a mail belongs, or says that it opens one. Who may join which ticket is decided in
//! `policy::thread`; here is only looked for what that needs.

use jiff::Timestamp;

use crate::mail::Incoming;
use crate::policy::intent::Routed;
use crate::policy::proof::speaks_for;
use crate::policy::reference;
use crate::policy::thread::{
    Joining, Writer, is_open_for, joining, joining_by_reference, stays_with_named, stays_with_only, words_beside,
};
use crate::policy::ticket::{Reference, Ticket};
use crate::store::LetterKey;

use super::{Desk, DeskError, Running};

/// What is to be done with a mail.
pub(super) enum Plan {
    /// It is filed.
    Ignore,
    /// A machine answers a letter to an agent: it is filed, and the letter may have come back.
    AboutNotice { letter: LetterKey },
    /// It goes on with a ticket, in answer to this letter if to any.
    Join { running: Running, ticket: Box<Ticket>, letter: Option<LetterKey>, because: &'static str },
    /// It opens a ticket; its words say which, if nothing else does.
    Open { linked: Option<Reference>, route: Option<Routed> },
}

impl Plan {
    fn join(running: Running, ticket: Ticket, because: &'static str) -> Plan {
        Plan::Join { running, ticket: Box::new(ticket), letter: None, because }
    }
}

impl Desk {
    /// Which ticket a mail belongs to that came at a moment.
    pub(super) async fn plan(&self, mail: &Incoming, came: Timestamp) -> Result<Plan, DeskError> {
        let writer = Writer { address: &mail.from.address, proved: speaks_for(&mail.standing, mail.class) };
        let mut linked = None;
        for id in mail.references.iter().rev().filter(|id| self.ids.is_ours(id)) {
            let Some(letter) = self.store.letter_by_message_id(id).await? else { continue };
            if letter.key().is_notice() && !mail.class.is_from_a_person() {
                return Ok(Plan::AboutNotice { letter: letter.key() });
            }
            let Some(ticket) = self.store.ticket(&letter.ticket).await? else { continue };
            let running = self.packs.of(&ticket.pack, &self.store).await?;
            // A bounce comes from a mail server and an automatic answer from anywhere: neither must have a part.
            let joins = !mail.class.is_from_a_person()
                || joining(&running.pack, &ticket, &letter.to, writer, came) == Joining::Joins;
            if joins {
                let because = match letter.to.eq_ignore_ascii_case(writer.address) {
                    true => "it answers our letter, from the address that the letter went to",
                    false => "it answers our letter, and its sender has a part in the request",
                };
                let letter = Some(letter.key());
                return Ok(Plan::Join { running, ticket: Box::new(ticket), letter, because });
            }
            linked = linked.or(Some(letter.ticket));
        }
        let mut named = Vec::new();
        if linked.is_none() {
            for reference in reference::find(&format!("{}\n{}", mail.subject, mail.own_text)) {
                named.extend(self.store.ticket(&reference).await?);
            }
        }
        if !mail.class.is_from_a_person() {
            return Ok(Plan::Ignore);
        }
        if !writer.proved || linked.is_some() {
            let linked = linked.or_else(|| named.into_iter().next().map(|ticket| ticket.reference));
            return Ok(Plan::Open { linked, route: None });
        }
        self.plan_without_letter(mail, writer, named, came).await
    }

    /// Which ticket a mail belongs to that answers no letter and whose sender is proved. `named` are those that it names.
    async fn plan_without_letter(
        &self,
        mail: &Incoming,
        writer: Writer<'_>,
        named: Vec<Ticket>,
        came: Timestamp,
    ) -> Result<Plan, DeskError> {
        let current = self.packs.current();
        let linked = named.first().map(|ticket| ticket.reference.clone());
        for ticket in named {
            let running = self.packs.of(&ticket.pack, &self.store).await?;
            if joining_by_reference(&running.pack, &ticket, writer, came) == Joining::Linked {
                continue;
            }
            let (subject, text) = words_beside(&mail.topic, &mail.own_text);
            if stays_with_named(&current.pack, &self.route(&current, &subject, &text, None).await?) {
                let because = "it names the request, and the mail server vouches for its sender, who has a part in it";
                return Ok(Plan::join(running, ticket, because));
            }
            break;
        }
        let routed = self.route_mail(&current, mail).await?;
        if linked.is_none()
            && let Some(ticket) = self.only_open(writer.address).await?
            && stays_with_only(&ticket, &routed)
        {
            let running = self.packs.of(&ticket.pack, &self.store).await?;
            let because = "the mail server vouches for its sender, who has only this request open";
            return Ok(Plan::join(running, ticket, because));
        }
        Ok(Plan::Open { linked, route: Some(routed) })
    }

    /// What the words of a mail start. An attached mail is for people to read: nothing is done because of it.
    pub(super) async fn route_mail(&self, running: &Running, mail: &Incoming) -> Result<Routed, DeskError> {
        let passed_on = mail.forwarded.as_ref().filter(|inner| !inner.attached);
        let passed_on = passed_on.map(|inner| (inner.subject.clone(), inner.text.clone()));
        self.route(running, &mail.topic, &mail.own_text, passed_on).await
    }

    /// The open request of an address, if it has exactly one.
    async fn only_open(&self, address: &str) -> Result<Option<Ticket>, DeskError> {
        let mut only = None;
        for row in self.store.tickets_of(address).await? {
            if row.state.is_closed() {
                continue;
            }
            let ticket = self.store.ticket(&row.reference).await?.filter(|ticket| is_open_for(ticket, address));
            if let Some(ticket) = ticket
                && only.replace(ticket).is_some()
            {
                return Ok(None);
            }
        }
        Ok(only)
    }
}
