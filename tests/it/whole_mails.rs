//! A story that tells a whole mail from a file, as it came.

use std::fs;

use crate::support::Desk;

const MAIL: &str = "From: Lena Wood <lena@home.example>\nTo: careadmin@nhs.net\nSubject: First password\n\
                    Date: Mon, 2 Mar 2026 08:59:00 +0000\nMessage-ID: <one@home.example>\nMIME-Version: 1.0\n\
                    Content-Type: text/plain; charset=utf-8\n\nI have not received my password by text. My account is \
                    lena.wood@nhs.net.\n\nKind regards\nLena\n\n> On Monday you wrote:\n> Please tell us\n";

const STORY: &str = "scenarios:
  - scenario: by mail, a whole mail from a file
    covers: [PWD-5]
    now: 2026-03-02 09:00
    story:
      - mail: {file: first.eml}
      - expect: {task: resend_activation_password, letters: [{to: lena@home.example, has: [within two working hours]}]}
      - mail: {file: away.eml}
      - expect: {tickets: 1, letters: []}
";

fn desk() -> Desk {
    let desk = Desk::with_few_stories();
    let folder = desk.pack.join("flows/passwords");
    fs::write(folder.join("first.eml"), MAIL).expect("the mail is written");
    let away = MAIL.replace("Subject:", "Auto-Submitted: auto-replied\nSubject:");
    fs::write(folder.join("away.eml"), away).expect("the mail is written");
    fs::write(folder.join("activation_password.scenarios.yaml"), STORY).expect("the story is written");
    desk
}

#[test]
fn a_whole_mail_is_told_as_the_door_reads_it() {
    let desk = desk();
    let ran = desk.run(&["test", "a whole mail", "--format", "json"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_eq!(ran.json()[0]["passed"], true);
    // The mail is part of the pack: another mail is another pack.
    let digest = |desk: &Desk| desk.run(&["publish", "--dry-run", "--format", "json"]).json().pop().expect("a line");
    let before = digest(&desk)["pack"].clone();
    let file = desk.pack.join("flows/passwords/first.eml");
    fs::write(&file, MAIL.replace("Kind regards", "Best wishes")).expect("the mail is written");
    assert_ne!(digest(&desk)["pack"], before);
}

#[test]
fn a_mail_that_is_not_there_or_is_none_is_named() {
    let desk = desk();
    let story = desk.pack.join("flows/passwords/activation_password.scenarios.yaml");
    fs::write(&story, STORY.replace("first.eml", "frist.eml")).expect("the story is written");
    let rows = desk.run(&["check", "--format", "json"]).json();
    let row = rows.iter().find(|row| row["code"] == "unknown-mail").expect("it is told");
    assert!(row["help"].as_str().is_some_and(|help| help.contains("first.eml")), "{row}");
    fs::write(&story, STORY).expect("the story is written");
    fs::write(desk.pack.join("flows/passwords/first.eml"), "no mail at all").expect("the mail is written");
    let rows = desk.run(&["check", "--format", "json"]).json();
    assert!(rows.iter().any(|row| row["code"] == "unreadable-mail"), "{rows:?}");
}
