//! Asks a person for what the options did not say, a line for each answer.

use std::io::{self, BufRead as _};

use crate::cli::{Failure, print};

/// How often one question is asked.
const TRIES: usize = 5;

/// Who answers, line by line, on standard input.
#[derive(Debug, Default)]
pub(super) struct Person {
    gone: bool,
}

impl Person {
    /// What an option says; without it, an answer. It must be there and be valid.
    pub(super) fn must(
        &mut self,
        given: Option<String>,
        question: &str,
        option: &str,
        valid: impl Fn(String) -> Result<String, String>,
    ) -> Result<String, Failure> {
        if let Some(given) = given {
            let given = valid(given).map_err(Failure::Usage)?;
            return if given.is_empty() { Err(Failure::Usage(format!("--{option} is empty"))) } else { Ok(given) };
        }
        let none = || Failure::Usage(format!("nothing says the {option}: give --{option}, or answer the questions"));
        for _ in 0..TRIES {
            let answer = self.ask(question)?.ok_or_else(none)?;
            match valid(answer) {
                Ok(answer) if !answer.is_empty() => return Ok(answer),
                Ok(_) => print::text("This must be said.")?,
                Err(why) => print::text(&format!("That does not work: {why}."))?,
            }
        }
        Err(none())
    }

    /// An answer, or what is meant without one.
    pub(super) fn free(
        &mut self,
        question: &str,
        usual: &str,
        valid: impl Fn(String) -> Result<String, String>,
    ) -> Result<String, Failure> {
        let or_usual = |answer: String| valid(if answer.is_empty() { usual.to_owned() } else { answer });
        self.must(None, &format!("{question} [{usual}]"), "name", or_usual)
    }

    /// What an option says; without it an answer, if questions are asked. Nothing is fine.
    pub(super) fn may(
        &mut self,
        given: Option<String>,
        asks: bool,
        question: &str,
        valid: impl Fn(String) -> Result<String, String>,
    ) -> Result<String, Failure> {
        match given {
            Some(given) => valid(given).map_err(Failure::Usage),
            None if asks => self.parsed(question, valid),
            None => Ok(String::new()),
        }
    }

    /// An answer that means something.
    pub(super) fn parsed<T>(
        &mut self,
        question: &str,
        read: impl Fn(String) -> Result<T, String>,
    ) -> Result<T, Failure> {
        for _ in 0..TRIES {
            match read(self.ask(question)?.unwrap_or_default()) {
                Ok(answer) => return Ok(answer),
                Err(why) => print::text(&format!("That does not work: {why}."))?,
            }
        }
        read(String::new()).map_err(Failure::Usage)
    }

    /// Lines until an empty one.
    pub(super) fn several(&mut self, question: &str) -> Result<Vec<String>, Failure> {
        let mut lines = Vec::new();
        let mut question = question;
        while let Some(line) = self.ask(question)?.filter(|line| !line.is_empty()) {
            lines.push(line);
            question = "and";
        }
        Ok(lines)
    }

    /// The next line; `None` at the end.
    fn ask(&mut self, question: &str) -> Result<Option<String>, Failure> {
        if self.gone {
            return Ok(None);
        }
        print::text(&format!("{question}:"))?;
        let mut bytes = Vec::new();
        let read = io::stdin().lock().read_until(b'\n', &mut bytes);
        let read = read.map_err(|error| Failure::Other(format!("cannot read the answer: {error}")))?;
        self.gone = read == 0;
        let Ok(text) = String::from_utf8(bytes) else {
            return Err(Failure::Usage("the answer is not text in UTF-8".into()));
        };
        Ok((!self.gone).then(|| text.trim().to_owned()))
    }
}
