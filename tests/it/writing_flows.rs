//! Everything on `docs/writing-flows.md` is done as it says there: files are written, changes made, commands run.

use std::fs;
use std::path::Path;

use crate::support::Desk;

/// A block of the page.
struct Block {
    line: usize,
    kind: String,
    rest: String,
    text: String,
}

#[test]
fn everything_on_the_page_about_writing_flows_works() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/writing-flows.md")).expect("it");
    let desk = Desk::with_own_pack();
    let (mut changed, mut run) = (0, 0);
    for block in blocks(&page) {
        match (block.kind.as_str(), block.rest.as_str()) {
            ("console", outcome) => run += commands(&desk, &block, outcome == "fails"),
            (_, "") => {}
            (kind, file) => {
                change(&desk.pack.join(file), kind, &block);
                changed += 1;
            }
        }
    }
    assert!(changed > 15 && run > 10, "the page has its blocks: {changed} changes, {run} commands");
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (n, line) in page.lines().enumerate() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(_), Some(block)) => blocks.push(block),
            (Some(info), None) => {
                let (kind, rest) = info.split_once(' ').unwrap_or((info, ""));
                open = Some(Block { line: n + 1, kind: kind.into(), rest: rest.into(), text: String::new() });
            }
            (None, Some(mut block)) => {
                block.text.push_str(line);
                block.text.push('\n');
                open = Some(block);
            }
            (None, None) => {}
        }
    }
    blocks
}

/// Writes a file, or makes a change in it: what stays and what goes must stand there once.
fn change(path: &Path, kind: &str, block: &Block) {
    let text = if kind == "diff" {
        let old = fs::read_to_string(path).unwrap_or_else(|error| panic!("line {}: {error}", block.line));
        let side = |other: char| -> String {
            let lines = block.text.lines().filter(|line| !line.starts_with(other));
            lines.map(|line| format!("{}\n", line.get(1..).unwrap_or(""))).collect()
        };
        let (before, after) = (side('+'), side('-'));
        assert_eq!(old.matches(&before).count(), 1, "line {}: it stands there once:\n{before}", block.line);
        old.replacen(&before, &after, 1)
    } else {
        block.text.clone()
    };
    fs::create_dir_all(path.parent().expect("a folder")).expect("it is made");
    fs::write(path, text).expect("it is written");
}

/// Runs the commands of a block. Each prints the lines that stand below it; the last one fails if the block says so.
fn commands(desk: &Desk, block: &Block, fails: bool) -> usize {
    let mut commands: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in block.text.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command, Vec::new())),
            (None, Some((_, lines))) => lines.push(line),
            (None, None) => panic!("line {}: a block of commands begins with one", block.line),
        }
    }
    let count = commands.len();
    for (n, (command, lines)) in commands.into_iter().enumerate() {
        let (input, words) = command.split_once(" | ").map_or(("", command), |(input, words)| (input, words));
        let words = words.strip_prefix("caredesk ").unwrap_or_else(|| panic!("line {}: {words}", block.line));
        let input = input.strip_prefix("echo ").unwrap_or_default().trim_matches('\'');
        // What stands in quotes is one word.
        let args: Vec<&str> = words
            .split('"')
            .enumerate()
            .flat_map(|(n, part)| if n % 2 == 1 { vec![part] } else { part.split_whitespace().collect() })
            .collect();
        // What is written goes into the desk's own folder.
        let mut args: Vec<String> = args.into_iter().map(str::to_owned).collect();
        if let Some(at) = args.iter().position(|word| word == "--out") {
            args[at + 1] = desk.data().with_file_name(&args[at + 1]).display().to_string();
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let ran = desk.run_with(&args, input.as_bytes());
        let wanted = i32::from(fails && n + 1 == count);
        assert_eq!(ran.code, wanted, "line {}: {command}\n{}{}", block.line, ran.out, ran.err);
        for line in lines {
            assert!(ran.out.contains(line), "line {}: {command} does not print “{line}”:\n{}", block.line, ran.out);
        }
    }
    count
}
