//! What the operator settles about the pages: the address by which people know them, and who may show them in a frame.

/// The pages' settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebSettings {
    /// The address by which people reach the pages, if a proxy stands in front.
    pub public: Option<Origin>,
    /// Sites that may show the chat in a frame.
    pub frames: Vec<Origin>,
    /// Whether the proxy's last word on the client's address is believed.
    pub behind_proxy: bool,
}

/// A scheme, a host and a port: `https://desk.example`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    is_secure: bool,
    host: String,
}

impl Origin {
    /// Reads an origin.
    pub fn parse(text: &str) -> Result<Origin, String> {
        let wrong = || format!("`{text}` is not an address of a site; write it as https://desk.example");
        let (scheme, host) = text.trim().split_once("://").ok_or_else(wrong)?;
        let host = host.strip_suffix('/').unwrap_or(host);
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
        if host.is_empty() || !host.chars().all(plain) {
            return Err(wrong());
        }
        let is_secure = match scheme {
            "https" => true,
            "http" => false,
            _ => return Err(wrong()),
        };
        Ok(Origin { is_secure, host: host.to_ascii_lowercase() })
    }

    /// Whether what is said there is encrypted.
    pub fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// Its host, with the port if that is not the usual one.
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}", if self.is_secure { "https" } else { "http" }, self.host)
    }
}

impl WebSettings {
    /// Whether browsers are told to send the cookie over encrypted lines only.
    pub fn is_secure(&self) -> bool {
        self.public.as_ref().is_some_and(Origin::is_secure)
    }

    /// Whether another site shows the chat in a frame.
    pub fn is_framed(&self) -> bool {
        !self.frames.is_empty() && self.is_secure()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_scheme_and_a_host_and_nothing_that_could_end_a_header() {
        for good in ["https://desk.example", "http://localhost:8080", "https://[::1]:8443"] {
            assert_eq!(Origin::parse(good).map(|origin| origin.to_string()).as_deref(), Ok(good));
        }
        assert_eq!(
            Origin::parse("https://Desk.example/").map(|it| it.to_string()).as_deref(),
            Ok("https://desk.example")
        );
        for bad in ["", "desk.example", "ftp://desk.example", "https://", "https://a/b", "https://a; script-src *"] {
            assert!(Origin::parse(bad).is_err(), "{bad}");
        }
    }
}
