//! Writes what was played as a scenario beside its flow. What is there already stays as it is.

use std::collections::BTreeMap;
use std::path::Path;

use crate::desk::whole_mails;
use crate::library::Running;
use crate::policy::finding::Severity;
use crate::policy::scenario::{self, Rehearsal};

/// Saves a story: `FILE NAME`, `FLOW NAME`, or a name alone for the flow that was played. Gives what was done.
pub(super) fn save(pack: &Path, running: &Running, rehearsal: &Rehearsal<'_>, words: &str) -> Result<String, String> {
    let (file, name) = place(running, rehearsal, words)?;
    let Some(written) = rehearsal.scenario(&name) else { return Err("Nothing was played yet.".into()) };
    let path = pack.join(&file);
    let before = match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(format!("{file} cannot be read: {error}.")),
    };
    let text = match &before {
        Some(text) => added(text, &written),
        None => format!("scenarios:\n{written}"),
    };
    passes(running, &file, &name, &text)?;
    let unfinished = path.with_extension(format!("yaml.{}~", std::process::id()));
    std::fs::write(&unfinished, &text)
        .and_then(|()| std::fs::rename(&unfinished, &path))
        .map_err(|error| format!("{file} cannot be written: {error}."))?;
    Ok(format!(
        "Saved in {file} as “{name}”. `caredesk test` tells it from now on. Look it through: keep what matters."
    ))
}

/// The text of a file with one more story behind its stories. Another key may stand below them.
fn added(text: &str, written: &str) -> String {
    let begins = |line: &str| line.starts_with(|c: char| c.is_ascii_alphabetic());
    let mut lines = text.split_inclusive('\n').skip_while(|line| !line.starts_with("scenarios:"));
    let stories: usize =
        lines.next().map_or(0, str::len) + lines.take_while(|line| !begins(line)).map(str::len).sum::<usize>();
    let from = text.find("scenarios:").map_or(text.len(), |from| from + stories);
    let (before, after) = text.split_at(from.min(text.len()));
    let gap = if after.is_empty() { "" } else { "\n" };
    format!("{}\n\n{written}{gap}{after}", before.trim_end())
}

/// The file below the pack's folder, and the name of the story.
fn place(running: &Running, rehearsal: &Rehearsal<'_>, words: &str) -> Result<(String, String), String> {
    let (first, rest) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    let flows = &running.pack.flows;
    let beside = |flow: &str| {
        let flow = flows.get(flow)?;
        Some(format!("{}.scenarios.yaml", flow.file.strip_suffix(".yaml")?))
    };
    let (file, name) = if first.ends_with(".yaml") || first.ends_with(".yml") {
        let flow_file = first.strip_suffix(".scenarios.yaml").map(|stem| format!("{stem}.yaml"));
        let known = flow_file.is_some_and(|file| flows.values().any(|flow| flow.file == file));
        if !known {
            return Err("Scenarios stand beside their flow, such as `save flows/AREA/FLOW.scenarios.yaml NAME`.".into());
        }
        (first.to_owned(), rest)
    } else if let Some(file) = beside(first).filter(|_| !rest.is_empty()) {
        (file, rest)
    } else {
        let played = rehearsal.ticket().and_then(|ticket| beside(&ticket.flow));
        (played.ok_or("Say beside which flow: `save FLOW a name for the story`.")?, words)
    };
    match name.trim() {
        "" => Err("Give the story a name: `save FLOW a name for the story`.".into()),
        name => Ok((file, name.to_owned())),
    }
}

/// Whether the file is sound with the new story, and the story comes out as it was played.
fn passes(running: &Running, file: &str, name: &str, text: &str) -> Result<(), String> {
    let mut files: BTreeMap<String, String> = running.files.clone();
    files.insert(file.to_owned(), text.to_owned());
    let (scenarios, findings) =
        scenario::stories_with(&running.pack, &files, &whole_mails::read(&running.pack, &files));
    if let Some(finding) = findings.iter().find(|it| it.severity == Severity::Error && *it.place.file == *file) {
        return Err(format!("It was not saved. {}: {}; {}.", finding.place, finding.message, finding.help));
    }
    let Some(saved) = scenarios.iter().find(|it| it.file == file && it.name == name) else {
        return Err("It was not saved: it cannot be read back.".into());
    };
    let told = scenario::tell(&running.pack, &|subject, text| running.matcher.route(subject, text), saved);
    if told.passed {
        Ok(())
    } else {
        Err(format!("It was not saved: told again, it came out otherwise. {}", told.because))
    }
}

#[cfg(test)]
mod tests {
    use super::added;

    #[test]
    fn a_story_stands_behind_the_others() {
        assert_eq!(added("# Stories.\nscenarios:\n  - a\n", "  - b\n"), "# Stories.\nscenarios:\n  - a\n\n  - b\n");
        assert_eq!(
            added("scenarios:\n  - a\n\nequivalent:\n  - c\n", "  - b\n"),
            "scenarios:\n  - a\n\n  - b\n\nequivalent:\n  - c\n"
        );
    }
}
