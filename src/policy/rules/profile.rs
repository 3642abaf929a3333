//! The engine that rules run on: only what is chosen here exists in it, and everything has a limit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use rhai::{Dynamic, Engine, EvalAltResult, OptimizationLevel};

use super::RuleFailure;
use super::values::{self, Fault};
use super::words::{self, Word};

/// Steps of the engine that one run may take. They are counted, not timed, so that the limit falls at the same step
/// on every machine.
pub(super) const OPERATIONS: u64 = 20_000;
/// How deep functions may call each other.
pub(super) const CALLS: usize = 16;
/// How deep expressions may be nested.
const DEPTH: usize = 32;
/// 4,096 characters of up to four bytes: the longest fact fits.
const TEXT_BYTES: usize = 4 * 4_096;
/// Items of a list that stands in a rule.
const ITEMS: usize = 64;
/// Functions of one file.
const FUNCTIONS: usize = 64;
/// Names that are alive at once.
const VARIABLES: usize = 64;

/// An engine for reading scripts: keeps their words, and leaves unknown names to our own pass, which finds all of them.
pub(super) fn reader(seen: &Arc<Mutex<Vec<Word>>>) -> Engine {
    let mut engine = bare();
    engine.set_strict_variables(false);
    words::listen(&mut engine, Some(seen.clone()));
    engine
}

/// The engine for running them.
pub(super) fn runner() -> Engine {
    let mut engine = bare();
    engine.set_strict_variables(true);
    words::listen(&mut engine, None);
    values::register(&mut engine);
    engine
}

fn bare() -> Engine {
    let mut engine = Engine::new_raw();
    // The optimiser folds facts into the script and has panicked on constant maps.
    engine.set_optimization_level(OptimizationLevel::None);
    // Our own operators come first, so that the engine's never compare unlike types.
    engine.set_fast_operators(false);
    engine.set_fail_on_invalid_map_property(true);
    engine.set_allow_looping(false);
    engine.set_allow_anonymous_fn(false);
    engine.set_allow_shadowing(false);
    engine.set_max_operations(OPERATIONS);
    engine.set_max_call_levels(CALLS);
    engine.set_max_expr_depths(DEPTH, DEPTH);
    engine.set_max_string_size(TEXT_BYTES);
    engine.set_max_array_size(ITEMS);
    engine.set_max_map_size(ITEMS);
    engine.set_max_functions(FUNCTIONS);
    engine.set_max_variables(VARIABLES);
    // Interned texts sit behind one lock that all threads would share.
    engine.set_max_strings_interned(0);
    for word in ["eval", "print", "debug", "Fn", "call", "curry", "type_of", "is_shared", "is_def_fn", "is_def_var"] {
        engine.disable_symbol(word);
    }
    engine
}

/// Runs something of the engine's; whatever happens in it is a failure of `whose`, never a panic.
pub(super) fn run(
    whose: &str,
    body: impl FnOnce() -> Result<Dynamic, Box<EvalAltResult>>,
) -> Result<Dynamic, RuleFailure> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(result) => result.map_err(|error| failure(whose, *error)),
        Err(_) => Err(RuleFailure::Panicked { whose: whose.to_owned() }),
    }
}

fn failure(whose: &str, error: EvalAltResult) -> RuleFailure {
    let whose = whose.to_owned();
    match error {
        EvalAltResult::ErrorInFunctionCall(_, _, inner, _) => failure(&whose, *inner),
        EvalAltResult::ErrorTooManyOperations(_) => RuleFailure::TooLong { whose },
        EvalAltResult::ErrorStackOverflow(_) => RuleFailure::TooDeep { whose },
        EvalAltResult::ErrorDataTooLarge(..) | EvalAltResult::ErrorTooManyVariables(_) => {
            RuleFailure::TooLarge { whose }
        }
        EvalAltResult::ErrorArithmetic(..) => RuleFailure::Arithmetic { whose },
        EvalAltResult::ErrorRuntime(token, _) => match token.try_cast::<Fault>() {
            Some(Fault::Missing(fact)) => RuleFailure::FactMissing { whose, fact },
            Some(Fault::Unlike(left, right)) => RuleFailure::Unlike { whose, left, right },
            Some(Fault::Unfit(value, wanted)) => RuleFailure::Unfit { whose, value, wanted },
            Some(Fault::Unknown(name)) => RuleFailure::Unknown { whose, name },
            Some(Fault::Arithmetic) => RuleFailure::Arithmetic { whose },
            None => RuleFailure::Failed { whose },
        },
        // Everything else is a use of a value that has no such use.
        _ => RuleFailure::Failed { whose },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a script as it is, without the static pass that would refuse it.
    fn unread(script: &str) -> Result<Dynamic, RuleFailure> {
        run("the script", || runner().compile(script).map(|ast| runner().eval_ast::<Dynamic>(&ast))?)
    }

    #[test]
    fn a_constant_map_that_gets_a_value_is_a_failure_and_no_panic() {
        for script in ["const t = #{a: 1}; t.a = 1; 3", "const t = #{a: 1}; t[\"a\"] = 1; 3"] {
            let failure = unread(script).expect_err(script);
            assert!(!matches!(failure, RuleFailure::Panicked { .. }), "{failure}");
        }
    }

    #[test]
    fn calling_without_end_stops_on_a_small_stack() {
        let script = "fn f(n) { 1 + (1 + (1 + (1 + (1 + f(n + 1))))) } f(0)";
        let thread = std::thread::Builder::new().stack_size(4 << 20).spawn(|| unread(script)).expect("a thread");
        assert!(matches!(thread.join().expect("no panic"), Err(RuleFailure::TooDeep { .. })));
    }

    #[test]
    fn doubling_calls_stop_after_so_many_steps() {
        let doubled = |n: usize| format!("fn f{n}(x) {{ f{}(x) + f{}(x) }} ", n - 1, n - 1);
        let script = format!("fn f0(x) {{ x }} {} f14(1)", (1..15).map(doubled).collect::<String>());
        assert!(matches!(unread(&script), Err(RuleFailure::TooLong { .. })));
    }

    #[test]
    fn a_missing_property_or_function_is_a_failure() {
        for script in
            ["#{a: 1}.b", "len([1])", "\"x\".len()", "now()", "sleep(1)", "timestamp()", "rand()", "exit()", "1.5 == 1"]
        {
            assert!(unread(script).is_err(), "{script}");
        }
    }

    #[test]
    fn unlike_comparisons_are_failures_where_the_engine_alone_says_false() {
        for operator in ["==", "!=", "<", "<=", ">", ">="] {
            for (left, right) in
                [("\"high\"", "3"), ("1", "\"1\""), ("()", "1"), ("1", "()"), ("()", "()"), ("true", "1")]
            {
                let script = format!("{left} {operator} {right}");
                assert!(unread(&script).is_err(), "{script}");
            }
        }
        assert!(unread("1 in [\"1\"]").is_err() && unread("1 in [1, \"1\"]").is_err() && unread("not 1").is_err());
    }

    #[test]
    fn what_the_engine_offers_to_scripts_is_gone() {
        for script in [
            "eval(\"1\")",
            "import \"x\" as y; 1",
            "print(1)",
            "debug(1)",
            "Fn(\"f\")",
            "|x| x",
            "loop { break; }",
            "while true { }",
            "for x in [1] { }",
            "do { } while false",
            "let x = 1; let x = 2; x",
            "type_of(1)",
        ] {
            assert!(unread(script).is_err(), "{script}");
        }
    }

    #[test]
    fn texts_and_lists_have_a_size() {
        let doubled: String = (0..15).map(|_| "t = `${t}${t}`; ").collect();
        assert!(matches!(unread(&format!("let t = \"0123456789\"; {doubled} 1")), Err(RuleFailure::TooLarge { .. })));
        assert!(unread(&format!("[{}1]", "1, ".repeat(ITEMS))).is_err());
    }

    #[test]
    fn a_panic_inside_is_a_failure() {
        let failure = run("rule `a.b`", || panic!("inside")).expect_err("it panics");
        assert_eq!(failure.to_string(), "rule `a.b` broke the rule engine");
    }
}
