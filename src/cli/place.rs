//! Where a door listens, as an operator writes it: `off`, or HOST:PORT.

use std::str::FromStr;

use crate::desk::lmtp::{Limits, LmtpDoor};

use crate::web::WebDoor;

use super::Failure;

/// The port of SMTP. What is said there is not LMTP, and mail from everywhere comes to it.
const SMTP: u16 = 25;

/// Where a door listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// Nowhere.
    Off,
    /// At HOST:PORT.
    At(String),
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Place, String> {
        if text == "off" {
            return Ok(Place::Off);
        }
        match text.rsplit_once(':').map(|(host, port)| (host, port.parse::<u16>())) {
            Some((_, Ok(SMTP))) => Err("port 25 is for SMTP, and LMTP must never listen there; take another".into()),
            Some((host, Ok(_))) if !host.is_empty() => Ok(Place::At(text.to_owned())),
            _ => Err("write HOST:PORT, such as 127.0.0.1:2424, or off".into()),
        }
    }
}

impl Place {
    /// Opens the door for LMTP, if there is to be one.
    pub(super) async fn lmtp(&self) -> Result<Option<LmtpDoor>, Failure> {
        let Place::At(place) = self else { return Ok(None) };
        let door = LmtpDoor::open(place, Limits::default())
            .await
            .map_err(|error| Failure::Other(format!("cannot listen for LMTP at {place}: {error}")))?;
        if !door.address().ip().is_loopback() {
            tracing::warn!(
                address = %door.address(),
                "the LMTP door can be reached from other machines, and LMTP asks nobody who they are: \
                 let only your mail server reach it"
            );
        }
        Ok(Some(door))
    }
}

impl Place {
    /// Opens the door of the pages, if there is to be one.
    pub(super) async fn web(&self) -> Result<Option<WebDoor>, Failure> {
        let Place::At(place) = self else { return Ok(None) };
        let door = WebDoor::open(place).await.map_err(|error| {
            Failure::Other(format!(
                "cannot show the chat page at {place}: {error}. Give it another place (--http 127.0.0.1:0 takes any port that \
                 is free), or leave it out (--http off)"
            ))
        })?;
        if !door.address().ip().is_loopback() {
            tracing::warn!(
                address = %door.address(),
                "the chat page can be reached from other machines, and it speaks no TLS: put a proxy in front of it, and \
                 set public_url"
            );
        }
        Ok(Some(door))
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_place_is_off_or_host_and_port() {
        assert_eq!("off".parse(), Ok(Place::Off));
        for good in ["127.0.0.1:2424", "localhost:0", "[::1]:2424"] {
            assert_eq!(good.parse(), Ok(Place::At(good.to_owned())));
        }
        for bad in ["", "on", "2424", ":2424", "127.0.0.1", "127.0.0.1:25", "[::1]:025", "127.0.0.1:70000"] {
            assert!(bad.parse::<Place>().is_err(), "{bad}");
        }
    }
}
