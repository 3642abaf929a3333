//! One Authentication-Results field, read by the letter of RFC 8601. Whether its writer is believed is decided in
//! `authentication`.

/// What a server says of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Results {
    /// The server's name (authserv-id), in lower case.
    pub server: String,
    /// What each check came to, in order.
    pub checks: Vec<Check>,
}

/// What one check came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The method, such as `dmarc`, in lower case.
    pub method: String,
    /// The result, such as `pass`, in lower case.
    pub result: String,
    /// What was checked: names such as `header.from` in lower case, and values as written.
    pub properties: Vec<(String, String)>,
}

/// The name of the server that a field says it is by, in lower case. None when it names none.
pub fn server_of(value: &str) -> Option<String> {
    let mut scanner = Scanner { rest: value };
    scanner.skip()?;
    scanner.word().map(|name| name.to_lowercase())
}

/// Reads a whole field. None when it is not written as it should be, or in a version that nobody knows yet: then
/// nothing in it counts.
pub fn parse(value: &str) -> Option<Results> {
    let mut scanner = Scanner { rest: value };
    scanner.skip()?;
    let server = scanner.word()?.to_lowercase();
    scanner.skip()?;
    if scanner.next_is(|c| c.is_ascii_digit()) && scanner.word()? != "1" {
        return None;
    }
    let mut checks = Vec::new();
    loop {
        scanner.skip()?;
        if scanner.rest.is_empty() {
            return Some(Results { server, checks });
        }
        scanner.take(';')?;
        scanner.skip()?;
        // Some servers end the field with a semicolon.
        if !scanner.rest.is_empty() {
            checks.extend(scanner.check()?);
        }
    }
}

struct Scanner<'a> {
    rest: &'a str,
}

impl Scanner<'_> {
    /// One check; none for the word `none`, which says that nothing was checked.
    fn check(&mut self) -> Option<Option<Check>> {
        let mut method = self.word()?.to_lowercase();
        self.skip()?;
        if method == "none" && (self.rest.is_empty() || self.rest.starts_with(';')) {
            return Some(None);
        }
        if self.take('/').is_some() {
            self.skip()?;
            let version = self.word()?;
            if version != "1" {
                method = format!("{method}/{version}");
            }
            self.skip()?;
        }
        self.take('=')?;
        self.skip()?;
        let result = self.word()?.to_lowercase();
        let mut properties = Vec::new();
        loop {
            self.skip()?;
            if self.rest.is_empty() || self.rest.starts_with(';') {
                return Some(Some(Check { method, result, properties }));
            }
            properties.push(self.property()?);
        }
    }

    /// `header.from=care.example`; also `reason="…"`, which has one name only.
    fn property(&mut self) -> Option<(String, String)> {
        let mut name = String::new();
        while self.take('=').is_none() {
            name.push_str(&self.word()?.to_lowercase());
            self.skip()?;
        }
        self.skip()?;
        Some((name, self.value()?))
    }

    /// White space and comments, which may stand between all words.
    fn skip(&mut self) -> Option<()> {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
            if !self.rest.starts_with('(') {
                return Some(());
            }
            self.comment()?;
        }
    }

    fn comment(&mut self) -> Option<()> {
        let (mut depth, mut escaped) = (0_usize, false);
        for (at, c) in self.rest.char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '(' => depth += 1,
                ')' => depth = depth.checked_sub(1)?,
                _ => {}
            }
            if depth == 0 {
                self.rest = self.rest.get(at + 1..)?;
                return Some(());
            }
        }
        None
    }

    /// A word, in quotes or not.
    fn word(&mut self) -> Option<String> {
        const ENDS: &str = "()<>@,;:\\\"/[]?=";
        if self.rest.starts_with('"') {
            return self.quoted();
        }
        self.run(|c| ENDS.contains(c) || c.is_whitespace() || c.is_control())
    }

    /// The value of a property: an address, a domain, the head of a signature. More may stand in it than in a word.
    fn value(&mut self) -> Option<String> {
        let mut value = if self.rest.starts_with('"') { self.quoted()? } else { String::new() };
        let more = self.run(|c| ";(\"".contains(c) || c.is_whitespace() || c.is_control());
        value.push_str(more.as_deref().unwrap_or_default());
        Some(value)
    }

    fn quoted(&mut self) -> Option<String> {
        let (mut text, mut escaped) = (String::new(), false);
        for (at, c) in self.rest.char_indices().skip(1) {
            match c {
                _ if escaped => {
                    escaped = false;
                    text.push(c);
                }
                '\\' => escaped = true,
                '"' => {
                    self.rest = self.rest.get(at + 1..)?;
                    return Some(text);
                }
                _ => text.push(c),
            }
        }
        None
    }

    fn run(&mut self, ends: impl Fn(char) -> bool) -> Option<String> {
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        (!word.is_empty()).then(|| word.to_owned())
    }

    fn next_is(&self, is: impl Fn(char) -> bool) -> bool {
        self.rest.starts_with(is)
    }

    fn take(&mut self, wanted: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(wanted)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field, as `server: method=result name=value …; …`.
    fn told(value: &str) -> String {
        let Some(results) = parse(value) else { return "unreadable".into() };
        let check = |check: &Check| {
            let properties =
                check.properties.iter().map(|(name, value)| format!(" {name}={value}")).collect::<String>();
            format!("{}={}{properties}", check.method, check.result)
        };
        format!("{}: {}", results.server, results.checks.iter().map(check).collect::<Vec<_>>().join("; "))
    }

    #[test]
    fn fields_as_servers_write_them_are_read() {
        for (field, is) in [
            // The examples of RFC 8601, appendix B.
            ("example.org 1; none", "example.org: "),
            ("example.com;\t\tspf=pass smtp.mailfrom=example.net", "example.com: spf=pass smtp.mailfrom=example.net"),
            (
                "example.com; auth=pass (cram-md5) smtp.auth=sender@example.net; spf=pass smtp.mailfrom=example.net",
                "example.com: auth=pass smtp.auth=sender@example.net; spf=pass smtp.mailfrom=example.net",
            ),
            (
                "example.com; dkim=pass reason=\"good signature\" header.i=@mail-router.example.net; \
                 dkim=fail reason=\"bad signature\" header.i=@newyork.example.com",
                "example.com: dkim=pass reason=good signature header.i=@mail-router.example.net; \
                 dkim=fail reason=bad signature header.i=@newyork.example.com",
            ),
            (
                "foo.example.net (foobar) 1 (baz); dkim (Because I like it) / 1 (One yay) = (wait for it) fail policy \
                 (A dot can go here) . (like that) expired (this surprised me) = (as I wasn't expecting it) 1362471462",
                "foo.example.net: dkim=fail policy.expired=1362471462",
            ),
            // As large providers write them.
            (
                "mx.desk.example; dkim=pass header.i=@home.example header.s=20230601 header.b=\"Ab/c+d=\"; spf=pass \
                 (desk.example: domain of a;b@home.example) smtp.mailfrom=amy@home.example; dmarc=pass (p=NONE sp=NONE) \
                 header.from=home.example",
                "mx.desk.example: dkim=pass header.i=@home.example header.s=20230601 header.b=Ab/c+d=; spf=pass \
                 smtp.mailfrom=amy@home.example; dmarc=pass header.from=home.example",
            ),
            (
                "MX.desk.example; DMARC=Pass action=none Header.From=home.example;compauth=pass reason=100;",
                "mx.desk.example: dmarc=pass action=none header.from=home.example; compauth=pass reason=100",
            ),
            (
                "mx; spf=pass smtp.mailfrom=\"a; dmarc=pass header.from=nhs.net\"@evil.example",
                "mx: spf=pass smtp.mailfrom=a; dmarc=pass header.from=nhs.net@evil.example",
            ),
            ("\"mx.desk.example\"; dmarc/2=pass header.from=x", "mx.desk.example: dmarc/2=pass header.from=x"),
        ] {
            assert_eq!(told(field), is, "{field}");
        }
    }

    #[test]
    fn what_is_not_written_as_it_should_be_says_nothing() {
        for field in [
            "",
            "(only a comment)",
            "; dmarc=pass",
            "mx 2; dmarc=pass header.from=nhs.net",
            "mx dmarc=pass",
            "mx; dmarc",
            "mx; dmarc=",
            "mx; dmarc=pass (never ends",
            "mx; dmarc=pass header.from",
            "mx; dmarc=pass reason=\"never ends",
            "mx; dmarc=pass, header.from=nhs.net",
            "mx)(; dmarc=pass",
        ] {
            assert_eq!(told(field), "unreadable", "{field}");
        }
        assert_eq!(server_of(" (a) MX.Desk.example (b); rubbish((").as_deref(), Some("mx.desk.example"));
        assert_eq!(server_of("(a"), None);
        let deep = format!("mx; {}", "(".repeat(200_000));
        assert_eq!(told(&deep), "unreadable");
    }
}
