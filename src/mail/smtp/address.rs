//! Where the relay is and how it is spoken to, as an operator writes it: `smtp+starttls://desk@relay.example:587`.
//! A password never stands in it.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use crate::policy::finding::did_you_mean;

/// How a line to the relay is kept from others' eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Not at all.
    Plain,
    /// It begins in the open and is encrypted before anything is said; a relay that cannot is not spoken to.
    StartTls,
    /// It is encrypted from its first byte.
    Tls,
}

/// The address of a relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayAddress {
    /// How the line is kept from others' eyes.
    pub security: Security,
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Who we are to it, if it asks.
    pub user: Option<String>,
    /// The file that holds the password.
    pub password_file: Option<PathBuf>,
}

/// Shows no user: it is nobody's business but the relay's.
impl fmt::Display for RelayAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.security.scheme();
        match self.host.contains(':') {
            true => write!(f, "{scheme}://[{}]:{}", self.host, self.port),
            false => write!(f, "{scheme}://{}:{}", self.host, self.port),
        }
    }
}

impl Security {
    fn scheme(self) -> &'static str {
        match self {
            Security::Plain => "smtp",
            Security::StartTls => "smtp+starttls",
            Security::Tls => "smtps",
        }
    }

    fn usual_port(self) -> u16 {
        match self {
            Security::Plain => 25,
            Security::StartTls => 587,
            Security::Tls => 465,
        }
    }
}

/// What is said of a password in the address. The address itself is not repeated: it would stand in a log.
const NO_PASSWORD: &str = "the relay's address holds a password, where a list of processes or a log would show it. \
     Put it into a file and write ?password_file=PATH behind the address, or set CAREDESK_RELAY_PASSWORD";

impl RelayAddress {
    /// Reads an address. What is wrong is told with how to mend it, and without the words that may be a secret.
    pub fn parse(written: &str) -> Result<RelayAddress, String> {
        let (scheme, rest) = written.trim().split_once("://").ok_or(
            "the relay's address needs to say how: smtp+starttls://HOST:587, smtps://HOST:465 or smtp://localhost:25",
        )?;
        let security = match scheme.to_ascii_lowercase().as_str() {
            "smtp" => Security::Plain,
            "smtp+starttls" => Security::StartTls,
            "smtps" => Security::Tls,
            other => {
                let help = did_you_mean(other, ["smtp", "smtp+starttls", "smtps"]);
                return Err(format!("the relay's address begins with `{other}`, which is not known; {help}"));
            }
        };
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (user, place) = match place.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, place),
        };
        if user.is_some_and(|user| user.contains(':')) {
            return Err(NO_PASSWORD.into());
        }
        let user = user.map(|user| decoded(user).ok_or("the relay's user name is not readable")).transpose()?;
        let (host, port) = host_and_port(place.trim_end_matches('/'), security)?;
        let mut address = RelayAddress { security, host, port, user, password_file: None };
        let mut open_on_purpose = false;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            match key {
                "password_file" => {
                    let path = decoded(value).filter(|path| !path.is_empty());
                    address.password_file = Some(path.ok_or("password_file names no file")?.into());
                }
                "tls" if value == "none" => open_on_purpose = true,
                "tls" => return Err("tls= can only be `none`; for TLS write smtp+starttls:// or smtps://".into()),
                "password" | "pass" => return Err(NO_PASSWORD.into()),
                other => {
                    let help = did_you_mean(other, ["password_file", "tls"]);
                    return Err(format!("the relay's address has `{other}=`, which is not known; {help}"));
                }
            }
        }
        address.demand_privacy(open_on_purpose)?;
        Ok(address)
    }

    /// Whether the relay is this machine.
    fn is_loopback(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost") || self.host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    }

    fn demand_privacy(&self, open_on_purpose: bool) -> Result<(), String> {
        if open_on_purpose && self.security != Security::Plain {
            return Err("tls=none and TLS contradict each other; take one away".into());
        }
        if self.security != Security::Plain || self.is_loopback() {
            return Ok(());
        }
        if self.user.is_some() {
            return Err(format!(
                "smtp:// to {} would show the password to the whole way there; write smtp+starttls:// or smtps://",
                self.host
            ));
        }
        if open_on_purpose {
            return Ok(());
        }
        Err(format!(
            "smtp:// to {} would send letters in the open; write smtp+starttls:// or smtps://, or say ?tls=none if \
             that is meant",
            self.host
        ))
    }
}

fn host_and_port(place: &str, security: Security) -> Result<(String, u16), String> {
    let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => {
            host.parse::<std::net::Ipv6Addr>().map_err(|_| "the relay's address in [ ] is no IPv6 address")?;
            (host, rest.strip_prefix(':'))
        }
        None => match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
    if host.is_empty() || !host.chars().all(is_name) {
        return Err("the relay's address names no host; one looks like smtp+starttls://relay.example:587".into());
    }
    let port = match port {
        None => security.usual_port(),
        Some(port) => match port.parse() {
            Ok(port) if port > 0 => port,
            _ => return Err("the relay's port is not a number from 1 to 65535".into()),
        },
    };
    Ok((host.to_owned(), port))
}

/// A text with `%40` for `@`.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok().filter(|text| !text.chars().any(char::is_control))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_say_how_and_where() {
        let read = |text: &str| RelayAddress::parse(text).expect("it is one").to_string();
        assert_eq!(read("smtp://localhost"), "smtp://localhost:25");
        assert_eq!(read("smtp://[::1]:2525"), "smtp://[::1]:2525");
        assert_eq!(read("smtp://relay.example?tls=none"), "smtp://relay.example:25");
        assert_eq!(read("smtps://relay.example/"), "smtps://relay.example:465");
        let full = RelayAddress::parse("smtp+starttls://desk@nhs.net@relay.example?password_file=/run/p%20w");
        let full = full.expect("it is one");
        assert_eq!(full.user.as_deref(), Some("desk@nhs.net"));
        assert_eq!(full.password_file, Some("/run/p w".into()));
        assert_eq!(full.to_string(), "smtp+starttls://relay.example:587", "the user is not shown");
    }

    #[test]
    fn what_is_wrong_is_told_without_the_secret() {
        for (written, word) in [
            ("relay.example", "smtp+starttls://HOST"),
            ("smpt://relay.example", "did you mean `smtp`"),
            ("smtp://relay.example", "in the open"),
            ("smtp://desk@relay.example?tls=none", "show the password"),
            ("smtps://desk:hunter2@relay.example", "password_file"),
            ("smtps://relay.example?password=hunter2", "password_file"),
            ("smtps://relay.example?password_fiel=x", "did you mean `password_file`"),
            ("smtps://relay.example?tls=none", "contradict"),
            ("smtps://relay.example?tls=maybe", "can only be `none`"),
            ("smtps://relay.example:0", "port"),
            ("smtps://", "no host"),
            ("smtps://[zz]", "IPv6"),
        ] {
            let why = RelayAddress::parse(written).expect_err(written);
            assert!(why.contains(word), "{written}: {why}");
            assert!(!why.contains("hunter2"), "{why}");
        }
    }
}
