//! DECIDES. Pure: no clock, no disk, no network, no randomness, no async, and no other room of `src/`.

pub mod advance;
pub mod calendar;
pub mod check;
mod draft;
pub mod editor;
pub mod explain;
pub mod facts;
pub mod finding;
pub mod flow;
pub mod graph;
pub mod intent;
pub mod message;
pub mod notice;
pub mod outcome;
pub mod promise;
pub mod recognise;
pub mod reference;
pub mod replay;
pub mod rules;
pub mod scenario;
pub mod schema;
pub mod text;
pub mod thread;
pub mod ticket;
pub mod world;
pub mod yaml;
