//! What stands around a person's words and is not theirs to say: greetings at the end, name blocks, small print, and
//! the banners that gateways put on top.

/// A closing that is followed by a name block, whatever is in it.
const CLOSINGS: [&str; 26] = [
    "kind regards",
    "kindest regards",
    "warm regards",
    "warmest regards",
    "best regards",
    "with kind regards",
    "many regards",
    "regards",
    "best wishes",
    "with best wishes",
    "all the best",
    "yours sincerely",
    "yours faithfully",
    "yours truly",
    "sincerely",
    "respectfully",
    "kind regards and thanks",
    "kr",
    "br",
    "cofion",
    "cofion cynnes",
    "mit freundlichen grüßen",
    "cordialement",
    "thanks and regards",
    "thanks and kind regards",
    "many thanks and kind regards",
];

/// A closing that people also write in the middle of a mail.
const THANKS: [&str; 12] = [
    "thanks",
    "thank you",
    "many thanks",
    "thanks again",
    "thanks very much",
    "thank you very much",
    "with thanks",
    "cheers",
    "thanks in advance",
    "thank you in advance",
    "ta",
    "diolch",
];

/// Lines of a name block that closes a mail, at most.
const MOST_LINES: usize = 8;

/// The lines of one stretch of new text without its signature and small print.
pub fn without<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let mut kept: Vec<&str> = lines.iter().copied().filter(|line| !is_device_line(line)).collect();
    let first = kept.iter().position(|line| !line.trim().is_empty()).unwrap_or(0);
    if let Some(at) = kept.iter().position(|line| *line == "-- " || *line == "--").filter(|&at| at >= first) {
        kept.truncate(at);
    }
    if let Some(at) = kept.iter().position(|line| is_small_print(line)).filter(|&at| at > first) {
        kept.truncate(at);
        while kept.last().is_some_and(|line| !line.chars().any(char::is_alphanumeric)) {
            kept.pop();
        }
    }
    // "Many thanks" may stand above "Kind regards".
    without_closing(without_closing(kept))
}

/// All lines of a mail but the banners that a gateway put in.
pub fn without_banners<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let mut kept = Vec::with_capacity(lines.len());
    let mut within = 0;
    for &line in lines {
        if is_banner(line) {
            within = 3;
        } else if line.trim().is_empty() {
            within = 0;
            kept.push(line);
        } else if within > 0 && is_banner_rest(line) {
            within -= 1;
        } else {
            within = 0;
            kept.push(line);
        }
    }
    kept
}

fn without_closing(mut lines: Vec<&str>) -> Vec<&str> {
    let Some(at) = lines.iter().rposition(|line| closing(line).is_some()) else { return lines };
    let says_more = |line: &str| {
        let line = line.trim();
        line.chars().count() > 90 || line.ends_with('?') || is_numbered(line)
    };
    let after: Vec<&str> = lines[at + 1..].iter().copied().filter(|line| !line.trim().is_empty()).collect();
    let postscript = after.iter().position(|line| is_postscript(line));
    let block = &after[..postscript.unwrap_or(after.len())];
    if block.len() > MOST_LINES || block.iter().any(|line| says_more(line)) {
        return lines;
    }
    if closing(lines[at]) == Some(Closing::Thanks) && !block.first().is_none_or(|line| is_name(line)) {
        return lines;
    }
    if lines[..at].iter().all(|line| line.trim().is_empty()) {
        return lines;
    }
    let keep_from =
        postscript.and_then(|_| lines[at..].iter().position(|line| is_postscript(line)).map(|offset| at + offset));
    match keep_from {
        Some(from) => drop(lines.drain(at..from)),
        None => lines.truncate(at),
    }
    lines
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Closing {
    Regards,
    Thanks,
}

/// Whether a line closes a mail: the words alone, or with a name of up to three words.
fn closing(line: &str) -> Option<Closing> {
    if line.len() > 80 {
        return None;
    }
    let said = line.trim().trim_matches(['*', '_', ' ']).to_lowercase();
    let is_one_of = |known: &[&str], more: usize| {
        known.iter().any(|words| {
            let Some(rest) = said.strip_prefix(words) else { return false };
            let name = rest.trim_start_matches([',', '.', '!', ' ', '-', '–']);
            let glued = rest.len() == name.len() && !rest.is_empty();
            !glued
                && name.split_whitespace().count() <= more
                && !name.contains(|c: char| c.is_ascii_digit() || c == '?' || c == ':')
        })
    };
    if is_one_of(&CLOSINGS, 3) {
        Some(Closing::Regards)
    } else if is_one_of(&THANKS, 0) || (is_one_of(&THANKS, 2) && said.contains(',')) {
        Some(Closing::Thanks)
    } else {
        None
    }
}

/// A line that can be nothing but a name: few words, each with a capital, no figures.
fn is_name(line: &str) -> bool {
    let line = line.trim().trim_matches(['*', '_', ',', '.']);
    let words: Vec<&str> = line.split_whitespace().collect();
    let capital = |word: &&str| word.chars().next().is_some_and(|c| c.is_uppercase() || c == '(');
    (1..=5).contains(&words.len())
        && !line.contains(|c: char| c.is_ascii_digit() || c == ':' || c == '?')
        && words.iter().all(|word| capital(word) || word.len() <= 3)
}

fn is_numbered(line: &str) -> bool {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    (1..=2).contains(&digits)
        && line[digits..].starts_with([')', '.', ':', '-'])
        && !line[digits + 1..].trim().is_empty()
}

fn is_postscript(line: &str) -> bool {
    let line = line.trim().to_lowercase();
    ["ps ", "ps:", "ps.", "p.s", "ps,", "ps-", "nb ", "nb:", "n.b"].iter().any(|mark| line.starts_with(mark))
}

fn is_device_line(line: &str) -> bool {
    if line.len() > 120 {
        return false;
    }
    let said = line.trim().to_lowercase();
    let device = [
        "iphone",
        "ipad",
        "android",
        "samsung",
        "galaxy",
        "phone",
        "mobile",
        "outlook",
        "mail for",
        "yahoo",
        "tablet",
        "device",
        "blackberry",
        "huawei",
        "proton",
        "o2",
    ];
    let sent = ["sent from", "sent via", "sent using", "get outlook for", "envoyé de", "von meinem", "anfonwyd o"]
        .iter()
        .any(|start| said.starts_with(start));
    (sent && device.iter().any(|name| said.contains(name))) || said.starts_with("get outlook for")
}

fn is_small_print(line: &str) -> bool {
    let stars = line.trim();
    if stars.len() >= 20 && stars.bytes().all(|byte| matches!(byte, b'*' | b'=' | b'#')) {
        return true;
    }
    let said: String =
        line.trim().trim_start_matches(['*', '_', ' ']).chars().take(160).collect::<String>().to_lowercase();
    let starts = [
        "disclaimer",
        "confidentiality notice",
        "confidential notice",
        "this message may contain confidential",
        "this message contains confidential",
        "this email is confidential",
        "this e-mail is confidential",
        "this communication is confidential",
        "this email has been scanned",
        "this email has been checked for viruses",
        "this email was scanned by",
        "please consider the environment",
        "consider the environment",
        "this message is intended solely",
        "this message is intended only",
        "this email is intended",
        "this e-mail is intended",
        "if you are not the intended recipient",
        "if you have received this email in error",
        "if you have received this message in error",
        "privileged and confidential",
        "private and confidential:",
        "virus-free",
    ];
    let about = [
        "this email and any",
        "this e-mail and any",
        "this message and any",
        "the information contained in this",
        "the information in this",
        "the contents of this",
        "this transmission",
    ];
    starts.iter().any(|start| said.starts_with(start))
        || (about.iter().any(|start| said.starts_with(start))
            && ["attach", "confidential", "intended", "privileged", "e-mail", "email", "files"]
                .iter()
                .any(|word| said.contains(word)))
}

fn is_banner(line: &str) -> bool {
    if line.len() > 400 {
        return false;
    }
    let said = line.trim().trim_start_matches(['*', '[', '>', '#', '!', ' ', '⚠']).to_lowercase();
    let origin = [
        "this email originated",
        "this message originated",
        "this e-mail originated",
        "this email is from an external",
        "this message is from an external",
        "this email came from outside",
        "this message came from outside",
    ];
    said.starts_with("you don't often get email from")
        || said.starts_with("you don’t often get email from")
        || said.starts_with("external email:")
        || said.starts_with("external sender")
        || said.starts_with("external email]")
        || origin.iter().any(|start| said.starts_with(start))
        || (["caution", "warning", "external", "attention"].iter().any(|start| said.starts_with(start))
            && ["this email", "this e-mail", "this message"].iter().any(|word| said.contains(word))
            && (said.contains("outside") || said.contains("external"))
            && !said.contains('?'))
}

/// The second and third line of a banner.
fn is_banner_rest(line: &str) -> bool {
    let said = line.to_lowercase();
    ["click", "attachment", "links", "recognise", "recognize", "know the content", "safe", "learn why"]
        .iter()
        .any(|word| said.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> String {
        without(&text.split('\n').collect::<Vec<_>>()).join("\n").trim().to_owned()
    }

    #[test]
    fn signatures_are_cut() {
        let signed = [
            "-- \nJo Smith\nManager",
            "Kind regards\n\nJo Smith\nCare manager\nMobile: 07700 900123",
            "Regards, Jo",
            "Many thanks\nJo Smith\n01632 960123",
            "Thanks,\nJo",
            "Best wishes Jo Smith",
            "Sent from my iPhone",
            "Get Outlook for iOS<https://aka.example/x>",
            "Thanks",
            "Kind regards\nJo\n\n********************************************\n\nThis message may contain confidential information.\nIf you are not the intended recipient please:\ni) inform the sender",
            "This email and any files transmitted with it are confidential.",
        ];
        for signature in signed {
            assert_eq!(cut(&format!("Please help me.\n\n{signature}")), "Please help me.", "{signature}");
        }
    }

    #[test]
    fn words_after_a_thank_you_stay() {
        for text in [
            "Hello\n\nThanks\n\n1. V12345\n2. 07700 900123",
            "Hi\nThanks\nmy mobile is 07700 900123",
            "Hi\nMany thanks\nCan you also help Sam?",
            "Thanks\nJo",
            "Hi\nThank you\nODS code: V12345",
            "Thanks for the help, it is V12345",
            "Hi\nRegards\n1) yes",
            "--\nhello",
        ] {
            let wanted = if text.starts_with("--") { "" } else { text };
            assert_eq!(cut(text), wanted, "{text}");
        }
        assert_eq!(cut("Hi\nRegards\nJo\nPS it is V12345"), "Hi\nPS it is V12345");
    }

    #[test]
    fn banners_are_cut_and_the_text_below_stays() {
        let lines = [
            "CAUTION: This email originated from outside of NHSmail.",
            "Do not click links unless you recognise the sender.",
            "",
            "Please help.",
        ];
        assert_eq!(without_banners(&lines), vec!["", "Please help."]);
        let lines = ["Warning: my screen says external sender blocked?", "External help is needed"];
        assert_eq!(without_banners(&lines), lines);
    }
}
