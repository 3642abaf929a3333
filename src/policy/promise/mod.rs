//! What the desk has promised for a ticket, and whether it is kept: `terms` is what policy says, `reckon` the
//! arithmetic, `look` what a clock shows at any moment, `keep` what an event does to the clocks of a ticket, `chain` when
//! somebody is told that one runs out, `anew` what a later version of policy makes
//! of clocks under way, `tally` how promises came out, counted.
//!
//! Nothing is counted up. A clock holds when it started and how much it may count; what it shows is reckoned from the
//! states that its ticket was in. So a clock shows the same whether somebody looks once or after every event.

pub mod anew;
pub mod chain;
pub mod keep;
pub mod look;
pub mod reckon;
pub mod tally;
pub mod terms;
