//! What is written in a box, line by line, and how large the box must be for it.

use super::glyphs::{width, wrap};
use super::layout::Size;
use super::{Kind, Step};

/// The width of a box of a story, and of a flow in the picture of a pack.
const WIDE: i32 = 264;
const NARROW: i32 = 216;
/// From the edge of a box to its words.
pub(super) const INSET: i32 = 14;
/// The sizes of type.
pub(super) const TEXT: u32 = 13;
pub(super) const SMALL: u32 = 12;

/// How a line is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// The kind of the box, with its name in the source at the right.
    Head,
    /// The condition.
    Guard,
    /// What happens.
    Words,
    /// A note.
    Note,
    /// The first line of a note on time; it gets a little clock.
    Clock,
    /// The other lines of a note on time, below its words.
    Under,
    /// What is not tested.
    Untested,
}

impl Style {
    /// How high a line is.
    pub(super) fn height(self) -> i32 {
        match self {
            Style::Head => 20,
            Style::Words => 17,
            Style::Guard | Style::Note | Style::Clock | Style::Under | Style::Untested => 16,
        }
    }
}

/// A line in a box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) style: Style,
    pub(super) text: String,
    /// From the top of the box to the middle of the line.
    pub(super) y: i32,
}

/// The words of a box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) lines: Vec<Written>,
    pub(super) size: Size,
}

/// Sets the words of a box.
pub(super) fn content(step: &Step) -> Content {
    if step.kind == Kind::End {
        return chip(step);
    }
    let wide = if matches!(step.kind, Kind::Flow | Kind::Answer) { NARROW } else { WIDE };
    let room = wide - 2 * INSET;
    let mut setter = Setter { lines: Vec::new(), y: 8, room };
    setter.add(Style::Head, step.kind.word().to_owned());
    if let Some(guard) = &step.guard {
        setter.wrapped(Style::Guard, &format!("Only if {guard}"));
        setter.y += 4;
    }
    for words in &step.words {
        setter.wrapped(Style::Words, words);
        setter.y += 3;
    }
    for note in &step.notes {
        setter.wrapped(if note.clock { Style::Clock } else { Style::Note }, &note.words);
    }
    if step.reached == Some(false) && !matches!(step.kind, Kind::Flow | Kind::Answer) {
        setter.add(Style::Untested, "NOT TESTED by any scenario".into());
    }
    Content { lines: setter.lines, size: Size { width: wide, height: setter.y + 8 } }
}

/// An end is one line, or two.
fn chip(step: &Step) -> Content {
    let mut setter = Setter { lines: Vec::new(), y: 7, room: 200 };
    setter.wrapped(Style::Words, &format!("{}: {}", step.kind.word(), step.words.join(" ")));
    if step.reached == Some(false) {
        setter.add(Style::Untested, "NOT TESTED".into());
    }
    let widest = setter.lines.iter().map(|line| width(&line.text, TEXT, true)).max().unwrap_or(0);
    Content { size: Size { width: widest + 2 * INSET + 8, height: setter.y + 7 }, lines: setter.lines }
}

struct Setter {
    lines: Vec<Written>,
    y: i32,
    room: i32,
}

impl Setter {
    fn add(&mut self, style: Style, text: String) {
        self.lines.push(Written { style, text, y: self.y + style.height() / 2 });
        self.y += style.height();
    }

    fn wrapped(&mut self, style: Style, text: &str) {
        let (size, bold, room) = match style {
            Style::Words => (TEXT, false, self.room),
            Style::Guard => (SMALL, false, self.room),
            Style::Clock => (SMALL, false, self.room - 18),
            Style::Head | Style::Note | Style::Under | Style::Untested => (SMALL, false, self.room),
        };
        for (n, line) in wrap(text, size, bold, room).into_iter().enumerate() {
            match (style, n) {
                // Only the first line has the clock.
                (Style::Clock, 1..) => self.add(Style::Under, line),
                _ => self.add(style, line),
            }
        }
    }
}

/// The size of a label on a way.
pub(super) fn label(text: &str) -> Size {
    Size { width: width(text, SMALL, false) + 12, height: 20 }
}
