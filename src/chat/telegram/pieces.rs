//! What is to be said next, as messages that Telegram takes. Arithmetic alone.

/// The longest message, in UTF-16 units.
pub const LONGEST: usize = 4096;

/// Something that is still to be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting<'a> {
    /// Its mark.
    pub mark: i64,
    /// The words.
    pub text: &'a str,
    /// Whether buttons belong below it.
    pub has_choices: bool,
}

/// How many lines make the next message: as many as fit, up to the first with buttons. A long line stands alone.
pub fn next_message(waiting: &[Waiting<'_>]) -> usize {
    let mut units = 0;
    let mut taken = 0;
    for line in waiting {
        let more = length(line.text.trim()) + if taken == 0 { 0 } else { 2 };
        if taken > 0 && units + more > LONGEST {
            break;
        }
        units += more;
        taken += 1;
        if line.has_choices {
            break;
        }
    }
    taken
}

/// A text in pieces that fit, cut at the ends of paragraphs, else of lines, of sentences or words, and only then anywhere.
pub fn pieces(text: &str) -> Vec<String> {
    let mut rest = text.trim();
    let mut pieces = Vec::new();
    while length(rest) > LONGEST {
        let fits = fitting(rest);
        let ends = ["\n\n", "\n", ". ", " "];
        let cut = ends.iter().find_map(|end| fits.rfind(end).map(|at| at + end.len())).unwrap_or(fits.len());
        let (piece, left) = rest.split_at(cut);
        pieces.push(piece.trim_end().to_owned());
        rest = left.trim_start();
    }
    pieces.push(rest.to_owned());
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The longest beginning that fits.
fn fitting(text: &str) -> &str {
    let mut units = 0;
    let end = text.char_indices().find_map(|(at, c)| {
        units += c.len_utf16();
        (units > LONGEST).then_some(at)
    });
    end.map_or(text, |end| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_where_a_reader_would_pause() {
        assert_eq!(pieces("  hello \n"), ["hello"]);
        assert!(pieces(" \n").is_empty());
        let paragraphs = format!("{}\n\n{}", "a".repeat(3000), "b".repeat(3000));
        assert_eq!(pieces(&paragraphs), ["a".repeat(3000), "b".repeat(3000)]);
        let words = "word ".repeat(2000);
        assert!(pieces(&words).iter().all(|piece| piece.starts_with("word") && piece.ends_with("word")));
        let faces = "🙂".repeat(5000);
        let cut = pieces(&faces);
        assert!(cut.iter().all(|piece| length(piece) <= LONGEST), "each counts twice");
        assert_eq!(cut.concat(), faces);
    }

    #[test]
    fn what_waits_goes_together_up_to_a_question_with_buttons() {
        let line = |mark, text, has_choices| Waiting { mark, text, has_choices };
        let long = "x".repeat(4000);
        assert_eq!(next_message(&[]), 0);
        assert_eq!(next_message(&[line(1, "a", false), line(2, "b", true), line(3, "c", false)]), 2);
        assert_eq!(next_message(&[line(1, &long, false), line(2, &long, false)]), 1);
        let longest = long.repeat(3);
        assert_eq!(next_message(&[line(1, &longest, false), line(2, "b", false)]), 1);
    }
}
