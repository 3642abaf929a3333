//! Mail that was put aside, in an agent's hands: looked at, read again, released, discarded. And the end of its bytes.
//!
//! What is let in takes the way of any mail, as of the moment at which it came.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::fault::{self, Point};
use crate::mail::{self, Envelope, Incoming, Limits, Reading, Unreadable, address, lenient};
use crate::policy::intent::{Decision as Routing, Routed};
use crate::policy::message::Party;
use crate::policy::outcome::{Act, Event};
use crate::policy::proof::{self, Vouched};
use crate::store::{AsideMail, Commit, Decision, Intake, Refusal, Standing, Unsettled};

use super::inflight::Attempt;
use super::intake::{Receipt, Taken};
use super::joining::Plan;
use super::stop::Stop;
use super::{ATTEMPTS, Desk, DeskError, worker};

/// The code of a mail that took the whole process down: no reader is let near it again by a glance or a release.
const DEADLY: &str = "kills-its-reader";
/// How often a mail may take its reader down when it is read again.
const DEATHS: u32 = 3;
/// How often a running desk looks for bytes whose time is over.
const LOOK: Duration = Duration::from_secs(600);
/// How many are deleted in one look at the database.
const BATCH: u32 = 100;

/// What came of a mail that an agent took up.
#[derive(Debug, Clone, Serialize)]
pub struct TakenUp {
    /// Its number.
    pub id: i64,
    /// How it stands now: held, released or discarded.
    pub state: &'static str,
    /// What was done with it.
    #[serde(flatten)]
    pub taken: Taken,
}

/// What can be shown of a mail that was put aside.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Glance {
    /// Its header lines.
    pub headers: Vec<String>,
    /// Whatever text can be had.
    pub text: String,
    /// What is attached.
    pub attachments: Vec<GlancedAttachment>,
}

/// An attachment, by name only.
#[derive(Debug, Clone, Serialize)]
pub struct GlancedAttachment {
    /// A safe name.
    pub name: String,
    /// Its type, as labelled.
    pub media_type: String,
    /// Its length in bytes.
    pub size: usize,
}

impl Desk {
    /// Reads a mail again that was put aside, with today's reader and settings. One that still cannot be read stays.
    pub async fn read_again(&self, id: i64, agent: &str) -> Result<TakenUp, DeskError> {
        let agent = &self.known_agent(agent).await?;
        let aside = self.held_mail(id).await?;
        let raw = bytes_of(&aside)?;
        let attempt = self.begin_attempt(&aside.digest)?;
        if attempt.died_before >= DEATHS {
            let reason = format!("reading this mail stopped the desk {} times", attempt.died_before);
            self.finish(attempt, &aside.digest);
            return Ok(still_held(id, &aside, DEADLY, reason));
        }
        let reading = self.read(raw, envelope_of(&aside)).await;
        self.finish(attempt, &aside.digest);
        match reading? {
            Reading::Readable(mail) => {
                let note = format!("{} It could be read when {agent} tried again.", why_held(&aside));
                self.let_in(&aside, *mail, Letting::AsIs, agent, &note).await
            }
            Reading::Unreadable(unreadable) => {
                Ok(TakenUp { id, state: Standing::Held.name(), taken: Taken::unread(unreadable) })
            }
        }
    }

    /// Lets a mail in, for which an agent vouches: whatever can be had of it. Nobody has sent it but whom the agent names,
    /// unless it can be read well by now.
    pub async fn release(&self, id: i64, agent: &str, from: Option<&str>) -> Result<TakenUp, DeskError> {
        let agent = &self.known_agent(agent).await?;
        let sender = from.map(|from| self.sender_named(from)).transpose()?;
        let aside = self.held_mail(id).await?;
        let raw = bytes_of(&aside)?;
        let mut mail = self.whatever(&aside, raw).await?;
        let sender = sender.or_else(|| Some(mail.from.address.clone()).filter(|address| !address.is_empty()));
        let note = match &sender {
            Some(sender) => format!("{} {agent} released it, as from {sender}.", why_held(&aside)),
            None => format!("{} {agent} released it. Nobody is named as its sender.", why_held(&aside)),
        };
        let known = sender.is_some();
        mail.standing = proof::Standing {
            vouched: Vouched::No,
            because: format!("Nobody vouches for this sender: {agent} let the mail in by hand."),
        };
        mail.from = Party::at(sender.unwrap_or_else(|| format!("unknown sender (mail {id})")));
        let letting = if known && mail.class.is_from_a_person() { Letting::AsIs } else { Letting::ForAPerson };
        self.let_in(&aside, mail, letting, agent, &note).await
    }

    /// Says that nothing follows from a mail that was put aside.
    pub async fn discard(&self, id: i64, agent: &str, why: &str) -> Result<TakenUp, DeskError> {
        let agent = &self.known_agent(agent).await?;
        let why = why.trim();
        if why.is_empty() {
            return Err(DeskError::Refused("say why it is discarded, with --reason".into()));
        }
        let aside = self.held_mail(id).await?;
        let because = format!("{agent} discarded it: {why}");
        let intake = Intake {
            door: aside.mail.door,
            source_key: None,
            message_id: aside.mail.message_id.clone(),
            digest: aside.digest.clone(),
            at: aside.mail.at,
            decision: Decision::Ignored,
            class: None,
            reference: None,
            covers: Vec::new(),
            flow: None,
            because: because.clone(),
            quarantine: None,
            filed: None,
        };
        let standing = Standing::Discarded { by: agent.to_owned(), at: self.clock.now() };
        let commit = Commit { intake: Some(intake), ..Commit::default() };
        self.store.settle_aside(id, standing.clone(), &commit).await?.map_err(|unsettled| refused(id, unsettled))?;
        let mut taken = Taken::unread(unread(&aside, DEADLY, because));
        taken.decision = "ignored";
        Ok(TakenUp { id, state: standing.name(), taken })
    }

    /// What can be shown of a mail that was put aside, safely. Of one that kills its reader that is its headers.
    pub async fn glance(&self, aside: &AsideMail) -> Result<Glance, DeskError> {
        let Some(raw) = aside.raw.clone() else { return Ok(Glance::default()) };
        let headers = lenient::header_lines(&raw);
        if aside.mail.code == DEADLY {
            return Ok(Glance { headers, ..Glance::default() });
        }
        let mail = self.whatever(aside, Arc::new(raw)).await?;
        let attachments = mail.attachments.into_iter().map(|attachment| GlancedAttachment {
            name: attachment.name,
            media_type: lenient::plain(&attachment.media_type),
            size: attachment.bytes.len(),
        });
        Ok(Glance { headers, text: lenient::plain(&mail.text), attachments: attachments.collect() })
    }

    /// Deletes bytes of mail that was put aside, once their time is over. Gives the numbers of the mails.
    pub async fn delete_old_bytes(&self) -> Result<Vec<i64>, DeskError> {
        let now = self.clock.now();
        let mut deleted = Vec::new();
        loop {
            let oldest = self.store.kept_bytes(BATCH).await?;
            let over: Vec<i64> =
                oldest.iter().filter(|(_, came, _)| self.kept_until(*came) <= now).map(|(id, _, _)| *id).collect();
            if over.is_empty() {
                break;
            }
            for id in over {
                if self.store.delete_bytes(id, now).await? {
                    tracing::info!(mail = id, "the bytes of a mail in quarantine were deleted: their time is over");
                    deleted.push(id);
                }
            }
        }
        if !deleted.is_empty() && !self.store.overwrite_deleted().await? {
            tracing::info!("somebody still reads the database; what was deleted is overwritten a little later");
        }
        Ok(deleted)
    }

    /// Until when the bytes of a mail are kept that was put aside.
    pub fn kept_until(&self, came: jiff::Timestamp) -> jiff::Timestamp {
        let running = self.packs.current();
        let rules = &running.pack.desk.quarantine;
        let calendar = running.pack.desk.calendar_of(&rules.queue);
        // The checker has made sure that the queue has a calendar.
        calendar.map_or(jiff::Timestamp::MAX, |calendar| calendar.due(came, rules.kept))
    }

    /// Deletes what has had its time, until the desk stops: bytes of mail in quarantine, and words of chats.
    pub async fn keep_deleting(&self, mut stop: Stop) {
        loop {
            if let Err(error) = self.delete_old_bytes().await {
                tracing::error!(%error, "old bytes of mail in quarantine could not be deleted");
            }
            if let Err(error) = self.delete_old_chats().await {
                tracing::error!(%error, "the words of old chats could not be deleted");
            }
            if stop.sleep(LOOK).await {
                return;
            }
        }
    }

    /// A mail that is still held.
    async fn held_mail(&self, id: i64) -> Result<AsideMail, DeskError> {
        match self.store.aside(id).await? {
            None => Err(refused(id, Unsettled::Unknown)),
            Some(aside) if aside.mail.standing != Standing::Held => {
                Err(refused(id, Unsettled::Before(aside.mail.standing)))
            }
            Some(aside) => Ok(aside),
        }
    }

    fn begin_attempt(&self, digest: &str) -> Result<Attempt, DeskError> {
        Attempt::begin(&self.data, digest)
            .map_err(|source| DeskError::File { doing: "cannot note the mail under way".into(), source })
    }

    fn finish(&self, attempt: Attempt, digest: &str) {
        if let Err(error) = attempt.finish(&self.data, digest) {
            tracing::warn!(%error, "the mark of a mail under way could not be removed");
        }
    }

    /// An address that an agent gives for the sender.
    fn sender_named(&self, written: &str) -> Result<String, DeskError> {
        let address = address::only_address(written)
            .map_err(|_| DeskError::Refused(format!("`{written}` is not one plain mail address")))?;
        let own = self.packs.current().pack.desk.addresses.iter().any(|own| own.eq_ignore_ascii_case(&address));
        if own { Err(DeskError::Refused(format!("{address} is the desk's own address"))) } else { Ok(address) }
    }

    /// Whatever can be had of a mail: read well, or leniently, or not at all.
    async fn whatever(&self, aside: &AsideMail, raw: Arc<Vec<u8>>) -> Result<Incoming, DeskError> {
        let words = format!("This mail could not be read. It is kept as mail {} in quarantine.", aside.mail.id);
        if aside.mail.code == DEADLY {
            return Ok(lenient::unread(&raw, &aside.digest, &words));
        }
        let (desk, envelope, bytes) = (self.desk_mail(), envelope_of(aside), Arc::clone(&raw));
        let read = worker::run(move || match mail::read(&bytes, &envelope, &desk, &Limits::default()) {
            Reading::Readable(mail) => *mail,
            Reading::Unreadable(_) => mail::read_leniently(&bytes, &envelope, &desk, &Limits::default()),
        });
        match read.await {
            Ok(mail) => Ok(mail),
            Err(failed @ worker::Failed::NoThread) => Err(failed.into()),
            Err(_) => Ok(lenient::unread(&raw, &aside.digest, &words)),
        }
    }

    /// Takes a mail through intake as of the moment at which it came, and settles it in the same commit.
    async fn let_in(
        &self,
        aside: &AsideMail,
        mut mail: Incoming,
        letting: Letting,
        agent: &str,
        note: &str,
    ) -> Result<TakenUp, DeskError> {
        if letting == Letting::ForAPerson {
            mail.suppress_answer = Some("nobody is known to have sent it who could be answered".into());
        }
        let id = aside.mail.id;
        for _ in 0..ATTEMPTS {
            let now = self.clock.now();
            let receipt = Receipt { door: aside.mail.door, came: aside.mail.at, now };
            let plan = match (letting, self.plan(&mail, receipt.came).await?) {
                (Letting::ForAPerson, Plan::Ignore | Plan::AboutNotice { .. }) => {
                    Plan::Open { linked: None, route: Some(for_a_person()) }
                }
                (Letting::ForAPerson, Plan::Open { linked, .. }) => Plan::Open { linked, route: Some(for_a_person()) },
                (_, plan) => plan,
            };
            let (mut taken, mut commit) = self.carry_out(receipt, &mail, plan).await?;
            self.tell_ticket(&mut commit, agent, note, now).await?;
            let standing = Standing::Released { by: agent.to_owned(), at: now };
            match self.store.settle_aside(id, standing.clone(), &commit).await? {
                Ok(first) => {
                    fault::at(Point::AsideSettled);
                    if let Some(first) = first {
                        taken.repeats(first);
                    }
                    self.deliver_after_commit(now).await;
                    return Ok(TakenUp { id, state: standing.name(), taken });
                }
                Err(Unsettled::Refused(
                    Refusal::Stale { .. } | Refusal::ReferenceTaken(_) | Refusal::EventKnown(_),
                )) => {}
                Err(unsettled) => return Err(refused(id, unsettled)),
            }
        }
        Err(DeskError::Contended)
    }

    /// Writes into the ticket what its message does not say: that it was held, why, who let it in or wrote it down.
    pub(super) async fn tell_ticket(
        &self,
        commit: &mut Commit,
        agent: &str,
        note: &str,
        now: jiff::Timestamp,
    ) -> Result<(), DeskError> {
        let Some(change) = commit.tickets.first_mut() else { return Ok(()) };
        let running = self.packs.of(&change.ticket.pack, &self.store).await?;
        let event = Event::Acted { agent: agent.to_owned(), act: Act::Note { text: note.to_owned() } };
        let event_id = format!("act:{}", change.ticket.version + 1);
        let noted = self.turn(&running, Some(&change.ticket), event, event_id, now).await?;
        change.ticket = noted.ticket;
        change.lines.extend(noted.change.lines);
        change.letters.extend(noted.change.letters);
        change.notices.extend(noted.change.notices);
        Ok(())
    }
}

/// How a mail is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Letting {
    /// Like any other mail.
    AsIs,
    /// To a person, and nobody gets an automatic letter: a robot wrote it, or nobody knows who did.
    ForAPerson,
}

/// Saves the bytes of a mail into a new file that only its owner can read.
pub fn save_bytes(path: &Path, raw: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::File::options().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(raw)
}

fn for_a_person() -> Routed {
    let because = "nobody is known to have sent it who could be asked".into();
    Routed { decision: Routing::Triage, flow: "triage".into(), because, candidates: Vec::new(), also: Vec::new() }
}

fn why_held(aside: &AsideMail) -> String {
    let reason = aside.mail.reason.trim_end_matches('.');
    format!("This mail (number {}) came at {} and was held in quarantine: {reason}.", aside.mail.id, aside.mail.at)
}

fn envelope_of(aside: &AsideMail) -> Envelope {
    Envelope { mail_from: aside.mail_from.clone(), rcpt: aside.rcpt.clone() }
}

fn bytes_of(aside: &AsideMail) -> Result<Arc<Vec<u8>>, DeskError> {
    match (&aside.raw, aside.mail.deleted) {
        (Some(raw), _) => Ok(Arc::new(raw.clone())),
        (None, Some(deleted)) => Err(DeskError::Refused(format!(
            "the bytes of mail {} were deleted at {deleted}; it can only be discarded",
            aside.mail.id
        ))),
        (None, None) => Err(DeskError::Refused(format!("the bytes of mail {} are not there", aside.mail.id))),
    }
}

fn unread(aside: &AsideMail, code: &'static str, reason: String) -> Unreadable {
    let mail = &aside.mail;
    let (message_id, from, subject) = (mail.message_id.clone(), mail.from.clone(), mail.subject.clone());
    Unreadable { reason, code, message_id, from, subject }
}

fn still_held(id: i64, aside: &AsideMail, code: &'static str, reason: String) -> TakenUp {
    TakenUp { id, state: Standing::Held.name(), taken: Taken::unread(unread(aside, code, reason)) }
}

/// Tells an agent why nothing was done.
fn refused(id: i64, unsettled: Unsettled) -> DeskError {
    DeskError::Refused(match &unsettled {
        Unsettled::Before(standing) => match standing.decided() {
            Some((by, at)) => format!("mail {id} was {} by {by} at {at}; nothing was done", standing.name()),
            None => format!("mail {id} is still held"),
        },
        Unsettled::Unknown => format!("there is no mail {id} in quarantine; `caredesk quarantine list` shows them"),
        Unsettled::Refused(refusal) => refusal.to_string(),
    })
}
