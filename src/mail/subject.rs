//! What a subject says without the tags that mail programs and gateways put before it: "RE:", "FW:", `[EXTERNAL]`.

/// Prefixes of answers, in the languages met in practice.
const ANSWERS: [&str; 15] =
    ["re", "aw", "antw", "antwort", "sv", "vs", "odp", "atb", "rif", "res", "ynt", "vá", "hv", "bls", "回复"];
/// Prefixes of mails that are passed on.
const FORWARDS: [&str; 14] =
    ["fw", "fwd", "wg", "tr", "rv", "enc", "pd", "doorst", "vb", "vl", "yml", "továbbítás", "fs", "转发"];

/// The words of a subject that its author chose.
pub fn topic(subject: &str) -> &str {
    let mut rest = subject.trim();
    loop {
        let next = without_tag(rest).or_else(|| without_prefix(rest).map(|(_, rest)| rest)).map(str::trim_start);
        match next {
            Some(next) if !next.is_empty() => rest = next,
            _ => return rest,
        }
    }
}

/// Whether a subject says that the mail passes another on.
pub fn forwards(subject: &str) -> bool {
    kind(subject) == Some(true)
}

/// Whether a subject says that the mail answers another, or passes one on.
pub fn answers(subject: &str) -> bool {
    kind(subject).is_some()
}

/// A subject without the tags of gateways; "RE:" and "FW:" stay.
pub fn without_tags(subject: &str) -> &str {
    let mut rest = subject.trim();
    while let Some(next) = without_tag(rest) {
        rest = next.trim_start();
    }
    rest
}

/// What the first prefix behind any tags says: whether it passes a mail on.
fn kind(subject: &str) -> Option<bool> {
    without_prefix(without_tags(subject)).map(|(forwards, _)| forwards)
}

/// "RE:", "Re[2]:", "TR :".
fn without_prefix(subject: &str) -> Option<(bool, &str)> {
    let (prefix, rest) = subject.split_once([':', '：'])?;
    let prefix = prefix.trim_end().split(['[', '(']).next().unwrap_or_default().trim_end().to_lowercase();
    let known = |names: &[&str]| names.contains(&prefix.as_str());
    (known(&ANSWERS) || known(&FORWARDS)).then(|| (known(&FORWARDS), rest))
}

/// `[EXTERNAL]`, "[secure]", "{Spam?}", "EXTERNAL:", "**EXTERNAL**".
fn without_tag(subject: &str) -> Option<&str> {
    const TAGS: [&str; 24] = [
        "external",
        "ext",
        "external email",
        "external sender",
        "external message",
        "external mail",
        "secure",
        "securemail",
        "encrypt",
        "encrypted",
        "official",
        "official-sensitive",
        "official sensitive",
        "confidential",
        "unclassified",
        "caution",
        "caution external",
        "spam",
        "suspected spam",
        "spam?",
        "possible spam",
        "egress secure",
        "warning",
        "bulk",
    ];
    let (inner, rest) = match subject.chars().next()? {
        '[' => subject[1..].split_once(']')?,
        '{' => subject[1..].split_once('}')?,
        '(' => subject[1..].split_once(')')?,
        '*' => subject
            .trim_start_matches('*')
            .split_once('*')
            .map(|(inner, rest)| (inner, rest.trim_start_matches('*')))?,
        _ => subject.split_once(':')?,
    };
    let inner = inner.trim_matches(['*', '!', ' ', ':', '-', '_']).to_lowercase();
    TAGS.contains(&inner.as_str()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_go_and_words_stay() {
        for (subject, wanted) in [
            ("RE: FW: [EXTERNAL] locked out", "locked out"),
            ("[secure] AW: Re[2]: TR : x", "x"),
            ("EXTERNAL: Odp: password", "password"),
            ("**EXTERNAL** SV: hello", "hello"),
            ("Leaver [CD-8WWK-3PLM]", "Leaver [CD-8WWK-3PLM]"),
            ("[CD-8WWK-3PLM] Leaver", "[CD-8WWK-3PLM] Leaver"),
            ("Password: forgotten", "Password: forgotten"),
            ("External auditors need access", "External auditors need access"),
            ("RE:", "RE:"),
            ("", ""),
        ] {
            assert_eq!(topic(subject), wanted, "{subject}");
        }
        assert!(forwards("[EXT] Fwd: x") && !forwards("RE: FW: x"));
        assert!(answers("Re : x") && !answers("Reset: x"));
    }
}
