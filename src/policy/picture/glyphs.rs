//! How wide a text is, about, and where its lines break. The widths are those of the common sans-serif faces, in
//! thousandths of the size of the type, and a little more, because nobody knows which face a reader has.

/// The widths of the characters from the space to the tilde.
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
];
/// For every hundred, how much is counted: faces differ, and bold type is wider.
const PLAIN: u32 = 106;
const BOLD: u32 = 114;

/// The width of a text in pixels, at a size of type.
pub(super) fn width(text: &str, size: u32, bold: bool) -> i32 {
    let thousandths: u32 = text.chars().map(|letter| u32::from(width_of(letter))).sum();
    let share = if bold { BOLD } else { PLAIN };
    i32::try_from((thousandths.saturating_mul(size).saturating_mul(share)).div_ceil(100_000)).unwrap_or(i32::MAX)
}

fn width_of(letter: char) -> u16 {
    let code = u32::from(letter);
    let ascii = code.checked_sub(32).and_then(|at| usize::try_from(at).ok()).and_then(|at| WIDTHS.get(at));
    match (ascii, letter) {
        (Some(width), _) => *width,
        (None, '‘' | '’') => 222,
        (None, '“' | '”') => 333,
        (None, '—' | '…') => 1000,
        // Scripts of broad letters.
        (None, _) if code >= 0x1100 => 1000,
        (None, _) => 611,
    }
}

/// Breaks a text into lines that fit. A word that fits on no line is broken itself.
pub(super) fn wrap(text: &str, size: u32, bold: bool, most: i32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if width(&longer, size, bold) <= most {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for letter in word.chars() {
            let longer = format!("{line}{letter}");
            if !line.is_empty() && width(&longer, size, bold) > most {
                lines.push(std::mem::take(&mut line));
            }
            line.push(letter);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_and_lose_no_word() {
        let text = "Please write “reset my password” to care.v12345.shared.mailbox.of.the.home@nhs.example today";
        let lines = wrap(text, 13, false, 150);
        assert!(lines.iter().all(|line| width(line, 13, false) <= 150), "{lines:?}");
        let joined: String = lines.concat().split_whitespace().collect();
        assert_eq!(joined, text.split_whitespace().collect::<String>());
    }
}
