//! Files of rules: what they decide, and what the pass over them finds.

use super::*;

#[test]
fn a_rule_decides_and_says_why() {
    let script = "// May the site have more?
        fn room(organisation, limits) {
            let after = organisation.accounts + 2;
            if after <= limits.accounts_per_site and not organisation.suspended {
                return choose(\"enough\", `${after} of ${limits.accounts_per_site} accounts`);
            }
            choose(\"too_many\", `${after} accounts would be more than ${limits.accounts_per_site}`)
        }";
    let verdict = decide(script, "a.room").expect("a verdict");
    assert_eq!(verdict.verdict, "too_many");
    assert_eq!(verdict.because, "11 accounts would be more than 10");
    let (book, _) = compile(script);
    let info = book.rule("a.room").expect("the rule");
    assert_eq!(info.parameters, ["organisation", "limits"]);
    assert_eq!(info.verdicts.keys().collect::<Vec<_>>(), ["enough", "too_many"]);
    assert_eq!(info.place, Place::new("rules/a.rhai", 2, 12));
    let reads: Vec<String> = info.reads.iter().map(|read| read.path.join(".")).collect();
    assert_eq!(reads[0], "organisation.accounts");
    assert!(
        reads.contains(&"limits.accounts_per_site".to_owned()) && reads.contains(&"organisation.suspended".to_owned())
    );
}

#[test]
fn a_missing_fact_is_not_taken_for_the_default_of_a_switch_or_written_into_a_text() {
    let missing = |script: &str| match decide(script, "a.judge") {
        Err(RuleFailure::FactMissing { fact, .. }) => fact,
        other => panic!("{script}: {other:?}"),
    };
    assert_eq!(
        missing("fn judge(story) { switch story { \"x\" => choose(\"a\", \"b\"), _ => choose(\"c\", \"d\") } }"),
        "story"
    );
    assert_eq!(missing("fn judge(account) { choose(\"a\", `the mobile is ${account.mobile}`) }"), "account.mobile");
    assert_eq!(missing("fn judge(account) { choose(\"a\", account.mobile) }"), "account.mobile");
    assert_eq!(missing("fn judge(limits) { let n = limits.tries; choose(\"a\", `${n + 1}`) }"), "limits.tries");
    assert_eq!(
        missing(
            "fn ask(x) { x == 1 } fn judge(limits) { if ask(limits.tries) { return choose(\"a\", \"b\"); } choose(\"c\", \"d\") }"
        ),
        "limits.tries"
    );
}

#[test]
fn every_fault_of_every_file_is_found_at_once_in_order() {
    let one = "fn judge(twon, dspt) {\n  let twice = dspt.size;\n  if dspt == \"nope\" { return choose(\"a\", \"b\"); }\n  choos(\"c\", \"d\")\n}\n1 + 1;\n";
    let two = "fn judge(town) {\n  while true { }\n  choose(\"a\", \"b\")\n}\n";
    let scripts = [("rules/one.rhai".to_owned(), one.to_owned()), ("rules/two.rhai".to_owned(), two.to_owned())];
    let (book, findings) = RuleBook::compile(&scripts, &names());
    assert!(book.names().is_empty());
    for _ in 0..20 {
        assert_eq!(RuleBook::compile(&scripts, &names()).1, findings, "the same order every time");
    }
    insta::assert_debug_snapshot!(
        findings.iter().map(|f| format!("{} {}: {} -- {}", f.code, f.place, f.message, f.help)).collect::<Vec<_>>()
    );
}

#[test]
fn redefining_what_the_desk_gives() {
    for script in [
        "fn choose(a, b) { 1 }",
        "fn known(x) { true }",
        "fn count(x) { 0 }",
        "fn contains(a, b) { true }",
        "fn host_text_value(x) { x }",
        "fn judge() { let known = 1; choose(\"a\", \"b\") }",
        "fn judge(count) { choose(\"a\", \"b\") }",
    ] {
        assert!(refused(script).contains(&"reserved-name".to_owned()), "{script}: {:?}", refused(script));
    }
}

#[test]
fn two_functions_of_one_name() {
    assert!(refused("fn f(a) { 1 } fn f(a, b) { 2 }").contains(&"duplicate-function".to_owned()));
    assert!(refused("fn f(a) { 1 } fn f(b) { 2 }").contains(&"duplicate-function".to_owned()));
}

#[test]
fn giving_a_name_a_second_meaning() {
    assert_eq!(refused(&body("", "let x = 1; let x = 2;")), ["duplicate-name"]);
    assert_eq!(refused(&body("sites", "let sites = 2;")), ["duplicate-name"]);
    assert_eq!(refused(&body("", "let now = 2;")), ["shadowed-fact"]);
    assert_eq!(refused(&body("sites", "if sites > 1 { let x = 1; } let y = x;")), ["unknown-name"]);
}

#[test]
fn a_switch_without_a_default_or_with_odd_labels() {
    let switch = |cases: &str| refused(&format!("fn judge(dspt) {{ switch dspt {{ {cases} }} }}"));
    assert_eq!(switch("\"yes\" => choose(\"a\", \"b\")"), ["switch-without-default"]);
    let rest = "_ => choose(\"c\", \"d\")";
    assert_eq!(switch(&format!("\"maybe\" => choose(\"a\", \"b\"), {rest}")), ["unknown-choice"]);
    assert_eq!(switch(&format!("3 => choose(\"a\", \"b\"), {rest}")), ["unlike-types"]);
    assert_eq!(switch(&format!("\"yes\" | \"yes\" => choose(\"a\", \"b\"), {rest}")), ["switch-case"]);
    assert_eq!(
        switch(&format!("\"yes\" => {{ choose(\"a\", \"b\") }} \"yes\" => choose(\"a\", \"b\"), {rest}")),
        ["switch-case"]
    );
    assert_eq!(switch(&format!("\"yes\" if 1 == 1 => choose(\"a\", \"b\"), {rest}")), ["switch-case"]);
    assert_eq!(
        refused("fn judge(sites) { switch sites { 1..3 => choose(\"a\", \"b\"), _ => choose(\"c\", \"d\") } }"),
        ["switch-case"]
    );
    assert_eq!(
        refused(
            "fn judge(leaving_day) { switch leaving_day { 1 => choose(\"a\", \"b\"), _ => choose(\"c\", \"d\") } }"
        ),
        ["switch-subject", "unlike-types"]
    );
    let good = "fn judge(dspt) { switch dspt { \"yes\" => choose(\"a\", \"y\"), \"no\" | \"unsure\" => { choose(\"b\", \"n\") } _ => choose(\"c\", \"d\") } }";
    assert_eq!(because(good), "n");
}

#[test]
fn a_path_that_ends_nowhere() {
    for script in [
        "fn judge(sites) { if sites > 1 { choose(\"a\", \"b\") } }",
        "fn judge(sites) { if sites > 1 { choose(\"a\", \"b\") } else { } }",
        "fn judge(sites) { if sites > 1 { choose(\"a\", \"b\") } else { sites } }",
        "fn judge(sites) { if sites > 1 { return choose(\"a\", \"b\"); } let x = 1; }",
        "fn judge(sites) { if sites > 1 { return; } choose(\"a\", \"b\") }",
        "fn judge(dspt) { if known(dspt) { return 3; } choose(\"a\", \"b\") }",
    ] {
        assert!(refused(script).contains(&"path-without-choose".to_owned()), "{script}: {:?}", refused(script));
    }
}

#[test]
fn a_verdict_in_the_wrong_place() {
    assert_eq!(refused(&body("", "choose(\"c\", \"d\");")), ["choose-in-the-middle"]);
    assert_eq!(refused(&body("", "let x = choose(\"c\", \"d\");")), ["choose-in-the-middle"]);
    assert_eq!(refused("fn judge(town) { choose(town, \"b\") }"), ["verdict-not-a-word"]);
    assert_eq!(refused("fn judge(town) { choose(\"Not Good\", town) }"), ["verdict-name"]);
    assert_eq!(refused("fn judge(account) { choose(\"a\", account) }"), ["unlike-types"]);
    assert_eq!(refused("fn judge() { choose(\"a\") }"), ["wrong-number-of-arguments"]);
    assert_eq!(refused(&body("", "return choose(\"c\", \"d\");")), ["never-reached"]);
    assert_eq!(refused(&body("sites", "sites > 3;")), ["unused-value"]);
}

#[test]
fn an_if_without_else_as_a_value() {
    assert_eq!(refused(&body("has_code", "let x = if has_code { 1 };")), ["if-without-else"]);
    assert_eq!(refused(&body("has_code", "let x = if has_code { 1 } else { \"2\" };")), ["unlike-types"]);
    assert_eq!(because("fn judge(has_code) { let x = if has_code { 1 } else { 2 }; choose(\"a\", `${x}`) }"), "1");
}

#[test]
fn numbers_beyond_64_bits() {
    assert_eq!(
        refused(&body("sites", "let x = sites > 9223372036854775808;")).first().map(String::as_str),
        Some("number-form")
    );
    assert_eq!(refused(&body("sites", "let x = sites > 1.5;")), ["number-form"]);
    let sum = "fn judge(sites) { choose(\"a\", `${sites + 9223372036854775807}`) }";
    assert!(matches!(decide(sum, "a.judge"), Err(RuleFailure::Arithmetic { .. })));
    assert!(matches!(
        decide("fn judge(sites) { choose(\"a\", `${sites / (sites - 3)}`) }", "a.judge"),
        Err(RuleFailure::Arithmetic { .. })
    ));
}

#[test]
fn putting_texts_together_with_plus() {
    assert_eq!(refused(&body("town", "let x = town + \"x\";")), ["unlike-types", "unlike-types"]);
    assert_eq!(refused("fn judge(town) { choose(\"a\", \"in ${town}\") }"), ["text-is-not-filled-in"]);
    assert_eq!(
        because(
            "fn judge(town, has_code, new_mobile, leaving_day) { choose(\"a\", `${town} ${has_code} ${new_mobile.last4} ${leaving_day}`) }"
        ),
        "Leeds yes 0333 2 March 2026"
    );
}

#[test]
fn helpers_take_facts_and_what_they_read_is_the_rules() {
    let script = "fn recent(person) { not person.leaving and person.state == \"active\" }
        fn judge(account) { if recent(account) { return choose(\"a\", \"b\"); } choose(\"c\", \"d\") }";
    assert_eq!(because(script), "b");
    let (book, _) = compile(script);
    assert_eq!(book.names(), ["a.judge"], "a helper is no rule");
    let reads: Vec<String> =
        book.rule("a.judge").expect("the rule").reads.iter().map(|read| read.path.join(".")).collect();
    assert_eq!(reads, ["account.leaving", "account.state"]);
    assert_eq!(
        refused(
            "fn f(x) { x.leavng } fn judge(account) { if f(account) { return choose(\"a\", \"b\"); } choose(\"c\", \"d\") }"
        ),
        ["unknown-part"]
    );
}

#[test]
fn known_narrows_what_follows_an_early_end() {
    let script = "fn judge(account) {
        if not known(account.mobile) { return choose(\"none\", \"no mobile\"); }
        choose(\"some\", `ends ${account.mobile.last4}`)
    }";
    let (book, findings) = compile(script);
    assert_eq!(findings, []);
    let info = book.rule("a.judge").expect("the rule");
    assert!(info.reads.iter().all(|read| read.guarded), "{:?}", info.reads);
    assert_eq!(because(script), "no mobile");
}

#[test]
fn a_fact_that_is_not_a_parameter_and_one_that_is_never_read() {
    assert_eq!(
        refused("fn judge(sites) { if town == \"x\" { return choose(\"a\", \"b\"); } choose(\"a\", `${sites}`) }"),
        ["not-a-parameter"]
    );
    let (book, findings) = compile("fn judge(sites) { choose(\"a\", \"b\") }");
    assert_eq!(book.names(), ["a.judge"]);
    assert_eq!(
        said(findings),
        ["unused-parameter 1:10: `judge` never looks at `sites` -- take it out of the parameters"]
    );
}

#[test]
fn letters_of_every_language_and_line_ends_of_every_system() {
    let script = "// Wŵ – “x”\r\nfn judge(town, has_code) {\r\n  let ŵ = 1;\r\n  choose(\"a\", town)\r\n}\r\n";
    assert!(!refused(script).is_empty(), "names have plain letters");
    let script = "// Wŵ – “x”\r\nfn judge(town, has_code) {\r\n  if \"ŵ – 😀\" != town and has_code { return choose(\"a\", `ŵ😀 ${town} – ${has_code}`); }\r\n  choose(\"c\", \"d\")\r\n}\r\n";
    assert_eq!(because(script), "ŵ😀 Leeds – yes");
}

#[test]
fn texts_that_are_filled_in_may_stand_wherever_a_text_may() {
    let script = "fn judge(town, sites, has_code) {
        if `${town}-${sites}` == \"Leeds-3\" and has_code {
            let size = switch `${town}` { \"Leeds\" => `big ${switch sites { 3 => \"three\", _ => \"many\" }}`, _ => \"small\" };
            return choose(\"a\", size);
        }
        choose(\"c\", if has_code { `${town}` } else { \"no\" })
    }";
    assert_eq!(because(script), "big three");
    let missing = "fn judge(story, town) { if `${town}` == \"Leeds\" and story == \"x\" { return choose(\"a\", \"b\"); } choose(\"c\", \"d\") }";
    assert!(matches!(decide(missing, "a.judge"), Err(RuleFailure::FactMissing { .. })));
}
