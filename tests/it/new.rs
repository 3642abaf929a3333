//! A new flow is made from a few answers: it checks clean, its scenarios pass, and nothing that was there is touched.

use std::fs;
use std::path::Path;

use caredesk::desk::whole_mails;
use caredesk::library;
use caredesk::policy::scenario;

use crate::support::Desk;

/// A desk with a few flows of the shipped pack, from whose examples it learns quickly.
fn desk() -> Desk {
    const KEPT: [&str; 3] =
        ["tickets/triage.yaml", "passwords/password_help.yaml", "passwords/activation_password.yaml"];
    let desk = Desk::with_own_pack();
    let flows = desk.pack.join("flows");
    // They read what a flow asks that is gone.
    for rules in ["rules/registration.yaml", "rules/staff.rhai"] {
        fs::remove_file(desk.pack.join(rules)).unwrap();
    }
    for area in fs::read_dir(&flows).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        for file in fs::read_dir(area).unwrap().map(|entry| entry.unwrap().path()) {
            if !KEPT.iter().any(|kept| file == flows.join(kept)) {
                fs::remove_file(file).unwrap();
            }
        }
    }
    desk
}

/// Its findings, and its scenarios told.
fn sound(desk: &Desk, area: &str, name: &str) {
    let (running, findings) = library::load(&desk.pack).unwrap();
    let file = format!("flows/{area}/{name}");
    // A scaffold has fewer examples than a flow wants: that is for its author to mend.
    let own = findings.iter().filter(|finding| finding.place.file.starts_with(&file) && finding.code != "few-examples");
    let own: Vec<_> = own.collect();
    assert!(own.is_empty(), "{own:?}");
    library::understand(&running, &Path::new(env!("CARGO_TARGET_TMPDIR")).join("models"));
    let mails = whole_mails::read(&running.pack, &running.files);
    let (stories, findings) = scenario::stories_with(&running.pack, &running.files, &mails);
    assert!(findings.is_empty(), "{findings:?}");
    let own: Vec<_> = stories.iter().filter(|story| story.flow == name).collect();
    assert!(own.len() >= 2, "{}", own.len());
    for story in own {
        let told = scenario::tell(&running.pack, &|subject, text| running.matcher.route(subject, text), story);
        assert!(told.passed, "{}: {}", told.scenario, told.because);
    }
}

#[test]
fn options_make_a_flow_that_checks_clean_and_passes() {
    let desk = desk();
    let args = [
        "new",
        "lost_laptop",
        "--title",
        "A lost laptop",
        "--area",
        "devices",
        "--queue",
        "security",
        "--ask",
        "account_address,registered_mobile",
        "--ask",
        "laptop_place=Where did you last see it: at home, or outside?",
        "--task",
        "agent",
        "--say",
        "Thank you: a colleague rings you.",
        "--example",
        "my work laptop was stolen on the train",
        "--example",
        "the laptop of our manager is lost",
    ];
    let made = desk.run(&args);
    assert_eq!(made.code, 0, "{}{}", made.out, made.err);
    assert!(made.out.contains("caredesk simulate lost_laptop"), "{}", made.out);
    let flow = fs::read_to_string(desk.pack.join("flows/devices/lost_laptop.yaml")).unwrap();
    assert!(flow.contains("ask: [account_address, registered_mobile, laptop_place]"), "{flow}");
    sound(&desk, "devices", "lost_laptop");
    let again = desk.run(&args);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("already"), "{}", again.err);
    assert_eq!(fs::read_to_string(desk.pack.join("flows/devices/lost_laptop.yaml")).unwrap(), flow);
}

#[test]
fn answers_make_a_flow_too_and_a_slip_is_asked_again() {
    let desk = desk();
    let answers = "A new badge\n\nBad Area\ndevices\nacounts\naccounts\n\naccount_address\nresend_activation_password\n\nIt is done.\nI need a new badge for the door\nour badge printer card is lost\n\n";
    let made = desk.run_with(&["new"], answers.as_bytes());
    assert_eq!(made.code, 0, "{}{}", made.out, made.err);
    assert!(made.out.contains("did you mean `accounts`?"), "{}", made.out);
    assert!(made.out.contains("small letters"), "{}", made.out);
    let flow = fs::read_to_string(desk.pack.join("flows/devices/new_badge.yaml")).unwrap();
    assert!(flow.contains("task: resend_activation_password"), "{flow}");
    sound(&desk, "devices", "new_badge");
}

#[test]
fn what_cannot_be_is_told_and_nothing_is_written() {
    let desk = desk();
    let run = |more: &[&str]| {
        let mut args = vec!["new", "--title", "A test", "--area", "devices"];
        args.extend(more);
        let ran = desk.run(&args);
        assert_ne!(ran.code, 0, "{}", ran.out);
        assert!(!desk.pack.join("flows/devices").exists(), "{args:?}");
        (ran.code, ran.err)
    };
    assert_eq!(run(&["--queue", "nobody"]).0, 2);
    assert_eq!(run(&[]).0, 2);
    assert!(run(&["--queue", "accounts", "--ask", "acount_address"]).1.contains("did you mean `account_address`?"));
    assert!(run(&["--queue", "accounts", "--task", "reset_pasword"]).1.contains("did you mean `reset_password`?"));
    assert!(run(&["--queue", "accounts", "--say", "Hello {{ no_such_fact }}"]).1.contains("no_such_fact"));
    assert_eq!(run(&["Bad-Name", "--queue", "accounts"]).0, 2);
    assert_eq!(run(&["password_help", "--queue", "accounts"]).0, 2);
}
