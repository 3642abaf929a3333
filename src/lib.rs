//! caredesk: a helpdesk that is run by rules.
//!
//! A message comes in, the engine finds or opens its ticket, takes it one step on in its flow, commits everything that
//! follows in one transaction, and sends what is to be sent. A clock that runs out and an agent's click are messages
//! too. Policy staff own `flows/` and `rules/`; nobody recompiles or restarts to change them.
//!
//! # The rooms
//!
//! ```text
//! policy    DECIDES    pure: (pack, ticket, event, now) -> outcome
//! library   READS      flows/ and rules/ from disk; checks them
//! store     REMEMBERS  the only room that knows SQL
//! mail      SPEAKS     mail: bytes in, bytes out
//! texts     SPEAKS     texts to mobiles, by a service
//! tls       whom this machine trusts
//! desk      ACTS       event -> load -> advance -> commit -> outbox
//! chat      SPEAKS     chat: Telegram
//! web       SHOWS      the chat page
//! cli       ASKS       one file a command
//! clock     the only caller of the system clock
//! fault     places at which a test can hurt the desk; nothing in what people run
//! config    the operator's settings, read once
//! ```
//!
//! Imports run downwards only: `cli` → `web`, `chat` → `desk` → `texts` → `mail`, `store` → `library` → `policy`.
//!
//! # Words
//!
//! *pack* all of `flows/` and `rules/`, one version, named by its digest · *flow*, *step* · *fact* a typed value ·
//! *rule* a Rhai function: facts in, *verdict* out · *ticket* has a reference, a requester and a flow run · *event*
//! whatever happens to a ticket · *outcome* what an event leads to · *journal* the events of a ticket with their traces ·
//! *outbox* letters waiting to go · *task* work for an agent · *finding* what the checker says · *scenario* a story that
//! tests a flow.
//!
//! # A mail arrives
//!
//! 1. It comes by a door: [`desk::lmtp`] talks with a mail server, [`desk::inbox`] looks into a folder. Neither says that
//!    it has the mail before the commit.
//! 2. [`desk::intake`] notes that the mail is under way, and has [`mail::read`](mod@mail::read) read it on a thread with a deep stack.
//!    What cannot be read is kept raw and becomes a row of the quarantine.
//! 3. Our signed Message-ID in its references, from the address that the letter went to, finds its ticket. Otherwise
//!    [`policy::intent`] picks the flow for a new one.
//! 4. [`policy::advance`] takes the ticket through the event. If it needs a look-up, `desk` finds it in [`store`] and
//!    feeds it back as the next event.
//! 5. [`store`] commits the ticket, its journal lines, timers, letters and the row of the ledger at once, or says that
//!    something moved; then the turn is taken again.
//! 6. [`desk::deliver`] takes what the outbox holds to the relay and the text service, or writes files.
//!
//! # A flow is written
//!
//! `cli::simulate` plays a story line by line: each line is read as an item of a scenario and told on the stage on which
//! `test` tells them, [`policy::scenario::Rehearsal`]; what was played is written down as a scenario. [`policy::editor`]
//! knows the keys of every kind of file, from the tables by which they are read, and the names that the pack gives;
//! `cli::schema` and `cli::lsp` hand that to editors.
//!
//! # A mail is put aside
//!
//! What cannot be read, or should not be, is a row of the quarantine and work of a queue. An agent looks at it, and
//! [`desk::quarantine`] has it read again, released or discarded: the way of any mail, as of the moment at which it came,
//! and one commit that also turns its row of the ledger into what it became.
//!
//! # A due time comes
//!
//! `serve` and `tick` read due timers and hand each to `advance` as an event. A timer fires once: its event id is in the
//! journal, and the ticket's version moved.
//!
//! # A target lapses
//!
//! At the end of each event [`policy::promise::keep`] starts and stops the clocks of what was promised, says when each is
//! due, and sets a timer for each stage of its chain. A stage that fires is an event like any other: it tells somebody, or
//! escalates, and the flow stays where it is.
//!
//! # A backup is made
//!
//! [`store::Store::back_up`] writes the database as of one moment and every attachment into a new folder, with a
//! manifest. [`store::restore()`] checks every byte beside the place, holds letters that had not gone, and puts all of it
//! in place by one rename.
//!
//! # A flow is edited
//!
//! [`desk::follow`] sees other files, checks them and tells their scenarios. A good pack is stored under its digest and
//! takes new tickets; a bad one changes nothing. Tickets under way keep the pack they began with. Once a pack was published
//! ([`desk::publishing`]), only publishing changes what runs; [`desk::past`] plays recorded tickets through another pack.

pub mod chat;
pub mod cli;
pub mod clock;
pub mod config;
pub mod desk;
pub mod fault;
pub mod library;
pub mod mail;
pub mod policy;
pub mod store;
pub mod texts;
mod tls;
pub mod web;
