//! `graph`: a flow or the whole pack as a picture, and the letters that a flow writes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::desk::{DeskError, whole_mails};
use crate::library::{self, LibraryError, Running};
use crate::policy::finding::did_you_mean;
use crate::policy::flow::{Flow, Verb};
use crate::policy::picture::{self, Picture, Styled};
use crate::policy::scenario::{self, Coverage};
use crate::policy::wording::{self, Part};

use super::{Failure, Settings, open, print};

/// Draw a flow, or the whole pack.
///
/// SVG is drawn by this program itself: save it with --out and open it in any browser. Mermaid and DOT are texts that other
/// programs draw. Without --as, the end of the name behind --out decides; else it is mermaid on a terminal's screen.
#[derive(Debug, Args)]
pub(super) struct Graph {
    /// The flow. Without it, all flows by their areas, with arrows to those that they run or offer.
    flow: Option<String>,
    /// How it is drawn.
    #[arg(long = "as", value_enum, value_name = "FORM")]
    form: Option<Form>,
    /// Tell the scenarios first, and mark what none of them reaches.
    #[arg(long)]
    reached: bool,
    /// Print the letter that is written at each question of the flow, instead of a picture. By mail a letter also asks
    /// what the next questions ask.
    #[arg(long, requires = "flow", conflicts_with_all = ["form", "reached"])]
    letter: bool,
    /// The file to write. Without it, standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A text for pages that draw Mermaid charts.
    Mermaid,
    /// A text for Graphviz.
    Dot,
    /// A drawing for any browser.
    Svg,
}

impl Graph {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        let (running, _) = library::load(&settings.pack).map_err(DeskError::Library)?;
        let flow = self.flow.as_deref().map(|name| find(&running, name)).transpose()?;
        if let (true, Some(flow)) = (self.letter, flow) {
            return self.write(&letters(&running, flow));
        }
        let reached = if self.reached { Some(reached(&running, settings)?) } else { None };
        let picture = match flow {
            Some(flow) => picture::of_flow(&running.pack, flow, reached.as_ref()),
            None => picture::of_pack(&running.pack, reached.as_ref()),
        };
        self.write(&drawn(&picture, self.form()))
    }

    fn form(&self) -> Form {
        let end = self.out.as_ref().and_then(|out| out.extension()).and_then(|end| end.to_str());
        match (self.form, end) {
            (Some(form), _) => form,
            (None, Some("svg")) => Form::Svg,
            (None, Some("dot" | "gv")) => Form::Dot,
            (None, _) => Form::Mermaid,
        }
    }

    fn write(&self, text: &str) -> Result<(), Failure> {
        match &self.out {
            None => print::text(text.trim_end()),
            Some(out) => std::fs::write(out, text)
                .map_err(|error| Failure::Usage(format!("cannot write {}: {error}", out.display()))),
        }
    }
}

fn find<'a>(running: &'a Running, name: &str) -> Result<&'a Flow, Failure> {
    let flows = &running.pack.flows;
    flows.get(name).ok_or_else(|| {
        let help = did_you_mean(name, flows.keys().map(String::as_str));
        Failure::Usage(format!("there is no flow called `{name}`; {help}"))
    })
}

/// What the scenarios of a pack reach.
pub(super) fn reached(running: &Running, settings: &Settings) -> Result<Coverage, Failure> {
    library::understand(running, &open::models(settings));
    let mails = whole_mails::read(&running.pack, &running.files);
    let told = scenario::tell_all_with(&running.pack, &running.matcher, &running.files, &mails)
        .map_err(|findings| DeskError::Library(LibraryError::Findings(findings, running.files.clone())))?;
    let mut reached = Coverage::default();
    told.iter().for_each(|told| reached.add(&told.reached));
    Ok(reached)
}

fn drawn(picture: &Picture, form: Form) -> String {
    match form {
        Form::Mermaid => picture::mermaid(picture),
        Form::Dot => picture::dot(picture),
        Form::Svg => picture::svg(picture, Styled::Alone),
    }
}

/// The letters of a flow at its questions.
fn letters(running: &Running, flow: &Flow) -> String {
    let asks = flow.steps.iter().enumerate().filter(|(_, step)| matches!(step.verb, Verb::Ask { .. }));
    let letters: Vec<String> = asks
        .filter_map(|(at, step)| {
            let letter = wording::letter(&running.pack, flow, at)?;
            let mut lines = vec![format!("── {}.{}", flow.name, step.id)];
            if let Some(when) = &step.when {
                lines.push(format!("   only if {}", wording::guard(&running.pack, &flow.name, &when.source)));
            }
            lines.extend([format!("Subject: {} [reference]", flat(&letter.subject)), String::new()]);
            lines.extend(letter.said.iter().map(|said| flat(said)));
            for (n, asked) in letter.asked.iter().enumerate() {
                let ahead = if asked.ahead { "   (looks ahead)" } else { "" };
                lines.push(format!("{}. {}{ahead}", n + 1, asked.fact.ask));
                lines.extend(asked.fact.hint.iter().map(|hint| format!("   {hint}")));
                if !asked.fact.choices.is_empty() {
                    lines.push(format!("   [{}]", asked.fact.choices.join("] [")));
                }
            }
            lines.push(String::new());
            lines.extend(letter.below.iter().map(|below| flat(below)));
            Some(lines.join("\n"))
        })
        .collect();
    if letters.is_empty() { format!("{} asks nothing.", flow.title) } else { letters.join("\n\n") }
}

fn flat(parts: &[Part]) -> String {
    let words = parts.iter().map(|part| match part {
        Part::Words(words) => words.clone(),
        Part::Filled(what) => format!("[{what}]"),
    });
    words.collect::<String>().trim_end().to_owned()
}
