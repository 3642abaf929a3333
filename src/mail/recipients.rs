//! To whom letters and texts may go while a desk is being tried out: patterns of addresses and numbers.

use super::address::addr_spec;

/// To whom letters may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipients {
    /// To everybody.
    Everybody,
    /// To addresses that one of the patterns fits; without a pattern, to nobody.
    Only(Vec<Pattern>),
}

/// A pattern of addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// `*`: any address, and any mobile.
    Any,
    /// `*@nhs.net`: all addresses of one domain, and of no other below it.
    Domain(String),
    /// `amy@home.example`: this address.
    Address(String),
    /// `+447700900111`: this mobile.
    Number(String),
}

impl Pattern {
    /// Reads a pattern.
    pub fn parse(written: &str) -> Result<Pattern, String> {
        let folded = written.trim().to_lowercase();
        if folded == "*" {
            return Ok(Pattern::Any);
        }
        if let Some(digits) = folded.strip_prefix('+') {
            let digits: String = digits.chars().filter(|c| *c != ' ').collect();
            if (7..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit()) {
                return Ok(Pattern::Number(format!("+{digits}")));
            }
        }
        match folded.strip_prefix("*@") {
            Some(domain) if addr_spec(&format!("a@{domain}")).is_some() => Ok(Pattern::Domain(domain.to_owned())),
            // A star may stand in an address, but nobody who writes one here means that.
            None if !folded.contains('*') && addr_spec(&folded).is_some() => Ok(Pattern::Address(folded)),
            _ => Err(format!(
                "`{}` is no pattern of addresses; write *@nhs.net for a domain, amy@home.example for one address, \
                 +447700900111 for one mobile, or * for all",
                written.trim()
            )),
        }
    }

    fn fits(&self, address: &str) -> bool {
        match self {
            Pattern::Any => true,
            Pattern::Domain(domain) => address.rsplit_once('@').is_some_and(|(_, own)| own == domain),
            Pattern::Address(one) | Pattern::Number(one) => address == one,
        }
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Pattern::Any => f.write_str("*"),
            Pattern::Domain(domain) => write!(f, "*@{domain}"),
            Pattern::Address(one) | Pattern::Number(one) => f.write_str(one),
        }
    }
}

impl Recipients {
    /// Whether a letter may go to an address, in whatever case it is written.
    pub fn include(&self, address: &str) -> bool {
        let folded = address.trim().to_lowercase();
        match self {
            Recipients::Everybody => true,
            Recipients::Only(patterns) => patterns.iter().any(|pattern| pattern.fits(&folded)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_whole_addresses_only() {
        let only = |written: &[&str]| {
            Recipients::Only(written.iter().map(|one| Pattern::parse(one).expect("a pattern")).collect())
        };
        let some = only(&["*@NHS.net", "Amy@Home.example"]);
        for address in ["rose@nhs.net", "ROSE@NHS.NET", "amy@home.example", "AMY@HOME.EXAMPLE"] {
            assert!(some.include(address), "{address}");
        }
        for address in ["rose@sub.nhs.net", "rose@nhs.net.example", "rose@xnhs.net", "bob@home.example", "nhs.net", ""]
        {
            assert!(!some.include(address), "{address}");
        }
        assert!(only(&["*"]).include("anybody@where.example"));
        let mobile = only(&["+44 7700 900111"]);
        assert!(mobile.include("+447700900111") && !mobile.include("+447700900112") && !some.include("+447700900111"));
        assert!(!only(&[]).include("anybody@where.example"));
        for written in ["", "*@", "@nhs.net", "*.nhs.net", "a*@nhs.net", "amy", "**", "07700900111", "+44*", "+44"] {
            assert!(Pattern::parse(written).is_err(), "{written}");
        }
    }
}
