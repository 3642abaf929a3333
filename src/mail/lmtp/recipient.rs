//! Whom a mail may be for: the desk alone. Nothing is passed on to anybody else.

/// Whether an address is one of the desk's own, or the postmaster of one of its domains, whom every domain has. The
/// desk's addresses are in lower case. An address with a tag (`desk+tag@…`) is another address.
pub fn is_ours(own: &[String], address: &str) -> bool {
    let is_own = own.iter().any(|own| own.eq_ignore_ascii_case(address));
    is_own || is_postmaster(own, address)
}

fn is_postmaster(own: &[String], address: &str) -> bool {
    let (local, domain) = address.rsplit_once('@').map_or((address, None), |(local, domain)| (local, Some(domain)));
    let of_ours = |domain: &str| {
        own.iter().any(|own| own.rsplit_once('@').is_some_and(|(_, ours)| ours.eq_ignore_ascii_case(domain)))
    };
    local.eq_ignore_ascii_case("postmaster") && domain.is_none_or(of_ours)
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn the_desk_takes_mail_for_itself_and_its_postmaster_only() {
        let own = ["desk@care.example".to_owned(), "help@care.example".to_owned()];
        for (address, ours) in [
            ("desk@care.example", true),
            ("Desk@CARE.Example", true),
            ("help@care.example", true),
            ("postmaster@care.example", true),
            ("PostMaster@care.example", true),
            ("postmaster", true),
            ("desk+tag@care.example", false),
            ("desk@other.example", false),
            ("postmaster@other.example", false),
            ("desk@care.example.", false),
            ("desk%other.example@care.example", false),
            ("desk@care.example@other.example", false),
            ("desk", false),
            ("", false),
        ] {
            assert_eq!(is_ours(&own, address), ours, "{address}");
        }
    }
}
