//! What a rule can say and when, read from its text: for each verdict its reason, its line and the conditions around it.
//! For people who read, not for judging: the verdicts that count are those of [`rules`](crate::policy::rules).

/// One `choose` of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The verdict.
    pub verdict: String,
    /// Why, as the rule says it.
    pub because: String,
    /// Its line in the file.
    pub line: usize,
    /// The conditions around it, as written, outermost first. None: when nothing before it applied.
    pub needs: Vec<String>,
}

/// Every `choose` of a function, in order.
pub fn choices(source: &str, function: &str) -> Vec<Choice> {
    let mut choices = Vec::new();
    let mut inside = false;
    let mut depth = 0_i32;
    let mut around: Vec<(i32, String)> = Vec::new();
    for (n, written) in source.lines().enumerate() {
        let line = written.split("//").next().unwrap_or("").trim();
        if line.starts_with(&format!("fn {function}(")) {
            inside = true;
            depth = 0;
            around.clear();
        } else if !inside {
            continue;
        }
        let closed_first = line.starts_with('}');
        if closed_first {
            around.retain(|(at, _)| *at < depth);
        }
        if let Some(condition) = condition(line) {
            around.push((depth + i32::from(!closed_first), condition));
        }
        if let Some((verdict, because)) = chosen(line) {
            let needs = around.iter().map(|(_, condition)| condition.clone()).collect();
            choices.push(Choice { verdict, because, line: n + 1, needs });
        }
        let opens = i32::try_from(line.matches('{').count()).unwrap_or(0);
        let closes = i32::try_from(line.matches('}').count()).unwrap_or(0);
        depth += opens - closes;
        around.retain(|(at, _)| *at <= depth);
        if depth <= 0 && (opens > 0 || closes > 0) {
            inside = false;
        }
    }
    choices
}

/// The condition of an `if`, or `otherwise` of an `else`.
fn condition(line: &str) -> Option<String> {
    let line = line.trim_start_matches('}').trim();
    let line = line.strip_prefix("else ").map_or((false, line), |rest| (true, rest));
    match line {
        (_, rest) if rest.starts_with("if ") => {
            rest.strip_prefix("if ").and_then(|rest| rest.split('{').next()).map(|it| it.trim().to_owned())
        }
        (true, _) => Some("otherwise".into()),
        (false, _) => None,
    }
}

/// The two texts of `choose("…", "…")`.
fn chosen(line: &str) -> Option<(String, String)> {
    let inside = line.split_once("choose(")?.1;
    let mut texts = inside.split(['"', '`']);
    let verdict = texts.nth(1)?;
    let because = texts.nth(1)?;
    Some((verdict.to_owned(), because.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_verdict_is_told_with_what_it_needs() {
        let source = "// A rule.\nfn other(a) {\n    choose(\"no\", \"never\")\n}\n\nfn standing(account) {\n    \
                      if not known(account.mobile) {\n        return choose(\"none\", \"no mobile\");\n    }\n    \
                      if account.leaving { return choose(\"leaving\", \"it leaves\"); }\n    \
                      choose(\"ring\", \"all is well\")\n}\n";
        let told: Vec<(String, usize, Vec<String>)> =
            choices(source, "standing").into_iter().map(|it| (it.verdict, it.line, it.needs)).collect();
        assert_eq!(
            told,
            [
                ("none".to_owned(), 8, vec!["not known(account.mobile)".to_owned()]),
                ("leaving".to_owned(), 10, vec!["account.leaving".to_owned()]),
                ("ring".to_owned(), 11, Vec::new()),
            ]
        );
    }
}
