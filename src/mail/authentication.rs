//! How far the boundary vouches for a sender, from the header block of a mail as it came.
//!
//! A server of the boundary puts its verdict on top of what came in, and what came in ends at the first Received field.
//! So only verdicts above that count. One in a server's name further down was put there by somebody else: the mail is
//! forged. Of two verdicts the worse one counts, and whatever is not plain vouches for nobody.

use crate::mail::authentication_results::{self as results, Check};
use crate::mail::boundary::{Boundary, Server, Writes};
use crate::mail::gate::Refusal;
use crate::mail::headers::Headers;
use crate::policy::proof::{Standing, Vouched};

/// What is known of the sender of a mail besides what the boundary says.
#[derive(Debug, Clone, Copy)]
pub struct Claimed<'a> {
    /// The one address of its From field.
    pub address: &'a str,
    /// What is odd about the letters of its address or name.
    pub oddity: Option<&'static str>,
    /// Whether somebody else sent it in that name.
    pub by_another: bool,
}

/// Judges the sender of a mail. A mail that pretends to be somebody's is refused.
pub fn judge(headers: &Headers<'_>, claimed: Claimed<'_>, boundary: &Boundary) -> Result<Standing, Refusal> {
    let Boundary::Servers(servers) = boundary else {
        return Ok(nobody("this desk takes no mail server's word"));
    };
    let mut said: Option<Said> = None;
    let mut heard = None;
    for (server, value) in verdicts(headers, servers)? {
        heard = Some(server);
        let verdict = match results::parse(&value) {
            Some(field) => {
                field.checks.iter().filter(|check| check.method == "dmarc").map(|it| read(it, claimed)).max()
            }
            None => Some(Said::Unclear(format!("what {} says cannot be read", server.id))),
        };
        let verdict = verdict.map(|verdict| verdict.by(server));
        said = said.into_iter().chain(verdict).max();
    }
    match (said, heard) {
        (Some(Said::Fail(why)), _) => Err(Refusal::new("refuted-sender", why)),
        (Some(Said::Unclear(why)), _) => Ok(nobody(&why)),
        (Some(Said::Pass(server)), _) => Ok(vouched(claimed, &server)),
        (None, Some(server)) => Ok(nobody(&format!("{} says nothing of DMARC, and no other check will do", server.id))),
        (None, None) => {
            let names = servers.iter().map(|server| server.id.as_str()).collect::<Vec<_>>().join(" and ");
            Ok(nobody(&format!("{names} says nothing of this mail")))
        }
    }
}

/// What a server says of where a mail comes from. The later, the worse.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Said {
    /// From where it claims; the server's name.
    Pass(String),
    /// Nothing that can be built upon; why.
    Unclear(String),
    /// Not from where it claims; why.
    Fail(String),
}

impl Said {
    fn by(self, server: &Server) -> Said {
        match self {
            Said::Pass(_) => Said::Pass(server.id.clone()),
            Said::Unclear(why) => Said::Unclear(why.replace("{server}", &server.id)),
            Said::Fail(why) => Said::Fail(why.replace("{server}", &server.id)),
        }
    }
}

fn read(check: &Check, claimed: Claimed<'_>) -> Said {
    match check.result.as_str() {
        "fail" => {
            Said::Fail("The mail is not from where it claims: {server} has checked it and says dmarc=fail.".to_owned())
        }
        "pass" => {
            let mut domains = check.properties.iter().filter(|(name, _)| name == "header.from").map(|(_, value)| value);
            let domain = claimed.address.rsplit_once('@').map_or("", |(_, domain)| domain);
            match (domains.next(), domains.next()) {
                (Some(checked), None) if is_same_domain(checked, domain) => Said::Pass(String::new()),
                _ => Said::Unclear("what {server} has checked is not the domain of this sender".into()),
            }
        }
        other => {
            let other: String = other.chars().filter(char::is_ascii_alphanumeric).take(20).collect();
            Said::Unclear(format!("{{server}} says dmarc={other}"))
        }
    }
}

fn vouched(claimed: Claimed<'_>, server: &str) -> Standing {
    if let Some(oddity) = claimed.oddity {
        return nobody(oddity);
    }
    let address = claimed.address;
    let (vouched, but) = match claimed.by_another {
        true => (Vouched::OnBehalf, ", but somebody else sent this mail in that name"),
        false => (Vouched::Yes, ""),
    };
    Standing { vouched, because: format!("The mail server at {server} vouches for {address}{but}.") }
}

fn nobody(why: &str) -> Standing {
    Standing { vouched: Vouched::No, because: format!("Nobody vouches for this sender: {why}.") }
}

/// The verdicts of the boundary, with who wrote them. One that stands where its server does not write is a forgery.
fn verdicts<'s>(headers: &Headers<'_>, servers: &'s [Server]) -> Result<Vec<(&'s Server, String)>, Refusal> {
    let mut passed = 0_u32;
    let mut verdicts = Vec::new();
    for field in &headers.fields {
        if field.name == "received" {
            passed += 1;
        }
        if field.name != "authentication-results" {
            continue;
        }
        let value = field.value();
        let Some(name) = results::server_of(&value) else { continue };
        let mut named = servers.iter().filter(|server| server.id == name).peekable();
        if named.peek().is_none() {
            continue;
        }
        let most = |server: &&Server| match server.writes {
            Writes::Above => 0,
            Writes::Below => 1,
        };
        match named.find(|server| passed <= most(server)) {
            Some(server) => verdicts.push((server, value)),
            None => {
                let reason = format!(
                    "The mail brought a verdict about itself in the name of {name}, our own mail server. That server \
                     did not write it."
                );
                return Err(Refusal::new("forged-verdict", reason));
            }
        }
    }
    Ok(verdicts)
}

/// Whether two names are the same domain, written in whatever letters.
fn is_same_domain(checked: &str, domain: &str) -> bool {
    let plain = |name: &str| idna::domain_to_ascii(name).ok().filter(|name| !name.is_empty() && !name.ends_with('.'));
    match (plain(checked), plain(domain)) {
        // A name that is read as another, such as one in wide letters, is not that other.
        (Some(one), Some(other)) => one == other && (domain.is_ascii() || idna::domain_to_unicode(&other).0 == domain),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::gate::Limits;

    fn judged(profiles: &str, address: &str, block: &str) -> String {
        let boundary = Boundary::parse(profiles.split(',')).expect("a boundary");
        let raw = format!("{}\r\n\r\nhello", block.trim().replace('\n', "\r\n"));
        let headers = Headers::scan(raw.as_bytes(), &Limits::default()).expect("a fine block");
        let claimed = Claimed { address, oddity: None, by_another: headers.has("sender") };
        match judge(&headers, claimed, &boundary) {
            Ok(standing) => format!("{:?}: {}", standing.vouched, standing.because),
            Err(refusal) => refusal.code.to_owned(),
        }
    }

    fn amy(block: &str) -> String {
        judged("authserv-id:mx.desk.example", "amy@home.example", block)
    }

    const MX: &str = "Received: from mail.home.example by mx.desk.example; Mon, 2 Mar 2026 09:00:00 +0000";

    #[test]
    fn a_pass_of_the_boundary_for_the_very_domain_vouches() {
        let pass = "Authentication-Results: MX.desk.example; spf=fail smtp.mailfrom=x.example;\n\tdmarc=pass (p=none) header.from=HOME.example";
        assert_eq!(
            amy(&format!("{pass}\n{MX}")),
            "Yes: The mail server at mx.desk.example vouches for amy@home.example."
        );
        assert!(amy(pass).starts_with("Yes"));
        assert!(amy(&format!("{pass}\n{MX}\nSender: bob@home.example")).starts_with("OnBehalf"));
        assert!(judged("none", "amy@home.example", pass).starts_with("No: Nobody vouches"));
        assert!(judged("authserv-id:mx.other.example", "amy@home.example", pass).starts_with("No"));
        for domain in ["xn--caff-8oa.example", "caff\u{e8}.example"] {
            let pass = format!("Authentication-Results: mx.desk.example; dmarc=pass header.from={domain}");
            assert!(
                judged("authserv-id:mx.desk.example", "jo@caff\u{e8}.example", &pass).starts_with("Yes"),
                "{domain}"
            );
        }
    }

    #[test]
    fn anything_less_vouches_for_nobody() {
        for verdict in [
            "spf=pass smtp.mailfrom=home.example",
            "dkim=pass header.d=home.example",
            "compauth=pass reason=100",
            "none",
            "dmarc=none header.from=home.example",
            "dmarc=temperror header.from=home.example",
            "dmarc=permerror header.from=home.example",
            "dmarc=bestguesspass header.from=home.example",
            "dmarc=pass header.from=other.example",
            "dmarc=pass header.from=home.example.",
            "dmarc=pass header.from=amy@home.example",
            "dmarc=pass smtp.mailfrom=home.example",
            "dmarc=pass header.from=home.example header.from=nhs.net",
            "dmarc=pass header.from=home.example; dmarc=none header.from=home.example",
            "dmarc/2=pass header.from=home.example",
            "dmarc=pass header.from=home.example (never ends",
            "spf=pass reason=\"; dmarc=pass header.from=home.example\"",
        ] {
            let said = amy(&format!("Authentication-Results: mx.desk.example; {verdict}\n{MX}"));
            assert!(said.starts_with("No: Nobody vouches"), "{verdict}: {said}");
        }
        let wide = "Authentication-Results: mx.desk.example; dmarc=pass header.from=nhs.net";
        assert!(judged("authserv-id:mx.desk.example", "o@\u{ff4e}\u{ff48}\u{ff53}.net", wide).starts_with("No"));
    }

    #[test]
    fn the_worse_of_two_verdicts_counts() {
        let of =
            |result: &str| format!("Authentication-Results: mx.desk.example; dmarc={result} header.from=home.example");
        for (one, other, is) in [
            ("pass", "none", "No"),
            ("none", "pass", "No"),
            ("pass", "pass", "Yes"),
            ("pass", "fail", "refuted-sender"),
        ] {
            let said = amy(&format!("{}\n{}\n{MX}", of(one), of(other)));
            assert!(said.starts_with(is), "{one} {other}: {said}");
        }
    }

    #[test]
    fn a_verdict_in_our_name_further_down_is_a_forgery() {
        let pass = "Authentication-Results: mx.desk.example; dmarc=pass header.from=home.example";
        let none = pass.replace("pass", "none");
        for block in [format!("{MX}\n{pass}"), format!("{none}\n{MX}\n{pass}"), format!("{pass}\n{MX}\n{MX}\n{pass}")] {
            assert_eq!(amy(&block), "forged-verdict", "{block}");
        }
        let foreign = pass.replace("mx.desk", "mx.evil");
        assert!(amy(&format!("{MX}\n{foreign}")).starts_with("No"));
        let below = |block: &str| judged("authserv-id-below:mx.desk.example", "amy@home.example", block);
        assert!(below(&format!("{MX}\n{pass}")).starts_with("Yes"));
        assert!(below(&format!("{pass}\n{MX}")).starts_with("Yes"));
        assert_eq!(below(&format!("{MX}\n{MX}\n{pass}")), "forged-verdict");
    }

    /// Nothing that a sender writes can stand above the boundary's Received field, and nothing below it raises anything.
    #[test]
    fn no_field_below_the_boundary_raises_a_level() {
        let server = "mx.desk.example";
        let own = [
            String::new(),
            format!("Authentication-Results: {server}; dmarc=none header.from=home.example\n"),
            format!("Authentication-Results: {server}; spf=pass smtp.mailfrom=home.example\n"),
            format!("Authentication-Results: {server}; dmarc=pass header.from=home.example\n"),
            format!("Authentication-Results: {server}; dmarc=fail header.from=home.example\n"),
        ];
        let theirs = [
            format!("Authentication-Results: {server}; dmarc=pass header.from=home.example"),
            format!("Authentication-Results: \"{server}\" 1; dmarc=pass header.from=home.example"),
            format!("Authentication-Results:\n ({server}) {server} (x);\n dmarc = pass header . from = home.example"),
            format!("ARC-Authentication-Results: i=1; {server}; dmarc=pass header.from=home.example"),
            format!("X-Authentication-Results: {server}; dmarc=pass header.from=home.example"),
            "Authentication-Results: evil.example; dmarc=pass header.from=home.example".to_owned(),
            format!(
                "Received: from a by {server}; now\nAuthentication-Results: {server}; dmarc=pass header.from=home.example"
            ),
            "Sender: amy@home.example".to_owned(),
            "Received: from a by b; now".to_owned(),
            "X-MS-Exchange-Organization-AuthAs: Internal".to_owned(),
            "Received-SPF: pass".to_owned(),
        ];
        let rank = |said: &str| {
            ["No", "OnBehalf", "Yes"].iter().position(|level| said.starts_with(level)).map_or(0, |it| it + 1)
        };
        for own in &own {
            let before = amy(&format!("{own}{MX}"));
            for theirs in &theirs {
                let after = amy(&format!("{own}{MX}\n{theirs}"));
                assert!(rank(&after) <= rank(&before), "{own}{theirs}: {before} {after}");
            }
        }
    }
}
