//! Letters and the relay: what it may do wrong, what is known when it falls silent, and to whom letters go.

mod doubt;
mod fake;
mod faults;
mod office;
mod rules;
mod serving;
mod tls;
