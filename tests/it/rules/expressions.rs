//! One line of a flow that is yes or no.

use super::*;

#[test]
fn expressions_hold_or_do_not() {
    for yes in [
        "has_code",
        "dspt != \"yes\"",
        "dspt in [\"no\", \"unsure\"]",
        "not (dspt == \"no\")",
        "sites >= 3 and sites < 4",
        "known(account.organisation) and account.organisation.accounts <= limits.accounts_per_site",
        "account.address == manager_mail",
        "account.address in organisation.owners",
        "count(organisation.owners) == 1",
        "organisation.owners.first == account.address",
        "new_mobile.last4 == \"0333\"",
        "manager_mail.is_nhs",
        "opened < now",
        "requester_name == account.name",
        "not known(account.mobile)",
        "not known(story) or story == \"x\"",
        "known(has_code) and has_code",
        "(sites == 1 or sites == 3) and not account.leaving",
    ] {
        assert_eq!(holds(yes), Ok(true), "{yes}");
    }
    for no in ["known(story)", "not has_code", "sites == 4", "known(account.mobile) and account.mobile == new_mobile"] {
        assert_eq!(holds(no), Ok(false), "{no}");
    }
}

#[test]
fn what_an_expression_reads_is_noted_with_its_place() {
    let read = expression("known(account.mobile) and account.mobile == new_mobile").expect("no findings");
    let reads: Vec<_> = read.reads.iter().map(|r| (r.path.join("."), r.guarded, r.place.column)).collect();
    let expected = [("account.mobile", true, 17), ("account.mobile", true, 37), ("new_mobile", false, 55)];
    assert_eq!(reads, expected.map(|(path, guarded, column)| (path.to_owned(), guarded, column)));
    assert_eq!(read.reads[0].place.line, 7);
}

#[test]
fn known_narrows_only_what_comes_after_it() {
    let guarded = |source: &str| {
        let read = expression(source).unwrap_or_else(|findings| panic!("{source}: {findings:#?}"));
        read.reads.last().map(|read| read.guarded)
    };
    assert_eq!(guarded("known(account) and account.leaving"), Some(true), "every account has it");
    assert_eq!(
        guarded("known(account) and account.mobile == new_mobile and known(sites) and account.mobile == new_mobile"),
        Some(false)
    );
    assert_eq!(guarded("not known(sites) or sites == 3"), Some(true));
    assert_eq!(guarded("known(sites) or sites == 3"), Some(false));
    assert_eq!(guarded("(known(sites) and sites == 3) or sites == 4"), Some(false));
}

#[test]
fn a_fact_that_is_not_set_is_an_error_and_never_false() {
    for source in [
        "story == \"x\"",
        "story != \"x\"",
        "\"x\" == story",
        "not (story == \"x\")",
        "story in [\"a\"]",
        "account.mobile == new_mobile",
        "new_mobile == account.mobile",
        "account.mobile.last4 == \"0333\"",
        "limits.tries > 1",
        "1 < limits.tries",
        "step.due < now",
        "known(sites) and limits.tries == sites",
    ] {
        assert!(matches!(holds(source), Err(RuleFailure::FactMissing { .. })), "{source}: {:?}", holds(source));
    }
    let facts = facts();
    let without_code = |name: &str| facts.get(name).filter(|_| name != "has_code").cloned();
    for source in
        ["has_code", "not has_code", "sites == 3 and has_code", "has_code or sites == 3", "(has_code) and sites == 3"]
    {
        let expression = expression(source).expect("no findings");
        let failure = RuleBook::empty().holds(&expression, &without_code).expect_err(source);
        assert!(!matches!(failure, RuleFailure::Panicked { .. }), "{source}");
        if !source.starts_with('(') {
            assert!(
                matches!(&failure, RuleFailure::FactMissing { fact, .. } if fact == "has_code"),
                "{source}: {failure}"
            );
        }
    }
}

#[test]
fn values_of_another_type_than_declared_are_errors_when_run() {
    let facts = BTreeMap::from([
        ("sites", text(FactType::ShortText, "3")),
        ("new_mobile", text(FactType::Postcode, "LS1 4AP")),
    ]);
    for source in ["sites == 3", "sites > 1", "1 < sites", "sites in [1, 2]", "new_mobile == new_mobile or sites != 3"]
    {
        let expression = expression(source).expect("no findings");
        let result = RuleBook::empty().holds(&expression, &|name| facts.get(name).cloned());
        assert!(source.starts_with("new") || matches!(result, Err(RuleFailure::Unlike { .. })), "{source}: {result:?}");
    }
}

#[test]
fn comparing_unlike_types() {
    insta::assert_debug_snapshot!(
        [
            "sites == \"3\"",
            "\"high\" > 3",
            "has_code == \"yes\"",
            "has_code == yes",
            "dspt == \"maybe\"",
            "dspt in [\"no\", \"unsur\"]",
            "town > \"A\"",
            "account == organisation",
            "leaving_day < now",
            "manager_mail == \"a@b.example\"",
            "dspt == town",
            "sites in [1, \"2\"]",
            "town in \"Leeds\"",
            "sites",
            "count(town) > 1",
            "new_mobile == home_postcode",
            "has_code > true",
            "known(sites) == 1",
        ]
        .map(|source| (source, wrong(source)))
    );
}

#[test]
fn names_that_do_not_exist() {
    insta::assert_debug_snapshot!(
        [
            "twon == \"Leeds\" and stes > 3",
            "account.moblie == new_mobile",
            "new_mobile.last5 == \"1\"",
            "limits.trys > 1",
            "contacts.feedbak.name == \"x\"",
            "town.length > 1",
            "knwon(town)",
            "count(organisation.owners, 1) == 1",
            "known(3)",
        ]
        .map(|source| (source, wrong(source)))
    );
}

#[test]
fn not_before_a_comparison() {
    insta::assert_debug_snapshot!(
        ["not sites == 3", "has_code and not dspt in [\"no\"] or has_code", "(not sites > 3)"]
            .map(|source| (source, wrong(source)))
    );
}

#[test]
fn what_does_not_belong_into_an_expression() {
    for source in [
        "",
        "if has_code { true } else { false }",
        "switch sites { 1 => true, _ => false }",
        "#{a: 1}.a == 1",
        "sites in 1..3",
        "town.len() == 3",
        "organisation.owners[0] == manager_mail",
        "sites + 1 == 3",
        "`${sites}` == \"3\"",
        "town ?? \"x\" == \"y\"",
        "account?.leaving",
        "has_code // yes",
        "has_code /* yes */",
        "has_code && has_code",
        "!has_code",
        "sites = 3",
        "let x = 3",
        "has_code; has_code",
        "|x| x",
        "town.contains(\"x\")",
        "contains([1], sites)",
        "eval(\"true\")",
        "print(\"x\")",
        "timestamp() == 3",
        "sleep(3)",
        "this",
        "choose(\"a\", \"b\")",
        "sites == 3.5",
        "sites == 9223372036854775808",
        "dspt == 'n'",
        "sites in [1",
        "town == \"x",
        "Fn(\"known\")",
        "call(known)",
        "type_of(town) == \"x\"",
        "is_def_var(\"town\")",
        "host_truth_value(has_code)",
        "sites ** 2 == 4",
        "sites & 1 == 1",
        "()",
        "sites == ()",
        "-sites == 1",
        "throw 1",
        "return true",
        "import \"x\"",
        "has_code == has_code == has_code and ",
    ] {
        assert!(!wrong(source).is_empty(), "{source}");
    }
    assert!(wrong(&format!("sites == 3{}", " and sites == 3".repeat(13)))[0].starts_with("expression-too-long"));
}
