//! Everything that a user, an agent, an author or an operator would notice, in one test program.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first thing that is not as told")]

mod agents;
mod agents_told;
mod attacks;
mod backup;
mod bad_packs;
mod bench_guide;
mod bench_measure;
mod bench_run;
mod calendars;
mod calendars_made;
mod calls;
mod chat;
mod check;
mod classes;
mod clocks;
mod explain;
mod findings;
mod first_ticket;
mod fuzz;
mod handbook;
mod jumps;
#[cfg(feature = "faults")]
mod kills;
mod latest;
mod ledger;
mod lmtp;
mod lmtp_serve;
mod lsp;
mod mail;
mod mail_letters;
mod mail_secrets;
mod mail_structure;
mod new;
#[cfg(feature = "faults")]
mod outages;
mod pictures;
mod promises;
mod quarantine;
mod recognise;
mod relay;
mod replay;
mod replies;
mod rules;
mod schema;
mod serve;
#[cfg(feature = "servers")]
mod servers;
mod several;
mod shape;
mod simulate;
mod store;
mod store_directory;
mod store_faults;
mod store_migration;
mod store_samples;
mod store_statements;
mod store_storm;
mod stories;
mod support;
mod targets_report;
mod trouble;
mod understanding;
mod values;
mod values_made;
mod writing_flows;
