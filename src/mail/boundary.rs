//! Whose word about senders the desk takes: nobody's, or that of mail servers whom the operator names. What they said of
//! a mail is read in `authentication`.

use std::fmt;

/// Whose word about senders the desk takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Boundary {
    /// Nobody's: no sender is authenticated, whatever a mail says.
    #[default]
    None,
    /// That of the named mail servers: the boundary.
    Servers(Vec<Server>),
}

/// A mail server of the boundary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The name under which it writes its verdicts (RFC 8601: authserv-id), in lower case.
    pub id: String,
    /// Where it writes them.
    pub writes: Writes,
}

/// Where a server writes its verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writes {
    /// Above its own Received field: nobody outside can put anything there.
    Above,
    /// Below its own Received field, as some filters do. Whoever sends mail can write there too: this is sound only where
    /// the server removes what came in under its name.
    Below,
}

/// The profile that believes a server.
const ABOVE: &str = "authserv-id";
/// The profile that believes a server also below its own Received field.
const BELOW: &str = "authserv-id-below";

impl Boundary {
    /// Reads profiles: `none`, or `authserv-id:NAME` for each server.
    pub fn parse<'a>(profiles: impl IntoIterator<Item = &'a str>) -> Result<Boundary, String> {
        let mut servers: Vec<Server> = Vec::new();
        let mut nobody = false;
        for profile in profiles.into_iter().map(str::trim).filter(|profile| !profile.is_empty()) {
            if profile.eq_ignore_ascii_case("none") {
                nobody = true;
                continue;
            }
            let server = server(profile)?;
            if !servers.contains(&server) {
                servers.push(server);
            }
        }
        match (nobody, servers.is_empty()) {
            (true, false) => Err("`none` believes nobody, so no server can stand beside it".into()),
            (_, true) => Ok(Boundary::None),
            (false, false) => Ok(Boundary::Servers(servers)),
        }
    }
}

impl fmt::Display for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Boundary::Servers(servers) = self else { return f.write_str("none") };
        for (n, server) in servers.iter().enumerate() {
            let profile = match server.writes {
                Writes::Above => ABOVE,
                Writes::Below => BELOW,
            };
            write!(f, "{}{profile}:{}", if n == 0 { "" } else { "," }, server.id)?;
        }
        Ok(())
    }
}

fn server(profile: &str) -> Result<Server, String> {
    let writes = match profile.split_once(':') {
        Some((ABOVE, _)) => Writes::Above,
        Some((BELOW, _)) => Writes::Below,
        _ => {
            return Err(format!(
                "`{profile}` is no boundary; write `none`, or `{ABOVE}:NAME` with the name under which your mail server \
                 writes Authentication-Results"
            ));
        }
    };
    let id = profile.split_once(':').map_or("", |(_, id)| id.trim()).to_lowercase();
    let fine = |c: char| c.is_alphanumeric() || "-._".contains(c);
    if id.is_empty() || !id.chars().all(fine) {
        return Err(format!("`{profile}` names no mail server; write it like `{ABOVE}:mx.desk.example`"));
    }
    Ok(Server { id, writes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_read_and_written_alike() {
        for text in ["none", "authserv-id:mx.desk.example", "authserv-id:a.example,authserv-id-below:b.example"] {
            let boundary = Boundary::parse(text.split(',')).expect("it is right");
            assert_eq!(boundary.to_string(), text);
        }
        assert_eq!(Boundary::parse([]), Ok(Boundary::None));
        assert_eq!(Boundary::parse(["authserv-id:MX.Desk.example"]), Boundary::parse(["authserv-id:mx.desk.example"]));
    }

    #[test]
    fn what_is_not_plain_is_refused() {
        for wrong in ["mx.desk.example", "authserv-id", "authserv-id:", "authserv-id:a b", "self", "exchange-online"] {
            assert!(Boundary::parse([wrong]).is_err(), "{wrong}");
        }
        assert!(Boundary::parse(["none", "authserv-id:mx.desk.example"]).is_err());
    }
}
