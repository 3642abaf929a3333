//! Names of attachments that can be shown and saved without harm.

use crate::mail::address::is_hidden;

/// The longest name, in bytes.
const MOST: usize = 150;

/// A safe name: the last part of the path, nothing hidden, nothing that an operating system reserves.
pub fn safe(written: Option<&str>, media_type: &str, number: usize) -> String {
    let last = written.unwrap_or_default().rsplit(['/', '\\']).next().unwrap_or_default();
    let shown: String =
        last.chars().filter(|c| !is_hidden(*c)).map(|c| if "<>:\"|?*".contains(c) { '_' } else { c }).collect();
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = shown.trim_matches(['.', ' ']);
    if shown.is_empty() {
        return format!("attachment-{number}{}", extension(media_type));
    }
    let stem = shown.split('.').next().unwrap_or_default().trim().to_ascii_uppercase();
    let reserved = ["CON", "PRN", "AUX", "NUL"].contains(&stem.as_str())
        || ((stem.starts_with("COM") || stem.starts_with("LPT")) && stem.chars().count() == 4);
    shorten(&if reserved { format!("_{shown}") } else { shown.to_owned() })
}

fn shorten(name: &str) -> String {
    if name.len() <= MOST {
        return name.to_owned();
    }
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if ending.len() <= 10 => (stem, format!(".{ending}")),
        _ => (name, String::new()),
    };
    let room = MOST - ending.len();
    let cut = (0..=room.min(stem.len())).rev().find(|&at| stem.is_char_boundary(at)).unwrap_or(0);
    format!("{}{ending}", stem[..cut].trim_end_matches(['.', ' ']))
}

fn extension(media_type: &str) -> &'static str {
    match media_type {
        "message/rfc822" | "message/global" => ".eml",
        "text/plain" => ".txt",
        "text/html" => ".html",
        "text/calendar" => ".ics",
        "image/png" => ".png",
        "image/jpeg" => ".jpg",
        "image/gif" => ".gif",
        "application/pdf" => ".pdf",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_could_harm() {
        let cases = [
            (Some("..\\..\\windows\\x.exe"), "x.exe"),
            (Some("../../etc/passwd"), "passwd"),
            (Some("invoice\u{202E}fdp.exe"), "invoicefdp.exe"),
            (Some("nul.txt"), "_nul.txt"),
            (Some("COM1"), "_COM1"),
            (Some("a\r\nb\0.txt"), "ab.txt"),
            (Some("report. . "), "report"),
            (Some("..."), "attachment-3.pdf"),
            (None, "attachment-3.pdf"),
        ];
        for (written, wanted) in cases {
            assert_eq!(safe(written, "application/pdf", 3), wanted);
        }
        let long = format!("{}.pdf", "é".repeat(200));
        assert!(safe(Some(&long), "application/pdf", 1).len() <= MOST);
        assert!(safe(Some(&long), "application/pdf", 1).ends_with(".pdf"));
    }
}
