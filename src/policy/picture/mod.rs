//! Pictures of a flow and of the whole pack: what stands in them, and their drawings as SVG, Mermaid and DOT. Everything
//! is worked out here from the pack alone; nothing is asked of a browser or another program.
//!
//! ```text
//!   pack ─► picture ─┬─► content (text wrapped, sizes) ─► layout (places, routes) ─► svg
//!                    ├─► mermaid
//!                    └─► dot
//! ```

mod content;
mod dot;
mod glyphs;
pub mod layout;
mod mermaid;
mod of_flow;
mod of_pack;
mod paper;
mod shelf;
mod svg;

pub use dot::dot;
pub use mermaid::mermaid;
pub use of_flow::of_flow;
pub use of_pack::of_pack;
pub(crate) use paper::escaped;
pub use paper::{STYLE, Styled};
pub use svg::svg;

/// What is to be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// A name that can stand in an id: the flow's own.
    pub name: String,
    /// Its heading.
    pub title: String,
    /// What somebody hears who does not see it.
    pub description: String,
    /// The boxes, in the order of the story.
    pub boxes: Vec<Step>,
    /// The ways between them.
    pub ways: Vec<Line>,
    /// The names of areas; without any, the boxes are drawn as one story.
    pub areas: Vec<String>,
    /// Whether it says what the scenarios reach.
    pub tested: bool,
}

/// One box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its name in the source; empty for a beginning or an end.
    pub name: String,
    /// What kind of thing happens.
    pub kind: Kind,
    /// The condition under which it happens, in words.
    pub guard: Option<String>,
    /// What happens, one paragraph each.
    pub words: Vec<String>,
    /// Waits, times and what else follows.
    pub notes: Vec<Note>,
    /// Whether some scenario comes here, if that is known.
    pub reached: Option<bool>,
    /// The place of its area in [`Picture::areas`].
    pub area: usize,
}

/// A smaller line in a box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What it says.
    pub words: String,
    /// Whether it speaks of time.
    pub clock: bool,
}

/// A way from a box to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The first box.
    pub from: usize,
    /// The second box.
    pub to: usize,
    /// When it is taken; empty when there is no other.
    pub label: String,
    /// Whether some scenario goes it, if that is known.
    pub reached: Option<bool>,
    /// Whether it is only offered.
    pub offered: bool,
}

/// What kind of thing happens in a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The flow begins.
    Start,
    /// The desk says something.
    Say,
    /// The desk asks and waits.
    Ask,
    /// The desk reads its records.
    LookUp,
    /// A rule decides.
    Decide,
    /// An agent does something.
    Task,
    /// An agent takes over.
    HandOver,
    /// Somebody else is told.
    Escalate,
    /// Somebody proves who they are.
    Prove,
    /// The directory changes.
    Record,
    /// Time passes.
    Wait,
    /// Another flow runs.
    Run,
    /// The flow ends.
    End,
    /// A whole flow.
    Flow,
    /// A question with its answer.
    Answer,
}

impl Kind {
    /// The word over the box. Colour and shape never stand alone.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Start => "Start",
            Kind::Say => "We write",
            Kind::Ask => "We ask",
            Kind::LookUp => "We look up",
            Kind::Decide => "A rule decides",
            Kind::Task => "An agent does",
            Kind::HandOver => "An agent takes over",
            Kind::Escalate => "We escalate",
            Kind::Prove => "Who speaks?",
            Kind::Record => "We record",
            Kind::Wait => "We wait",
            Kind::Run => "Another flow",
            Kind::End => "End",
            Kind::Flow => "Flow",
            Kind::Answer => "Answer",
        }
    }

    /// The word for it in a style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Kind::Start | Kind::End => "end",
            Kind::Say | Kind::Answer => "say",
            Kind::Ask | Kind::Prove => "ask",
            Kind::LookUp | Kind::Decide | Kind::Record | Kind::Wait => "think",
            Kind::Task | Kind::HandOver => "agent",
            Kind::Escalate => "out",
            Kind::Run | Kind::Flow => "flow",
        }
    }
}
