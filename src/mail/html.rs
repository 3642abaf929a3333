//! HTML as a person would read it, in one pass and without a tree: no nest of tags can slow it down. Quotes become lines
//! that begin with `> `, and what a mail program says about a line by its tags goes with the line.

use crate::mail::lines::{self, Line};
use crate::mail::page::Page;

/// The lines of an HTML body, not much longer than `most` bytes.
pub fn lines(html: &str, most: usize) -> Vec<Line> {
    let read = |hides: bool| {
        let mut reader = Reader { rest: html, quotes_end: true, ends: true, page: Page::new(hides) };
        while reader.page.bytes() < most && reader.step() {}
        reader.page.finish()
    };
    let shown = read(true);
    // A page that hides everything is broken rather than empty.
    if lines::have_words(&shown) { shown } else { read(false) }
}

/// The text of an HTML body, not much longer than `most` bytes.
pub fn text(html: &str, most: usize) -> String {
    lines::text(&lines(html, most))
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
