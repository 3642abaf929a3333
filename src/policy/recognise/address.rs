//! Mail addresses: their one canonical form, and where they stand in a text.

/// A mail address in its canonical form: the domain in lower case, and all of it for `@nhs.net`, where case says
/// nothing. Angle brackets, `mailto:` and a full stop behind it are dropped.
pub(super) fn mail(written: &str) -> Option<String> {
    let written = match (written.find('<'), written.rfind('>')) {
        (Some(from), Some(to)) => written.get(from + 1..to)?,
        _ => written,
    };
    let written = written.trim_matches(|c: char| c.is_whitespace() || "<>()[]\"',;:.*!?".contains(c));
    let written = match written.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => written.get(7..)?.split('?').next()?,
        _ => written,
    };
    let (local, domain) = written.split_once('@')?;
    let domain = domain.to_ascii_lowercase();
    if !is_local(local) || !is_domain(&domain) || written.len() > 254 {
        return None;
    }
    let local = if domain == "nhs.net" { local.to_ascii_lowercase() } else { local.to_owned() };
    Some(format!("{local}@{domain}"))
}

fn is_local(local: &str) -> bool {
    (1..=64).contains(&local.len())
        && local.split('.').all(|part| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&b))
        })
}

fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let top = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.')
        && domain.split('.').all(label)
        && top.len() >= 2
        && (top.starts_with("xn--") || top.bytes().all(|b| b.is_ascii_alphabetic()))
}

/// Whatever holds an `@`: addresses and failed ones.
pub(super) fn mails(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || "<>()[]\",;".contains(c))
        .filter(|part| part.contains('@') && part.len() > 1)
        .map(|part| part.trim_matches(|c: char| ".:!?*'’".contains(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (written, kept) in [
            ("amy@home.example", Some("amy@home.example")),
            ("<Amy.Field@NHS.net>.", Some("amy.field@nhs.net")),
            ("Amy Field <Amy@Home.Example>", Some("Amy@home.example")),
            ("mailto:o'neil+x@home.example", Some("o'neil+x@home.example")),
            ("amy@home", None),
            ("amy..field@home.example", None),
            ("amy@@home.example", None),
            ("amy field@home.example", None),
            ("amy@home.example, bob@home.example", None),
            ("amy@-home.example", None),
        ] {
            assert_eq!(mail(written).as_deref(), kept, "{written}");
        }
    }
}
