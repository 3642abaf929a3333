//! A chat belongs to an address only when whoever chats has the mail that went there.

use super::{Office, Way};

/// The token in the newest letter to Amy.
fn token(office: &Office) -> String {
    let mut letters = office.desk.sent();
    let letter = letters.pop().expect("a letter");
    let letter = std::fs::read_to_string(office.desk.data().join("sent").join(letter)).expect("it can be read");
    let letter = letter.replace("=\r\n", "").replace("=3D", "=").replace("\r\n", "\n");
    let (_, rest) = letter.split_once("caredesk_test_bot?start=").expect("a link");
    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '_').collect()
}

#[test]
fn a_token_counts_once_and_all_that_do_not_count_get_one_sentence() {
    let office = Office::new(Way::Polling);
    let telegram = &office.telegram;
    let link = |address: &str| office.desk.run(&["telegram", "link", address]);
    let unknown = link("nobody@nowhere.example");
    assert!(unknown.code != 0 && unknown.err.contains("nobody with this address"), "{}", unknown.err);
    let sent = link("amy.field@nhs.net");
    assert_eq!(sent.code, 0, "{}", sent.err);
    let first = token(&office);
    assert!((20..=64).contains(&first.len()), "Telegram takes up to 64: {first}");
    for command in [&["outbox", "list", "--all"][..], &["ticket", "list", "--all"]] {
        assert!(!office.desk.run(command).out.contains(&first));
    }

    let mut running = office.start();
    running.hears("people can chat with the desk by Telegram");
    telegram.says(1, &format!("/start {first}"));
    telegram.hears(1, "now belongs to the address");
    let tries = [(1, first.clone()), (2, first.clone()), (3, "made-up".to_owned()), (4, "<b>".to_owned())];
    for (person, token) in &tries {
        telegram.says(*person, &format!("/start {token}"));
    }
    let sentences: Vec<String> =
        tries.iter().map(|(person, _)| telegram.hears(*person, "does not work").text).collect();
    assert!(sentences.iter().all(|sentence| *sentence == sentences[0]), "{sentences:?}");
    running.ask_to_stop();
    assert!(running.ends().success());
    let database = std::fs::read(office.desk.data().join("caredesk.db")).expect("the database");
    let holds = |words: &str| database.windows(words.len()).any(|window| window == words.as_bytes());
    assert!(!holds(&first), "the token lies nowhere");
    assert!(holds("now belongs to the address"));
}
