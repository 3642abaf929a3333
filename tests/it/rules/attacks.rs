//! What would break the desk, or slip past it, if rules could do it.

use super::*;

#[test]
fn giving_a_constant_map_a_value() {
    assert!(refused(&body("", "const t = #{a: 1}; t.a = 1;")).contains(&"forbidden-word".to_owned()));
    assert!(refused(&body("", "const t = 1; t = 2;")).contains(&"forbidden-word".to_owned()));
}

#[test]
fn growing_a_map_or_list_by_its_keys() {
    assert!(refused(&body("", "let m = #{}; m[\"k\"] = 1;")).contains(&"forbidden-word".to_owned()));
    assert_eq!(refused(&body("", "let l = [1]; l[0] = 2;")), ["second-value"]);
    assert!(refused(&body("", "let l = [1]; l.push(2);")).contains(&"forbidden-form".to_owned()));
}

#[test]
fn changing_a_fact() {
    assert_eq!(refused(&body("account", "account.leaving = true;")), ["second-value"]);
    assert_eq!(refused(&body("sites", "sites = 4;")), ["second-value"]);
    assert_eq!(refused(&body("sites", "sites += 4;")), ["second-value"]);
}

#[test]
fn looping() {
    for lines in ["loop { }", "while true { }", "for x in 1..3 { }", "do { } while true;", "do { } until false;"] {
        assert!(refused(&body("", lines)).contains(&"forbidden-word".to_owned()), "{lines}");
    }
}

#[test]
fn calling_itself() {
    assert_eq!(refused("fn f(x) { f(x) } fn judge(sites) { choose(\"a\", `${f(sites)}`) }"), ["calls-itself"]);
    assert_eq!(
        refused("fn f(x) { g(x) } fn g(x) { f(x) } fn judge(sites) { choose(\"a\", `${f(sites)}`) }"),
        ["calls-itself", "calls-itself"]
    );
    assert_eq!(
        refused("fn judge(sites) { if sites > 3 { return judge(sites); } choose(\"a\", \"b\") }")
            .first()
            .map(String::as_str),
        Some("rule-calls-rule")
    );
}

#[test]
fn stacking_functions_on_functions() {
    let mut script = "fn f0(x) { x + 1 }\n".to_owned();
    for n in 1..30 {
        script += &format!("fn f{n}(x) {{ f{}(x) + f{}(x) }}\n", n - 1, n - 1);
    }
    script += "fn judge(sites) { choose(\"a\", `${f29(sites)}`) }";
    assert!(refused(&script).contains(&"too-deep".to_owned()));
}

#[test]
fn taking_too_many_steps() {
    let sum = vec!["x"; 25].join(" + ");
    let lets: String = (0..40).map(|n| format!("let y{n} = {sum}; ")).collect();
    let calls: String = (0..40).map(|n| format!("let z{n} = f(sites); ")).collect();
    let script = format!("fn f(x) {{ {lets} x }} fn judge(sites) {{ {calls} choose(\"a\", \"b\") }}");
    assert!(matches!(decide(&script, "a.judge"), Err(RuleFailure::TooLong { .. })), "{:?}", decide(&script, "a.judge"));
}

#[test]
fn making_a_text_that_doubles() {
    let lets: String = (1..15).map(|n| format!("let t{n} = `${{t{}}}${{t{}}}`; ", n - 1, n - 1)).collect();
    let script = format!("fn judge() {{ let t0 = \"0123456789\"; {lets} choose(\"a\", t14) }}");
    assert!(
        matches!(decide(&script, "a.judge"), Err(RuleFailure::TooLarge { .. })),
        "{:?}",
        decide(&script, "a.judge")
    );
}

#[test]
fn writing_too_much() {
    assert!(!refused(&body("", &format!("let t = \"{}\";", "x".repeat(20_000)))).is_empty());
    assert!(!refused(&body("sites", &format!("let t = sites in [{}];", "1, ".repeat(70)))).is_empty());
    assert!(!refused(&(0..70).map(|n| format!("fn f{n}() {{ 1 }} ")).collect::<String>()).is_empty());
    assert_eq!(refused(&format!("// {}", "x".repeat(70_000))), ["too-large"]);
}

#[test]
fn deep_nesting_on_a_small_stack() {
    let deep = || {
        for nested in [
            format!("let t = {}1{};", "(".repeat(5_000), ")".repeat(5_000)),
            format!("let t = {}true;", "not ".repeat(5_000)),
            format!("let t = {}1;", "1 + ".repeat(5_000)),
            format!("let t = {}1;", "-".repeat(2_000)),
            format!("let t = sites{};", ".a".repeat(20_000)),
            format!("let t = sites{};", "[0]".repeat(15_000)),
            format!("let t = {}1{};", "[".repeat(5_000), "]".repeat(5_000)),
            format!("{}{}", "{".repeat(5_000), "}".repeat(5_000)),
            format!("{}{}", "if true {".repeat(3_000), "}".repeat(3_000)),
            format!("if true {{ }} {}", "else if true { } ".repeat(2_000)),
            format!("let t = {};", "`${".repeat(5_000)),
            format!("let t = {}", "switch 1 { 1 => ".repeat(3_000)),
            format!("let t = {};", "known(".repeat(5_000)),
        ] {
            assert!(!refused(&body("sites", &nested)).is_empty(), "{}", &nested[..40]);
        }
        // As deep as it may be: the deepest chain of calls, each with as deep a sum as can be read.
        let sum = |inner: &str, depth: usize| format!("{}{inner}{}", "(1 + ".repeat(depth), ")".repeat(depth));
        let mut deepest = None;
        for depth in 1..32 {
            let mut script = format!("fn f0(x) {{ {} }}\n", sum("x", depth));
            for n in 1..15 {
                script += &format!("fn f{n}(x) {{ {} }}\n", sum(&format!("f{}(x)", n - 1), depth));
            }
            script += "fn judge(sites) { choose(\"a\", `${f14(sites)}`) }";
            if compile(&script).1.is_empty() {
                deepest = Some((depth, script));
            }
        }
        let (depth, script) = deepest.expect("some depth is fine");
        assert!(depth > 5);
        assert_eq!(because(&script), (3 + 15 * depth).to_string());
    };
    let thread = std::thread::Builder::new().stack_size(4 << 20).spawn(deep).expect("a thread");
    thread.join().expect("no panic, and the process lives");
}

#[test]
fn reaching_out_of_the_rule() {
    for lines in [
        "eval(\"1\");",
        "let x = eval(\"1\");",
        "import \"x\" as y;",
        "export let x = 1;",
        "print(\"x\");",
        "debug(1);",
        "let t = timestamp();",
        "sleep(1);",
        "let f = Fn(\"judge\");",
        "let f = |x| x;",
        "let f = || 1;",
        "exit();",
        "let x = this;",
        "let x = call(1);",
        "let t = type_of(1);",
        "let x = host_text_value(1);",
        "let x = global::y;",
        "let x = rand();",
    ] {
        assert!(!refused(&body("", lines)).is_empty(), "{lines}");
    }
}

#[test]
fn handling_errors() {
    for lines in
        ["try { } catch { }", "throw \"x\";", "let x = town ?? \"x\";", "let x = town?.size;", "let x = town?[0];"]
    {
        assert!(
            refused(&body("town", lines)).contains(&"forbidden-word".to_owned()),
            "{lines}: {:?}",
            refused(&body("town", lines))
        );
    }
}

#[test]
fn asking_for_a_rule_that_is_not_there() {
    let failure = RuleBook::empty().decide("a.judge", &|_| None).expect_err("no rule");
    assert_eq!(failure.to_string(), "there is no rule `a.judge`");
}

#[test]
fn the_book_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&RuleBook::empty());
}

const WORDS: [&str; 58] = [
    "sites",
    "town",
    "dspt",
    "has_code",
    "account",
    ".mobile",
    ".leaving",
    ".organisation",
    ".accounts",
    "organisation",
    ".owners",
    ".first",
    "story",
    "now",
    "opened",
    "\"yes\"",
    "\"Leeds\"",
    "3",
    "true",
    "==",
    "!=",
    "<",
    ">=",
    "and",
    "or",
    "not",
    "in",
    "known(",
    "count(",
    "(",
    ")",
    "[",
    "]",
    ",",
    "+",
    "-",
    "let x =",
    "x",
    ";",
    "if",
    "else",
    "{",
    "}",
    "switch",
    "=>",
    "_",
    "|",
    "return",
    "choose(\"a\",",
    "fn f(town)",
    "fn judge(sites, town)",
    "f(",
    "`",
    "${",
    "=",
    "?.",
    "#{",
    "9223372036854775807",
];

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 3_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_words_in_any_order_are_read_to_an_end(chosen in proptest::collection::vec(0..WORDS.len(), 1..24)) {
        let soup = chosen.iter().map(|n| WORDS[*n]).collect::<Vec<_>>().join(" ");
        compile(&soup);
        compile(&body("sites, town, account", &soup));
        // What is accepted runs to yes or no, or names the fact that is not set.
        if let Ok(expression) = expression(&soup) {
            let facts = facts();
            match RuleBook::empty().holds(&expression, &|name| facts.get(name).cloned()) {
                Ok(_) | Err(RuleFailure::FactMissing { .. }) => {}
                Err(failure) => panic!("{soup}: {failure}"),
            }
        }
    }

    #[test]
    fn an_accepted_comparison_runs(
        left in 0..19usize, operator in 19..23usize, right in 0..19usize, joint in 23..25usize, before in 0..19usize, not in proptest::bool::ANY,
    ) {
        let not = if not { "not " } else { "" };
        let source = format!("{not}({} {} {}) {} {}", WORDS[left], WORDS[operator], WORDS[right], WORDS[joint], WORDS[before]).replace("(.", "(account.");
        if let Ok(expression) = expression(&source) {
            let facts = facts();
            match RuleBook::empty().holds(&expression, &|name| facts.get(name).cloned()) {
                Ok(_) | Err(RuleFailure::FactMissing { .. }) => {}
                Err(failure) => panic!("{source}: {failure}"),
            }
        }
    }
}
