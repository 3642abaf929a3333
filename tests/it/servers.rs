//! Mail as the world does it: a real post office (Postfix) and a person who writes to it (swaks). `tests/run` turns
//! these tests on; without root, Postfix or swaks they fail. Beside them, programs of others that use what editors get, and
//! a browser that shows the chat page.

mod browser;
mod editors;
mod ground;
mod mail;
mod mailboxes;
mod postfix;
mod relay;
mod swaks;
mod telegram;
