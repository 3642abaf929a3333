//! Texts with holes: `{{ path | filter }}` and nothing else. No logic, one pass, strict.

use jiff::civil::{Date, DateTime};

use crate::policy::calendar::clock_in_words;
use crate::policy::facts::{Datum, FactType, Item, Value};

/// A parsed text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// What stands in it, in order.
    pub pieces: Vec<Piece>,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Words as they are.
    Words(String),
    /// A hole.
    Hole {
        /// The dotted path that is read.
        path: Vec<String>,
        /// What is done to the value, in order.
        filters: Vec<Filter>,
        /// Where the hole begins, in bytes of the text.
        at: usize,
    },
}

/// What can be done to a value in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// A day in words.
    Date,
    /// A clock time.
    Time,
    /// Names, joined.
    Names,
    /// How many.
    Count,
    /// In capitals.
    Upper,
    /// What stands there when there is no value.
    Default(String),
}

impl Filter {
    /// The names that authors write.
    pub const NAMES: [&str; 6] = ["date", "time", "names", "count", "upper", "default"];

    /// The name that authors write.
    pub fn name(&self) -> &'static str {
        match self {
            Filter::Date => "date",
            Filter::Time => "time",
            Filter::Names => "names",
            Filter::Count => "count",
            Filter::Upper => "upper",
            Filter::Default(_) => "default",
        }
    }
}

/// A hole of a text, for whoever checks what it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hole<'a> {
    /// The dotted path that is read.
    pub path: &'a [String],
    /// What is done to the value, in order.
    pub filters: &'a [Filter],
    /// Where the hole begins, in bytes of the text.
    pub at: usize,
}

/// Why a text cannot be read, in the words of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateFault {
    /// Where the fault lies, in bytes of the text.
    pub at: usize,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: String,
}

/// Why a text cannot be filled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextFailure {
    /// A value is not known, and the text has no default for it.
    #[error("`{path}` has no value")]
    Missing {
        /// The dotted path.
        path: String,
    },
    /// A filter does not fit the value.
    #[error("`{path}` cannot be shown with `{filter}`")]
    Unfit {
        /// The dotted path.
        path: String,
        /// The filter's name; `text` for a thing that has no words of its own.
        filter: &'static str,
    },
    /// The filled text is longer than any letter may be.
    #[error("the text is longer than {} bytes", Template::LONGEST)]
    TooLong,
}

impl Template {
    /// The largest filled text, in bytes.
    pub const LONGEST: usize = 20_000;

    /// Reads an author's text.
    ///
    /// ```
    /// use caredesk::policy::text::Template;
    /// let text = Template::parse("It is due on {{ step.due | date }}.").unwrap();
    /// assert_eq!(text.holes().next().unwrap().path, ["step", "due"]);
    /// assert!(Template::parse("{% if late %}Sorry.{% endif %}").is_err());
    /// ```
    pub fn parse(source: &str) -> Result<Template, TemplateFault> {
        let mut pieces = vec![];
        let mut reader = Reader { source, at: 0 };
        loop {
            let start = reader.at;
            let stop = next_mark(source, start)?;
            if let Some(words) = source.get(start..stop.unwrap_or(source.len())).filter(|words| !words.is_empty()) {
                pieces.push(Piece::Words(words.to_owned()));
            }
            let Some(at) = stop else { return Ok(Template { pieces }) };
            reader.at = at + 2;
            let (path, filters) = reader.hole(at)?;
            pieces.push(Piece::Hole { path, filters, at });
        }
    }

    /// The holes, in order.
    pub fn holes(&self) -> impl Iterator<Item = Hole<'_>> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Hole { path, filters, at } => Some(Hole { path, filters, at: *at }),
            Piece::Words(_) => None,
        })
    }

    /// Fills the holes. Every value must be known or have a default; what is filled in is never read again. A hole
    /// that stays empty takes the space before it along: `Hello {{ name | default("") }},` gives `Hello,`.
    pub fn render(&self, read: &dyn Fn(&[String]) -> Option<Item>) -> Result<String, TextFailure> {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Words(words) => text.push_str(words),
                Piece::Hole { path, filters, .. } => {
                    let filled = fill(read(path), path, filters)?;
                    if filled.is_empty() && text.ends_with(' ') {
                        text.pop();
                    }
                    text.push_str(&filled);
                }
            }
            if text.len() > Self::LONGEST {
                return Err(TextFailure::TooLong);
            }
        }
        Ok(text)
    }
}

fn fill(value: Option<Item>, path: &[String], filters: &[Filter]) -> Result<String, TextFailure> {
    let unfit = |filter| TextFailure::Unfit { path: path.join("."), filter };
    let mut item = value;
    for filter in filters {
        item = match (item, filter) {
            (None, Filter::Default(words)) => Some(words_of(words.clone())),
            (None, _) => None,
            (Some(item), Filter::Default(_)) => Some(item),
            (Some(item), filter) => Some(apply(&item, filter).ok_or_else(|| unfit(filter.name()))?),
        };
    }
    match item {
        None => Err(TextFailure::Missing { path: path.join(".") }),
        Some(Item::Group(parts)) if !parts.contains_key("name") => Err(unfit("text")),
        Some(item) => Ok(item.to_string()),
    }
}

fn apply(item: &Item, filter: &Filter) -> Option<Item> {
    match filter {
        Filter::Date => match datum(item)? {
            Datum::Date(date) => Some(words_of(day_in_words(*date))),
            Datum::DateTime(at) => Some(words_of(day_in_words(at.date()))),
            Datum::YesNo(_) | Datum::Number(_) | Datum::Text(_) | Datum::List(_) => None,
        },
        Filter::Time => match datum(item)? {
            Datum::DateTime(at) => Some(words_of(time_in_words(*at))),
            Datum::YesNo(_) | Datum::Number(_) | Datum::Date(_) | Datum::Text(_) | Datum::List(_) => None,
        },
        Filter::Count => match item {
            Item::List(items) => Some(Item::Value(Value::number(i64::try_from(items.len()).ok()?))),
            Item::Value(value) => Some(Item::Value(Value::number(i64::try_from(value.listed()?.count()).ok()?))),
            Item::Record(_) | Item::Group(_) => None,
        },
        // An item knows how to join its names.
        Filter::Names => Some(words_of(item.to_string())),
        Filter::Upper => Some(words_of(item.to_string().to_uppercase())),
        Filter::Default(_) => Some(item.clone()),
    }
}

/// A day as letters give it: `Monday 2 March 2026`.
pub fn day_in_words(day: Date) -> String {
    day.strftime("%A %-d %B %Y").to_string()
}

fn time_in_words(at: DateTime) -> String {
    clock_in_words(at.time())
}

fn datum(item: &Item) -> Option<&Datum> {
    match item {
        Item::Value(value) => Some(&value.datum),
        Item::List(_) | Item::Record(_) | Item::Group(_) => None,
    }
}

fn words_of(text: String) -> Item {
    Item::Value(Value::text(FactType::ShortText, text))
}

const SHAPE: &str = "write `{{ name }}` or `{{ name | filter }}`";

fn fault<T>(at: usize, message: impl Into<String>, help: impl Into<String>) -> Result<T, TemplateFault> {
    Err(TemplateFault { at, message: message.into(), help: help.into() })
}

/// Where the next hole begins. Any other pair of braces is a fault.
fn next_mark(source: &str, from: usize) -> Result<Option<usize>, TemplateFault> {
    let bytes = source.as_bytes();
    for (at, pair) in bytes.windows(2).enumerate().skip(from) {
        match pair {
            b"{{" => return Ok(Some(at)),
            b"{%" | b"%}" => {
                return fault(
                    at,
                    "a text holds no logic",
                    "say it in a step of its own, with `when:` before the `say:`",
                );
            }
            b"{#" | b"#}" => {
                return fault(at, "a text holds no comments", "write the comment beside the text, after `#`");
            }
            b"}}" => return fault(at, "`}}` closes nothing", "put `{{` before the name, or take `}}` away"),
            _ => {}
        }
    }
    Ok(None)
}

struct Reader<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// Reads what stands between `{{` and `}}`, and the closing braces.
    fn hole(&mut self, opened: usize) -> Result<(Vec<String>, Vec<Filter>), TemplateFault> {
        let mut path = vec![self.name(opened, "the name of a value")?];
        while self.takes(".") {
            path.push(self.name(opened, "a name after the dot")?);
        }
        let mut filters = vec![];
        loop {
            self.spaces();
            if self.takes("}}") {
                return Ok((path, filters));
            }
            if !self.takes("|") {
                return self.stray(opened);
            }
            filters.push(self.filter(opened)?);
        }
    }

    fn filter(&mut self, opened: usize) -> Result<Filter, TemplateFault> {
        self.spaces();
        let at = self.at;
        let name = self.name(opened, "the name of a filter")?;
        let argument = self.argument(opened)?;
        let filter = match (name.as_str(), argument) {
            ("default", Some(words)) => return Ok(Filter::Default(words)),
            ("default", None) => {
                return fault(at, "`default` does not say what stands there", "write `default(\"…\")`");
            }
            ("date", _) => Filter::Date,
            ("time", _) => Filter::Time,
            ("names", _) => Filter::Names,
            ("count", _) => Filter::Count,
            ("upper", _) => Filter::Upper,
            _ => return fault(at, format!("there is no filter `{name}`"), nearest_filter(&name)),
        };
        if self.source.get(at..self.at).is_some_and(|written| written.ends_with(')')) {
            return fault(at, format!("`{name}` takes nothing in brackets"), format!("write `{name}` alone"));
        }
        Ok(filter)
    }

    /// `("…")` behind a filter, if there is one.
    fn argument(&mut self, opened: usize) -> Result<Option<String>, TemplateFault> {
        if !self.takes("(") {
            return Ok(None);
        }
        self.spaces();
        let at = self.at;
        let quote = if self.takes("\"") {
            '"'
        } else if self.takes("'") {
            '\''
        } else {
            return fault(at, "words in brackets stand in quotes", "write `default(\"…\")`");
        };
        let rest = self.rest();
        let Some(end) = rest.find(quote) else {
            return fault(at, "the quote is not closed", format!("put `{quote}` behind the words"));
        };
        let words = rest.get(..end).unwrap_or_default().to_owned();
        self.at += end + 1;
        self.spaces();
        if self.takes(")") {
            Ok(Some(words))
        } else {
            fault(opened, "the bracket is not closed", "write `default(\"…\")`")
        }
    }

    fn name(&mut self, opened: usize, what: &str) -> Result<String, TemplateFault> {
        self.spaces();
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default();
        if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            self.at += end;
            return Ok(name.to_owned());
        }
        if rest.starts_with("}}") {
            return fault(opened, format!("{what} is missing"), SHAPE);
        }
        self.stray(opened)
    }

    /// Says what stands where only a name, a filter or the end may stand.
    fn stray<T>(&self, opened: usize) -> Result<T, TemplateFault> {
        let rest = self.rest();
        if !rest.contains("}}") {
            return fault(opened, "`{{` is not closed", "put `}}` behind the name");
        }
        let at = self.at;
        match rest.chars().next() {
            Some('(') => fault(at, "a text calls nothing", "let a rule work it out, and say it in a step of its own"),
            Some('+' | '-' | '*' | '/' | '%' | '~' | '<' | '>' | '=' | '!') => {
                fault(at, "a text works nothing out", "let a rule decide, and say each outcome in a step of its own")
            }
            Some('"' | '\'' | '0'..='9') => {
                fault(at, "only the name of a value may stand between the braces", "write the words outside the braces")
            }
            Some('{') => fault(at, "there is a brace too many", SHAPE),
            _ => fault(at, "only the name of a value and filters may stand between the braces", SHAPE),
        }
    }

    fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn takes(&mut self, mark: &str) -> bool {
        let found = self.rest().starts_with(mark);
        if found {
            self.at += mark.len();
        }
        found
    }
}

fn nearest_filter(name: &str) -> String {
    let near = Filter::NAMES.into_iter().min_by_key(|known| strsim::damerau_levenshtein(known, name));
    match near {
        Some(near) if strsim::damerau_levenshtein(near, name) <= 2 => format!("did you mean `{near}`?"),
        _ => format!("the filters are {}", Filter::NAMES.map(|name| format!("`{name}`")).join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil;
    use proptest::prelude::*;

    use super::*;

    fn values(path: &[String]) -> Option<Item> {
        let name = |name: &str| words_of(name.to_owned());
        Some(match path.join(".").as_str() {
            "name" => name("Amy Field"),
            "trick" => name("{{ secret }} {% if x %} ${x}"),
            "step.due" => Item::Value(Value::date_time(civil::date(2026, 3, 2).at(16, 30, 0, 0))),
            "day" => Item::Value(Value::date(civil::date(2026, 12, 24))),
            "staff" => Item::List(vec![name("Amy"), name("Bob"), name("Cleo")]),
            "limits" => Item::Group([("tries".to_owned(), Item::Value(Value::number(3)))].into()),
            "mobile" => Item::Value(Value::text(FactType::Mobile, "+447700900123")),
            _ => return None,
        })
    }

    fn render(source: &str) -> Result<String, TextFailure> {
        Template::parse(source).unwrap().render(&values)
    }

    #[test]
    fn holes_are_filled() {
        for (source, filled) in [
            ("Dear {{name}}, ring {{ mobile }}.", "Dear Amy Field, ring 07700 900123."),
            ("By {{ step.due | date }}, {{ step.due|time }}", "By Monday 2 March 2026, 4:30pm"),
            ("{{ day | date | upper }}", "THURSDAY 24 DECEMBER 2026"),
            ("{{ staff | names }}: {{ staff | count }}", "Amy, Bob and Cleo: 3"),
            ("Hello {{ gone | default(\"\") }},", "Hello,"),
            ("{{ gone | date | default(\"soon }}\") }}!", "soon }}!"),
            ("{{ name | default('x') }}", "Amy Field"),
            ("a { b } care.{ods}@nhs.net \u{1F600}{{ name }}", "a { b } care.{ods}@nhs.net \u{1F600}Amy Field"),
        ] {
            assert_eq!(render(source).as_deref(), Ok(filled), "{source}");
        }
    }

    #[test]
    fn what_people_wrote_is_never_read_as_a_text() {
        assert_eq!(render("{{ trick }}").unwrap(), "{{ secret }} {% if x %} ${x}");
    }

    #[test]
    fn filling_is_strict() {
        assert_eq!(render("{{ account.name }}").unwrap_err().to_string(), "`account.name` has no value");
        assert_eq!(render("{{ name | date }}").unwrap_err().to_string(), "`name` cannot be shown with `date`");
        assert_eq!(render("{{ day | time }}").unwrap_err().to_string(), "`day` cannot be shown with `time`");
        assert_eq!(render("{{ limits }}").unwrap_err().to_string(), "`limits` cannot be shown with `text`");
        assert_eq!(render(&"{{ name }}".repeat(3_000)), Err(TextFailure::TooLong));
    }

    #[test]
    fn faults_are_told_in_plain_words() {
        for (source, at, message) in [
            ("Hi {% if a %}", 3, "a text holds no logic"),
            ("{# note #}", 0, "a text holds no comments"),
            ("Hi {{ name", 3, "`{{` is not closed"),
            ("Hi {{ name } x", 3, "`{{` is not closed"),
            ("name }}", 5, "`}}` closes nothing"),
            ("{{ }}", 0, "the name of a value is missing"),
            ("{{ a. }}", 0, "a name after the dot is missing"),
            ("{{{ a }}}", 2, "there is a brace too many"),
            ("{{ 7*7 }}", 3, "only the name of a value may stand between the braces"),
            ("{{ a + b }}", 5, "a text works nothing out"),
            ("{{ f(a) }}", 4, "a text calls nothing"),
            ("{{ a if b }}", 5, "only the name of a value and filters may stand between the braces"),
            ("{{ a | }}", 0, "the name of a filter is missing"),
            ("{{ a | datum }}", 7, "there is no filter `datum`"),
            ("{{ a | default }}", 7, "`default` does not say what stands there"),
            ("{{ a | default(b) }}", 15, "words in brackets stand in quotes"),
            ("{{ a | default(\"b) }}", 15, "the quote is not closed"),
            ("{{ a | upper(\"b\") }}", 7, "`upper` takes nothing in brackets"),
        ] {
            let fault = Template::parse(source).unwrap_err();
            assert_eq!((fault.at, fault.message.as_str()), (at, message), "{source}");
            assert!(!fault.help.is_empty());
        }
        assert_eq!(Template::parse("{{ a | dat }}").unwrap_err().help, "did you mean `date`?");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_read_or_refused(source in "([{}%#|.\"'() a-zé\n]|\\{\\{|\\}\\}|name|default){0,40}") {
            if let Ok(text) = Template::parse(&source) {
                for hole in text.holes() {
                    prop_assert!(source[hole.at..].starts_with("{{"));
                }
                let _ = text.render(&values);
            }
        }
    }
}
