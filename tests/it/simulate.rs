//! A flow is played by hand in the terminal: people speak, time passes, agents act; what was played becomes a scenario.

use crate::support::Desk;

/// Plays lines and gives everything that was shown.
fn play(desk: &Desk, args: &[&str], lines: &[&str]) -> String {
    let mut all = vec!["simulate"];
    all.extend(args);
    let ran = desk.run_with(&all, lines.join("\n").as_bytes());
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    ran.out
}

#[test]
fn a_request_is_played_from_the_first_words_to_the_new_password_and_saved_as_a_scenario() {
    let desk = Desk::with_own_pack();
    let out = play(
        &desk,
        &["password_help", "--channel", "mail"],
        &[
            "show",
            "1. amy.field@nhs.net \\",
            "2. 07700 900111",
            "show",
            "why",
            "agent done identity_checked=yes",
            "agent done",
            "save password_help played by hand",
            "quit",
        ],
    );
    for shown in [
        "Mon 2 March 2026, 9am mail> the reset page does not work for me",
        "Letter to pat.sample@home.example",
        "What is the e-mail address of your NHSmail account?",
        "Waits for: account_address, registered_mobile",
        "The wait is over on Mon 9 March 2026, 9am.",
        "Task for accounts: check_security_answers",
        "Then type: agent done identity_checked=…",
        "account_address: amy.field@nhs.net (the person said so)",
        "Clock resolution: runs, due",
        "temporary password by text",
        "closed, because it was solved",
        "Saved in flows/passwords/password_help.scenarios.yaml",
    ] {
        assert!(out.contains(shown), "{shown}\n{out}");
    }
    let told = desk.run(&["test", "played by hand"]);
    assert_eq!(told.code, 0, "{}{}", told.out, told.err);
    assert!(told.out.contains("pass  password_help: played by hand"), "{}", told.out);
    let file = std::fs::read_to_string(desk.pack.join("flows/passwords/password_help.scenarios.yaml")).unwrap();
    let before = std::fs::read_to_string("flows/passwords/password_help.scenarios.yaml").unwrap();
    let stands = |line: &&str| file.lines().any(|other| other == *line);
    assert!(before.lines().all(|line| stands(&line)) && file.len() > before.len(), "what was there stays as it was");
    assert!(file.contains("state: resolved"), "{file}");
    assert!(file.contains("task: check_security_answers"), "{file}");
}

#[test]
fn time_passes_and_what_falls_due_happens_in_order() {
    let desk = Desk::new();
    let out = play(
        &desk,
        &["password_help", "--channel", "mail"],
        &["then three working days pass", "next", "show", "undo", "undo", "undo", "undo", "restart", "after 2 hours"],
    );
    let at = |words: &str| out.find(words).unwrap_or_else(|| panic!("{words}\n{out}"));
    assert!(at("the letter was sent again") < at("It is now Thu 5 March 2026, 9am."));
    assert!(at("It is now Thu 5 March 2026, 9am.") < at("nobody had answered"));
    assert!(at("nobody had answered") < at("It is closed, because we did not hear from you."));
    assert!(at("after: 3 working days") < at("There is nothing to take back."));
    assert!(out.ends_with("It is now Mon 2 March 2026, 11am.\n\n"), "{out}");
}

#[test]
fn a_chat_shows_its_choices_and_a_call_is_answered_aloud() {
    let desk = Desk::new();
    let out =
        play(&desk, &[], &["password", "call: I cannot get into my account, the reset page does not work", "who"]);
    assert!(out.contains("    1. "), "numbered choices\n{out}");
    assert!(out.contains("Say to the caller:"), "{out}");
    assert!(out.contains("amy: Amy Field <amy.field@nhs.net>"), "{out}");
}

#[test]
fn nonsense_gets_a_clear_answer_and_ends_nothing() {
    let desk = Desk::with_own_pack();
    let lines = [
        "help",
        "why",
        "undo",
        "next",
        "story",
        "save",
        "save x",
        "after lunch",
        "agent dance",
        "agent done",
        "agent done what=is it = =",
        "from:",
        "from: nobody",
        "mail: {{ ticket.wrong }}",
        "mail: {{ ticket.reference }}",
        "mail: \"': - [ {\t} # ! & * \u{7} \u{feff}",
        "directory: {accounts: {amy: {leaving: perhaps}}}",
        "directory: ][",
        "directory: {accounts: {amy: {leaving: yes}}}",
        "save ../../etc/x.scenarios.yaml name",
        "save flows/none/none.scenarios.yaml name",
        "agent start password_help",
        "agent start no_such_flow",
        "save where it went",
        "after 99999999999 days",
        "after 10000 weeks",
    ];
    let mut input = lines.join("\n").into_bytes();
    input.extend(b"\n\xff\xfe\n");
    input.extend(vec![b'x'; 200_000]);
    input.extend(b"\nshow\n");
    let ran = desk.run_with(&["simulate"], &input);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    for shown in [
        "Nothing has happened yet.",
        "There is nothing to take back.",
        "Nothing is due",
        "Nothing was played yet.",
        "Say how long: `after 3 working days`",
        "`dance` is nothing that an agent does",
        "a story knows `ticket.reference`",
        "there is no request yet for `ticket.reference`",
        "Scenarios stand beside their flow",
        "there is no flow called `no_such_flow`",
        "Saved in flows/",
        "This line is not text in UTF-8.",
        "This line is too long for a message, so it was not sent.",
    ] {
        assert!(ran.out.contains(shown), "{shown}\n{}", ran.out);
    }
    assert!(!ran.out.contains("internal"), "{}", ran.out);
    assert!(!ran.err.contains("internal fault"), "{}", ran.err);
    let ran = desk.run(&["simulate", "pasword_help"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("did you mean `password_help`?"), "{}", ran.err);
}

#[test]
fn what_is_played_in_any_flow_passes_as_a_scenario() {
    let desk = Desk::with_own_pack();
    for (flow, channel) in [("other_mobile", "chat"), ("register", "mail"), ("triage", "mail"), ("codes", "chat")] {
        let known = desk.run(&["simulate", flow]).code == 0;
        let lines = [
            "Amy Field",
            "yes",
            "2",
            "after 2 working days",
            "agent take",
            "agent reply We look into it.",
            "save as it was played",
        ];
        if known {
            let out = play(&desk, &[flow, "--channel", channel], &lines);
            assert!(
                out.contains("Saved in") || out.contains("stands twice") || out.contains("Say beside which flow"),
                "{flow}\n{out}"
            );
        }
    }
    let told = desk.run(&["test", "as it was played"]);
    assert_eq!(told.code, 0, "{}{}", told.out, told.err);
    assert!(!told.out.starts_with("0 of 0"), "{}", told.out);
}
