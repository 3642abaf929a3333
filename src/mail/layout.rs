//! How a letter looks: the same blocks once as plain text and once as HTML that needs nothing from outside.

use crate::policy::outcome::{Block, Question};

/// The widest line of plain text in a letter.
const WIDTH: usize = 72;

/// The blocks of a letter as plain text. Lines are as long as they are.
pub fn plain_text(blocks: &[Block]) -> String {
    blocks.iter().map(plain_block).filter(|block| !block.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// The blocks of a chat reply as plain text. A question by itself has no number, and its choices are buttons.
pub fn spoken_text(blocks: &[Block]) -> String {
    let spoken = |block: &Block| match block {
        Block::Questions(questions) if questions.len() == 1 => questions.iter().map(spoken_question).collect(),
        block => plain_block(block),
    };
    blocks.iter().map(spoken).filter(|block| !block.is_empty()).collect::<Vec<_>>().join("\n\n")
}

fn spoken_question(question: &Question) -> String {
    let lines = question.wrong.iter().chain([&question.ask]).chain(&question.hint);
    lines.map(|text| clean(text).trim().to_owned()).collect::<Vec<_>>().join("\n")
}

fn plain_block(block: &Block) -> String {
    match block {
        Block::Text(text) | Block::Signature(text) => clean(text).trim().to_owned(),
        Block::Understood(pairs) if pairs.is_empty() => String::new(),
        Block::Understood(pairs) => {
            let lines = pairs.iter().map(|(ask, answer)| format!("- {} {}", label(ask), one_or_more_lines(answer)));
            std::iter::once("We have understood:".to_owned()).chain(lines).collect::<Vec<_>>().join("\n")
        }
        // Whoever sends it has put the code itself, or what was said, in its place before.
        Block::Code { .. } | Block::Conversation => String::new(),
        Block::Questions(questions) => questions
            .iter()
            .enumerate()
            .map(|(at, question)| plain_question(at + 1, question))
            .collect::<Vec<_>>()
            .join("\n\n"),
    }
}

/// An answer in one line; a list of ours, which begins with a new line, in a line for each entry.
fn one_or_more_lines(answer: &str) -> String {
    match answer.strip_prefix('\n') {
        Some(list) => list.lines().map(|line| format!("\n  {}", one_line(line))).collect(),
        None => one_line(answer),
    }
}

fn plain_question(number: usize, question: &Question) -> String {
    let mut lines = vec![format!("{number}. {}", one_line(&question.ask))];
    let more = [&question.wrong, &question.hint].into_iter().flatten();
    lines.extend(
        more.flat_map(|text| clean(text).lines().map(|line| format!("   {}", line.trim())).collect::<Vec<_>>()),
    );
    if !question.choices.is_empty() {
        lines.push("   Choose one of these:".into());
        lines.extend(question.choices.iter().map(|choice| format!("   - {}", one_line(choice))));
    }
    lines.join("\n")
}

/// Plain text with lines that any screen can show. Words are never broken; what is indented stays so.
pub fn wrapped(text: &str) -> String {
    text.split('\n').map(wrapped_line).collect::<Vec<_>>().join("\n")
}

fn wrapped_line(line: &str) -> String {
    if line.chars().count() <= WIDTH {
        return line.trim_end().to_owned();
    }
    let indent = line.len() - line.trim_start().len();
    let content = &line[indent..];
    let hang = match content.split_once(' ') {
        Some((mark, _))
            if mark == "-" || mark.strip_suffix('.').is_some_and(|digits| digits.parse::<u32>().is_ok()) =>
        {
            mark.len() + 1
        }
        _ => 0,
    };
    let (mut out, mut width) = (line[..indent].to_owned(), indent);
    for (at, word) in content.split_whitespace().enumerate() {
        let length = word.chars().count();
        if at > 0 && width + 1 + length > WIDTH {
            out.push('\n');
            out.push_str(&" ".repeat(indent + hang));
            width = indent + hang;
        } else if at > 0 {
            out.push(' ');
            width += 1;
        }
        out.push_str(word);
        width += length;
    }
    out
}

/// The blocks of a letter as a page: system fonts, no picture, nothing from outside, readable by a screen reader.
pub fn page(subject: &str, blocks: &[Block]) -> String {
    let body: String = blocks.iter().map(html_block).collect();
    let title = escaped(subject);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n</head>\n\
         <body style=\"margin:0;padding:16px;background:#ffffff;color:#212b32;\
         font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:1.5\">\n\
         <div style=\"max-width:640px\">\n{body}</div>\n</body>\n</html>\n"
    )
}

fn html_block(block: &Block) -> String {
    match block {
        Block::Text(text) => paragraphs(text),
        Block::Signature(text) => format!("<p style=\"margin:24px 0 0 0\">{}</p>\n", with_breaks(text)),
        Block::Understood(pairs) if pairs.is_empty() => String::new(),
        Block::Understood(pairs) => {
            let items: String = pairs
                .iter()
                .map(|(ask, answer)| {
                    let answer = escaped(&one_or_more_lines(answer)).replace('\n', "<br>\n");
                    format!("<li><strong>{}</strong> {answer}</li>\n", escaped(&label(ask)))
                })
                .collect();
            format!(
                "<p style=\"margin:0 0 8px 0\">We have understood:</p>\n<ul style=\"margin:0 0 16px 0;padding-left:24px\">\n{items}</ul>\n"
            )
        }
        Block::Code { .. } | Block::Conversation => String::new(),
        Block::Questions(questions) => {
            let items: String = questions.iter().map(html_question).collect();
            format!("<ol style=\"margin:0 0 16px 0;padding-left:24px\">\n{items}</ol>\n")
        }
    }
}

fn html_question(question: &Question) -> String {
    let mut item = format!("<li style=\"margin:0 0 16px 0\"><strong>{}</strong>", escaped(&one_line(&question.ask)));
    if let Some(wrong) = &question.wrong {
        item.push_str(&format!("\n<div style=\"color:#a3201f\">{}</div>", with_breaks(wrong)));
    }
    if let Some(hint) = &question.hint {
        item.push_str(&format!("\n<div style=\"color:#425563;font-size:15px\">{}</div>", with_breaks(hint)));
    }
    if !question.choices.is_empty() {
        let choices: String =
            question.choices.iter().map(|choice| format!("<li>{}</li>\n", escaped(&one_line(choice)))).collect();
        item.push_str(&format!(
            "\n<div>Choose one of these:</div>\n<ul style=\"margin:4px 0 0 0;padding-left:24px\">\n{choices}</ul>"
        ));
    }
    item.push_str("</li>\n");
    item
}

fn paragraphs(text: &str) -> String {
    let clean = clean(text);
    let parts = clean.split("\n\n").map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| format!("<p style=\"margin:0 0 16px 0\">{}</p>\n", with_breaks(part))).collect()
}

fn with_breaks(text: &str) -> String {
    let clean = clean(text);
    clean.trim().lines().map(|line| escaped(line.trim())).collect::<Vec<_>>().join("<br>\n")
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A question before its answer; what is no question ends with a colon.
fn label(ask: &str) -> String {
    let ask = one_line(ask);
    if ask.ends_with(['?', ':']) { ask } else { format!("{}:", ask.trim_end_matches(['.', ' '])) }
}

fn one_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// One kind of line end, and no other control characters.
fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\t', " ");
    text.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_wrapped_and_words_are_not() {
        let long = format!("1. {} {}", "word ".repeat(20).trim(), "x".repeat(90));
        let text = wrapped(&long);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH || line.trim() == "x".repeat(90)));
        assert!(text.lines().nth(1).is_some_and(|line| line.starts_with("   word")));
        assert_eq!(wrapped("short\n\n   kept"), "short\n\n   kept");
    }
}
