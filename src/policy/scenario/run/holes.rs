//! References in the texts of a story: `{{ ticket.reference }}`, or `{{ tickets.2.reference }}` for its second ticket.

use super::super::expect::Expectation;
use super::Stage;

impl Stage<'_> {
    /// An expectation with references filled in.
    pub(super) fn filled_in(&self, expectation: &Expectation) -> Result<Expectation, String> {
        let mut filled = expectation.clone();
        let letters =
            filled.letters.iter_mut().flatten().flat_map(|letter| letter.has.iter_mut().chain(&mut letter.lacks));
        let replies =
            filled.replies.iter_mut().flatten().flat_map(|reply| reply.has.iter_mut().chain(&mut reply.lacks));
        let texts = letters
            .chain(replies)
            .chain(filled.facts.values_mut())
            .chain(&mut filled.decided)
            .chain(&mut filled.instruction)
            .chain(&mut filled.refused);
        for text in texts {
            *text = self.filled(text)?;
        }
        Ok(filled)
    }

    /// Fills `{{ ticket.reference }}`, and `{{ tickets.2.reference }}` for the second ticket of the story.
    pub(super) fn filled(&self, text: &str) -> Result<String, String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, (hole, after))) =
            rest.split_once("{{").and_then(|(before, rest)| Some((before, rest.split_once("}}")?)))
        {
            let parts: Vec<&str> = hole.trim().split('.').collect();
            let case = match parts.as_slice() {
                ["ticket", "reference"] => self.case,
                ["tickets", number, "reference"] => self.meant(number.parse().ok())?,
                _ => {
                    return Err(format!(
                        "a story knows `ticket.reference` and `tickets.2.reference`, not `{}`",
                        hole.trim()
                    ));
                }
            };
            let case = case.ok_or_else(|| format!("there is no request yet for `{}`", hole.trim()))?;
            filled.push_str(before);
            filled.push_str(&self.cases[case].ticket.reference.0);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// The ticket that a number of the story means, counted from one; the one that it speaks of when there is none.
    pub(super) fn meant(&self, number: Option<usize>) -> Result<Option<usize>, String> {
        match number {
            None => Ok(self.case),
            Some(number) if (1..=self.cases.len()).contains(&number) => Ok(Some(number - 1)),
            Some(number) => Err(format!("there is no request number {number}; the story has {}", self.cases.len())),
        }
    }
}
