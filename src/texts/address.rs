//! Where the service is that sends texts, as an operator writes it: `https://notify.example?template=ID&key_file=PATH`.
//! A key never stands in it.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use crate::policy::finding::did_you_mean;

/// The address of a service that sends texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAddress {
    /// Whether the line is encrypted. One that is not stays on this machine.
    pub encrypted: bool,
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// What stands before the service's own paths; empty, or `/…` without a slash at its end.
    pub path: String,
    /// The template whose `((body))` our words fill.
    pub template: String,
    /// The file that holds the key.
    pub key_file: Option<PathBuf>,
}

impl fmt::Display for ServiceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", if self.encrypted { "https" } else { "http" }, self.authority(), self.path)
    }
}

/// What is said of a key in the address. The address itself is not repeated: it would stand in a log.
const NO_KEY: &str = "the text service's address holds a user or a key, where a list of processes or a log would show \
     it. Put the key into a file and write key_file=PATH behind the address, or set CAREDESK_TEXTS_KEY";

impl ServiceAddress {
    /// Reads an address. What is wrong is told with how to mend it, and without the words that may be a secret.
    pub fn parse(written: &str) -> Result<ServiceAddress, String> {
        let (scheme, rest) = written
            .trim()
            .split_once("://")
            .ok_or("the text service's address looks like https://notify.example?template=ID&key_file=PATH")?;
        let encrypted = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err("the text service's address begins with https://".into()),
        };
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        if place.contains('@') {
            return Err(NO_KEY.into());
        }
        let (authority, path) = place.split_once('/').unwrap_or((place, ""));
        let (host, port) = host_and_port(authority, if encrypted { 443 } else { 80 })?;
        let path = path.trim_matches('/');
        if !path.chars().all(|c| c.is_ascii_alphanumeric() || "-._~/".contains(c)) {
            return Err("the text service's address has a path that is not plain".into());
        }
        let path = if path.is_empty() { String::new() } else { format!("/{path}") };
        let (mut template, mut key_file) = (None, None);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=').unwrap_or((pair, "")) {
                (_, "") => return Err("the text service's address has a setting without a value".into()),
                ("template", id) => template = Some(id.to_owned()),
                ("key_file", path) => key_file = Some(PathBuf::from(path)),
                ("key" | "api_key" | "password" | "token", _) => return Err(NO_KEY.into()),
                (other, _) => {
                    let help = did_you_mean(other, ["key_file", "template"]);
                    return Err(format!("the text service's address has `{other}=`, which is not known; {help}"));
                }
            }
        }
        let template = template.ok_or("the text service's address names no template; write ?template=ID behind it")?;
        let address = ServiceAddress { encrypted, host, port, path, template, key_file };
        if !encrypted && !address.is_loopback() {
            return Err(format!(
                "http:// to {} would show our key and all texts on the way; write https://",
                address.host
            ));
        }
        Ok(address)
    }

    /// Host and port, as a request names them. The usual port is left out.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        match (self.encrypted, self.port) {
            (true, 443) | (false, 80) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }

    fn is_loopback(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost") || self.host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    }
}

fn host_and_port(place: &str, usual: u16) -> Result<(String, u16), String> {
    let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => {
            host.parse::<std::net::Ipv6Addr>().map_err(|_| "the text service's address in [ ] is no IPv6 address")?;
            (host, rest.strip_prefix(':'))
        }
        None => match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    if host.is_empty() || !host.chars().all(|c| c.is_ascii_alphanumeric() || "-.:".contains(c)) {
        return Err("the text service's address names no host".into());
    }
    let port = match port {
        None => usual,
        Some(port) => match port.parse() {
            Ok(port) if port > 0 => port,
            _ => return Err("the text service's port is not a number from 1 to 65535".into()),
        },
    };
    Ok((host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_say_where_and_which_template() {
        let full =
            ServiceAddress::parse("https://notify.example/gate/?template=t-1&key_file=/run/key").expect("it is one");
        assert_eq!(full.to_string(), "https://notify.example/gate");
        assert_eq!((full.template.as_str(), full.key_file), ("t-1", Some("/run/key".into())));
        let near = ServiceAddress::parse("http://[::1]:8080?template=t").expect("it is one");
        assert_eq!((near.to_string().as_str(), near.port), ("http://[::1]:8080", 8080));
    }

    #[test]
    fn what_is_wrong_is_told_without_the_secret() {
        for (written, word) in [
            ("notify.example", "https://"),
            ("ftp://notify.example?template=t", "https://"),
            ("http://notify.example?template=t", "show our key"),
            ("https://hunter2@notify.example?template=t", "key_file"),
            ("https://notify.example?template=t&key=hunter2", "key_file"),
            ("https://notify.example?key_file=/x", "template"),
            ("https://notify.example?templat=t", "did you mean `template`"),
            ("https://notify.example:0?template=t", "port"),
            ("https://?template=t", "no host"),
            ("https://notify.example?template=", "without a value"),
        ] {
            let why = ServiceAddress::parse(written).expect_err(written);
            assert!(why.contains(word), "{written}: {why}");
            assert!(!why.contains("hunter2"), "{why}");
        }
    }
}
