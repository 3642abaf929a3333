//! `simulate`: plays a flow by hand, on a clock of its own. Nothing is sent or kept.

mod item;
mod line;
mod save;
mod screen;

use std::io::{self, IsTerminal as _, Write as _};

use clap::{Args, ValueEnum};
use jiff::civil;

use crate::desk::DeskError;
use crate::library::{self, Running};
use crate::policy::finding::did_you_mean;
use crate::policy::message::Channel;
use crate::policy::scenario::{BEGINS, Rehearsal};

use super::typed::{Typed, typed};
use super::{Failure, Format, Settings, open, print};
use line::Line;

/// Play a flow by hand: say what people say, let time pass, act as an agent. Nothing is sent or kept.
///
/// Type `help` there for all that can be typed.
#[derive(Debug, Args)]
pub(super) struct Simulate {
    /// Begin with this flow: the person says its first example.
    flow: Option<String>,
    /// How the person speaks at first.
    #[arg(long, value_enum, default_value_t = By::Chat)]
    channel: By,
}

/// How the person speaks at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// By mail.
    Mail,
    /// By chat.
    Chat,
}

impl Simulate {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        if settings.format == Format::Json {
            return Err(Failure::Usage("simulate is a talk with a person; it has no JSON".into()));
        }
        let (running, _) = library::load(&settings.pack).map_err(DeskError::Library)?;
        let first = self.flow.as_deref().map(|flow| first_words(&running, flow)).transpose()?;
        library::understand(&running, &open::models(settings));
        let zone = &running.pack.desk.zone;
        let begins = settings.now.map_or(BEGINS, |now| to_the_minute(now.to_zoned(zone.clone()).datetime()));
        let route = |subject: &str, text: &str| running.matcher.route(subject, text);
        let rehearsal = Rehearsal::new(&running.pack, &route, &running.files, begins).map_err(Failure::Other)?;
        let channel = match self.channel {
            By::Mail => Channel::Mail,
            By::Chat => Channel::Chat,
        };
        let mut play =
            Play { settings, running: &running, rehearsal, channel, speakers: Speakers::default(), subject: None };
        print::text("Type what a person says, and see what the desk does. `help` says what else; `quit` ends it.")?;
        if let Some((words, start)) = first {
            print::text(&format!("{}{words}", play.prompt()))?;
            play.say(None, &words)?;
            if let Some(flow) = start {
                play.starts(&flow)?;
            }
        }
        play.go_on()
    }
}

/// What the person says first, and the flow that an agent starts behind it when no words of a person do.
fn first_words(running: &Running, flow: &str) -> Result<(String, Option<String>), Failure> {
    let flows = &running.pack.flows;
    let Some(found) = flows.get(flow) else {
        let help = did_you_mean(flow, flows.keys().map(String::as_str));
        return Err(Failure::Usage(format!("there is no flow called `{flow}`: {help}")));
    };
    let example = found.starts.as_ref().and_then(|starts| starts.examples.first());
    Ok(match example {
        Some(example) => (example.clone(), None),
        None => ("Hello, I need help with something.".into(), Some(flow.to_owned())),
    })
}

fn to_the_minute(at: civil::DateTime) -> civil::DateTime {
    at.date().at(at.hour(), at.minute(), 0, 0)
}

/// Who speaks by each channel.
struct Speakers {
    mail: String,
    chat: String,
    phone: String,
}

impl Default for Speakers {
    fn default() -> Self {
        Self {
            mail: "Pat Sample <pat.sample@home.example>".into(),
            chat: "pat_sample".into(),
            phone: "07700 900987".into(),
        }
    }
}

impl Speakers {
    fn of(&mut self, channel: Channel) -> &mut String {
        match channel {
            Channel::Mail => &mut self.mail,
            Channel::Chat => &mut self.chat,
            Channel::Phone | Channel::Text => &mut self.phone,
        }
    }
}

struct Play<'a> {
    settings: &'a Settings,
    running: &'a Running,
    rehearsal: Rehearsal<'a>,
    channel: Channel,
    speakers: Speakers,
    subject: Option<String>,
}

impl Play<'_> {
    /// Reads lines until the end.
    fn go_on(&mut self) -> Result<(), Failure> {
        let by_hand = io::stdin().is_terminal();
        let mut so_far = String::new();
        loop {
            let prompt = if so_far.is_empty() { self.prompt() } else { "… ".into() };
            if by_hand {
                let mut out = io::stdout().lock();
                let _ = write!(out, "{prompt}").and_then(|()| out.flush());
            }
            let typed = match typed()? {
                Typed::End => {
                    return if by_hand { print::text("") } else { Ok(()) };
                }
                Typed::Unusable(why) => {
                    print::text(&why)?;
                    continue;
                }
                Typed::Line(typed) => typed,
            };
            if !by_hand {
                print::text(&format!("{prompt}{typed}"))?;
            }
            if let Some(part) = typed.strip_suffix('\\') {
                so_far.push_str(part.trim_end());
                so_far.push('\n');
                continue;
            }
            so_far.push_str(&typed);
            let whole = std::mem::take(&mut so_far);
            if !self.take(line::read(&whole))? {
                return Ok(());
            }
        }
    }

    fn prompt(&self) -> String {
        let channel = match self.channel {
            Channel::Mail => "mail",
            Channel::Chat => "chat",
            Channel::Phone | Channel::Text => "call",
        };
        format!("{} {channel}> ", screen::moment(self.rehearsal.now(), &self.running.pack.desk.zone))
    }

    /// Does what a line asks for. `false` at the end.
    fn take(&mut self, line: Line) -> Result<bool, Failure> {
        match line {
            Line::Quit => return Ok(false),
            Line::Nothing => {}
            Line::Say(channel, text) => self.say(channel, &text)?,
            Line::Switch(channel) => self.channel = channel,
            Line::From(who) => self.is_spoken_by(&who)?,
            Line::Subject(subject) => self.subject = Some(subject).filter(|subject| !subject.is_empty()),
            Line::After(length) => self.play(&format!("after: {length}"))?,
            Line::Next => self.next()?,
            Line::Agent(typed) => match item::act(&typed) {
                Ok(item) => self.play(&item)?,
                Err(why) => print::text(&why)?,
            },
            Line::Directory(rows) => self.play(&format!("directory: {}", rows.replace('\n', " ")))?,
            Line::Show => print::text(&screen::all(&self.running.pack, &self.rehearsal))?,
            Line::Why => match self.rehearsal.why() {
                Some([]) => print::text("Nothing was decided in the last step.")?,
                Some(lines) => print::text(&lines.join("\n"))?,
                None => print::text("Nothing has happened yet.")?,
            },
            Line::Story => match self.rehearsal.scenario("a story") {
                Some(story) => print::text(story.trim_end())?,
                None => print::text("Nothing was played yet.")?,
            },
            Line::Who => print::text(&screen::directory(self.rehearsal.world()))?,
            Line::Undo => self.undo()?,
            Line::Restart => {
                self.rehearsal.restart();
                print::text("The story begins again.")?;
            }
            Line::Save(words) => {
                let saved = save::save(&self.settings.pack, self.running, &self.rehearsal, &words);
                print::text(&saved.unwrap_or_else(|why| why))?;
            }
            Line::Help => print::text(screen::HELP)?,
            Line::Unclear(help) => print::text(&help)?,
        }
        Ok(true)
    }

    /// Who has an address writes mail; anybody else chats or rings.
    fn is_spoken_by(&mut self, who: &str) -> Result<(), Failure> {
        match (who.contains('@'), self.channel) {
            (true, _) => self.channel = Channel::Mail,
            (false, Channel::Mail) => {
                return print::text("A mail comes from an address: `from: Amy Field <amy@home.example>`.");
            }
            (false, Channel::Chat | Channel::Phone | Channel::Text) => {}
        }
        who.clone_into(self.speakers.of(self.channel));
        print::text(&format!("{who} speaks from now on."))
    }

    fn say(&mut self, channel: Option<Channel>, text: &str) -> Result<(), Failure> {
        self.channel = channel.unwrap_or(self.channel);
        let subject = self.subject.take();
        let from = self.speakers.of(self.channel).clone();
        let item = item::message(self.channel, &from, subject.as_deref(), text);
        self.play(&item)
    }

    fn starts(&mut self, flow: &str) -> Result<(), Failure> {
        print::text(&format!("No words of a person start {flow}. An agent starts it:"))?;
        if self.rehearsal.ticket().is_some() { self.play(&format!("agent: start {flow}")) } else { Ok(()) }
    }

    /// Plays an item of a story and shows what came of it.
    fn play(&mut self, item: &str) -> Result<(), Failure> {
        let before = self.rehearsal.now();
        match self.rehearsal.play(item) {
            Ok(news) => {
                print::text(&screen::news(&self.running.pack, &self.rehearsal, &news))?;
                if self.rehearsal.now() != before {
                    let now = screen::moment(self.rehearsal.now(), &self.running.pack.desk.zone);
                    print::text(&format!("  It is now {now}."))?;
                }
                print::text("")
            }
            Err(why) => print::text(&format!("That does not work: {why}")),
        }
    }

    /// On to the next due time, to the full minute behind it.
    fn next(&mut self) -> Result<(), Failure> {
        let Some(due) = self.rehearsal.next_due() else {
            return print::text("Nothing is due: time alone changes nothing here.");
        };
        let seconds = due.duration_since(self.rehearsal.now()).as_secs().max(0);
        let minutes = (seconds + 59) / 60;
        let length = match minutes {
            0..=10_000 => format!("{minutes} minutes"),
            minutes => format!("{} hours", (minutes + 59) / 60),
        };
        self.play(&format!("after: {length}"))
    }

    fn undo(&mut self) -> Result<(), Failure> {
        match self.rehearsal.undo() {
            Some(item) => {
                let words: Vec<String> = item.lines().map(|line| format!("  {line}")).collect();
                print::text(&format!("Taken back:\n{}", words.join("\n")))
            }
            None => print::text("There is nothing to take back."),
        }
    }
}
