//! HTML as a person would read it, in one pass and without a tree: no nest of tags can slow it down. Quotes become lines
//! that begin with `> `, so that what follows knows one kind of quote only.

/// The line that stands where a mail program says that the older mail begins.
pub const ORIGINAL: &str = "-----Original Message-----";

/// More marks than this before a line tell nobody anything.
const MOST_QUOTES: usize = 4;

/// The text of an HTML body, not much longer than `most` bytes.
pub fn text(html: &str, most: usize) -> String {
    let mut reader = Reader { rest: html, quotes_end: true, ends: true, page: Page::default() };
    while reader.page.out.len() < most && reader.step() {}
    reader.page.finish()
}

struct Reader<'a> {
    rest: &'a str,
    /// Whether quotes in tags have been closed so far; after one that was not, quotes are letters like any other.
    quotes_end: bool,
    /// Whether comments and scripts have had an end so far; after one without, what follows is read as text.
    ends: bool,
    page: Page,
}

impl Reader<'_> {
    /// Reads up to and with the next tag. False at the end.
    fn step(&mut self) -> bool {
        let Some(open) = self.rest.find('<') else {
            self.page.words(self.rest);
            return false;
        };
        let (before, after) = (&self.rest[..open], &self.rest[open + 1..]);
        self.page.words(before);
        if let Some(comment) = after.strip_prefix("!--").filter(|_| self.ends) {
            let end = comment.find("-->");
            self.ends = end.is_some();
            self.rest = end.map_or(comment, |end| &comment[end + 3..]);
            return true;
        }
        if !after.starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c)) {
            self.page.words("&lt;");
            self.rest = after;
            return true;
        }
        let Some(end) = self.end_of_tag(after) else { return false };
        let tag = &after[..end];
        self.rest = &after[end + 1..];
        let closing = tag.starts_with('/');
        let bare = tag.trim_start_matches('/');
        let name_ends = bare.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(bare.len());
        let name = bare[..name_ends.min(12)].to_ascii_lowercase();
        match name.as_str() {
            "style" | "script" | "title" | "template" | "svg" if !closing && self.ends => self.skip_to_end_of(&name),
            _ if closing => self.page.close(&name),
            _ => self.page.open(&name, &bare[name_ends..]),
        }
        true
    }

    fn end_of_tag(&mut self, tag: &str) -> Option<usize> {
        if self.quotes_end {
            let mut quote = None;
            for (at, byte) in tag.bytes().enumerate() {
                match (byte, quote) {
                    (b'>', None) => return Some(at),
                    (b'"' | b'\'', None) => quote = Some(byte),
                    (_, Some(open)) if open == byte => quote = None,
                    _ => {}
                }
            }
            self.quotes_end = false;
        }
        tag.find('>')
    }

    fn skip_to_end_of(&mut self, name: &str) {
        let mut rest = self.rest;
        while let Some(at) = rest.find("</") {
            rest = &rest[at + 2..];
            if rest.get(..name.len()).is_some_and(|end| end.eq_ignore_ascii_case(name)) {
                self.rest = rest.find('>').map_or("", |end| &rest[end + 1..]);
                return;
            }
        }
        self.ends = false;
    }
}

/// A list that is open: the next number, or a bullet.
type List = Option<u32>;

#[derive(Default)]
struct Page {
    out: String,
    /// Line ends that come before the next word.
    breaks: usize,
    space: bool,
    quotes: usize,
    /// The marks before the line that was written last.
    marked: usize,
    /// Whether each open `<blockquote>` is a quote.
    blocks: Vec<bool>,
    lists: Vec<List>,
    pre: usize,
}

impl Page {
    fn open(&mut self, name: &str, attributes: &str) {
        match name {
            "br" => self.breaks = (self.breaks + 1).min(2),
            "p" if attribute(attributes, "class")
                .is_some_and(|class| class.contains("MsoNormal") || class.contains("MsoListParagraph")) =>
            {
                self.line(1);
            }
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" => self.line(2),
            "ul" => self.list(None),
            "ol" => {
                self.list(Some(
                    attribute(attributes, "start").and_then(|start| start.trim().parse().ok()).unwrap_or(1),
                ));
            }
            "li" => self.item(),
            "blockquote" => self.quote(attributes),
            "td" | "th" => self.space = true,
            "pre" => {
                self.line(1);
                self.pre += 1;
            }
            "div" | "span" => self.division(name, attributes),
            _ if is_block(name) => self.line(1),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" => self.line(1),
            "ul" | "ol" => {
                self.lists.pop();
                self.line(1);
            }
            "blockquote" => {
                if self.blocks.pop() == Some(true) {
                    self.quotes -= 1;
                }
                self.line(1);
            }
            "pre" => {
                self.pre = self.pre.saturating_sub(1);
                self.line(1);
            }
            _ if is_block(name) => self.line(1),
            _ => {}
        }
    }

    fn division(&mut self, name: &str, attributes: &str) {
        if name == "div" {
            self.line(1);
        }
        let id = attribute(attributes, "id").unwrap_or_default();
        let class = attribute(attributes, "class").unwrap_or_default();
        if ["divRplyFwdMsg", "appendonsend", "OLK_SRC_BODY_SECTION"].iter().any(|mark| id.contains(mark)) {
            if !self.out.trim_end().ends_with(ORIGINAL) {
                self.line(2);
                self.words(ORIGINAL);
            }
            self.line(1);
        } else if name == "div"
            && (id.eq_ignore_ascii_case("signature")
                || id == "ms-outlook-mobile-signature"
                || class.contains("gmail_signature"))
        {
            self.line(1);
            self.words("--&nbsp;");
            self.line(1);
        }
    }

    fn quote(&mut self, attributes: &str) {
        // Some programs indent a person's own words by a quote without a border.
        let style = attribute(attributes, "style").unwrap_or_default().replace(' ', "").to_ascii_lowercase();
        let is_quote = !style.contains("border:none") && !style.contains("border:0");
        self.line(1);
        self.blocks.push(is_quote);
        self.quotes += usize::from(is_quote);
    }

    fn list(&mut self, list: List) {
        self.line(1);
        self.lists.push(list);
    }

    fn item(&mut self) {
        self.line(1);
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                let mark = format!("{number}. ");
                *number = number.saturating_add(1);
                mark
            }
            _ => "- ".into(),
        };
        self.put(&mark);
    }

    fn line(&mut self, breaks: usize) {
        self.breaks = self.breaks.max(breaks);
        self.space = false;
    }

    fn words(&mut self, raw: &str) {
        let decoded;
        let text = if raw.contains('&') {
            decoded = entities(raw);
            &decoded
        } else {
            raw
        };
        if self.pre > 0 {
            for (number, line) in text.split('\n').enumerate() {
                self.breaks = (self.breaks + usize::from(number > 0)).min(2);
                if !line.is_empty() {
                    self.put(line);
                }
            }
            return;
        }
        let blank = |c: char| c != '\u{A0}' && c.is_whitespace();
        self.space |= text.starts_with(blank);
        for word in text.split(blank).filter(|word| !word.is_empty()) {
            if self.space && self.breaks == 0 && !self.out.is_empty() && !self.out.ends_with(' ') {
                self.out.push(' ');
            }
            self.put(word);
            self.space = true;
        }
        self.space = text.ends_with(blank) || (self.space && text.trim_matches(blank).is_empty());
    }

    fn put(&mut self, text: &str) {
        if self.out.is_empty() || self.breaks > 0 {
            let breaks = if self.out.is_empty() { 0 } else { self.breaks };
            let marks = self.quotes.min(MOST_QUOTES);
            for number in 0..breaks {
                self.out.push('\n');
                if marks.min(self.marked) > 0 && number + 1 < breaks {
                    self.out.push('>');
                }
            }
            for _ in 0..marks {
                self.out.push_str("> ");
            }
            self.breaks = 0;
            self.marked = marks;
        }
        self.out.push_str(text);
        self.space = false;
    }

    fn finish(self) -> String {
        let text = self.out.replace('\u{A0}', " ");
        text.split('\n')
            .map(|line| if line == "-- " { line } else { line.trim_end() })
            .collect::<Vec<_>>()
            .join("\n")
            .trim()
            .to_owned()
    }
}

fn is_block(name: &str) -> bool {
    let blocks = "address article aside body center dd div dl dt fieldset figure footer form header hr html main nav section tbody thead tr";
    blocks.split(' ').any(|block| block == name)
}

/// The value of an attribute, wherever it stands in a tag.
fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let attributes = attributes.get(..2_000).unwrap_or(attributes);
    let mut from = 0;
    while let Some(found) = attributes.get(from..)?.find(name) {
        let at = from + found;
        let rest = &attributes[at + name.len()..];
        let starts = attributes[..at].ends_with(|c: char| c.is_whitespace() || c == '"' || c == '\'');
        if let Some(value) = rest.trim_start().strip_prefix('=').filter(|_| starts) {
            let value = value.trim_start();
            return match value.chars().next() {
                Some(quote @ ('"' | '\'')) => value[1..].split(quote).next(),
                _ => value.split(|c: char| c.is_whitespace() || c == '/').next(),
            };
        }
        from = at + name.len();
    }
    None
}

/// Decodes the entities that mail programs write; others stay as they are.
fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let name_ends = rest.bytes().take(10).position(|byte| byte == b';');
        match name_ends.and_then(|end| Some((entity(&rest[..end])?, end))) {
            Some((c, end)) => {
                out.push(c);
                rest = &rest[end + 1..];
            }
            None => out.push('&'),
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        // What Windows programs mean by 128 to 159.
        let shown = match code {
            0 => return None,
            130 | 145 => 0x2018,
            146 => 0x2019,
            147 => 0x201C,
            148 => 0x201D,
            150 => 0x2013,
            151 => 0x2014,
            128 => 0x20AC,
            133 => 0x2026,
            code => code,
        };
        return char::from_u32(shown);
    }
    const NAMED: [(&str, char); 28] = [
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("nbsp", '\u{A0}'),
        ("pound", '£'),
        ("euro", '€'),
        ("ndash", '–'),
        ("mdash", '—'),
        ("lsquo", '‘'),
        ("rsquo", '’'),
        ("ldquo", '“'),
        ("rdquo", '”'),
        ("hellip", '…'),
        ("bull", '•'),
        ("middot", '·'),
        ("copy", '©'),
        ("reg", '®'),
        ("eacute", 'é'),
        ("egrave", 'è'),
        ("euml", 'ë'),
        ("ouml", 'ö'),
        ("uuml", 'ü'),
        ("auml", 'ä'),
        ("ccedil", 'ç'),
        ("deg", '°'),
        ("zwnj", '\u{200C}'),
    ];
    NAMED.iter().find(|(known, _)| *known == name).map(|(_, c)| *c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(html: &str) -> String {
        text(html, 100_000)
    }

    #[test]
    fn it_reads_as_a_person_would() {
        assert_eq!(read("<p>Hello&nbsp;&pound;5</p><p>you<br>there</p>"), "Hello £5\n\nyou\nthere");
        assert_eq!(
            read("<ol start=2><li>V12345<li> 07700 <b>900</b>123</ol><ul><li>x</ul>"),
            "2. V12345\n3. 07700 900123\n- x"
        );
        assert_eq!(read("<style>a{}</STYLE><script>x<y</script>a<!-- b -->c"), "ac");
        assert_eq!(read("<div>A</div><div><br></div><div>B</div>"), "A\n\nB");
        assert_eq!(read("<table><tr><td>ODS code</td><td>V12345</td></tr></table>"), "ODS code V12345");
        assert_eq!(read("2 < 3 &amp;&unknown; <a title='x > y'>z</a>"), "2 < 3 &&unknown; z");
        assert_eq!(
            read(
                "<p class=MsoNormal>a</p><p class=\"MsoNormal\">b</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>c</p>"
            ),
            "a\nb\n\nc"
        );
    }

    #[test]
    fn quotes_and_older_mails_are_marked() {
        assert_eq!(read("yes<blockquote type=cite><p>one</p><p>two</p></blockquote>no"), "yes\n\n> one\n>\n> two\nno");
        assert_eq!(read("a<blockquote style=\"margin:0 0 0 40px; border: none\">b</blockquote>"), "a\nb");
        let outlook = "new<div id=\"appendonsend\"></div><hr><div id=\"divRplyFwdMsg\"><b>From:</b> Desk</div>";
        assert_eq!(read(outlook), "new\n\n-----Original Message-----\nFrom: Desk");
    }
}
