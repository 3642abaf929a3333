//! What people send that no flow asks for, and what strangers try: a clear sentence each time, and nothing lost.

use super::{Office, Way};

#[test]
fn whatever_people_send_gets_one_clear_sentence() {
    let office = Office::new(Way::Polling);
    let mut running = office.start();
    let log = running.hears("people can chat with the desk by Telegram");
    assert!(log.contains("@caredesk_test_bot"), "{log}");
    let telegram = &office.telegram;
    let commands: Vec<String> = telegram
        .state()
        .commands
        .as_array()
        .expect("commands")
        .iter()
        .map(|command| command["command"].as_str().expect("a name").to_owned())
        .collect();
    assert_eq!(commands, ["start", "help", "status", "cancel", "agent"]);

    telegram.sends_voice(1);
    telegram.sends_photo(2);
    telegram.shares_contact(3, Some(3), "+447700900111");
    telegram.shares_contact(4, Some(3), "+447700900111");
    telegram.shares_contact(5, None, "+447700900111");
    telegram.says(6, "/unheard_of <b>");
    telegram.says(7, "/status");
    telegram.says(8, "/start");
    telegram.edits(8, "something else");
    telegram.sends(
        9,
        serde_json::json!({"sticker": {
        "file_id": "CAAC", "file_unique_id": "u", "type": "regular", "width": 9, "height": 9, "is_animated": false,
        "is_video": false, "file_size": 10}}),
    );
    telegram.sends_file(10, "passwd", b"x", None);
    // Whatever Telegram thinks of next is passed over.
    telegram.change(|state| {
        state.update("message", serde_json::json!({"nothing": "that we know"}));
    });
    for (person, words) in [
        (1, "cannot read a voice message"),
        (2, "file or a picture alone"),
        (3, "noted your number"),
        (4, "not your own"),
        (5, "not your own"),
        (6, "/agent: speak to a person"),
        (7, "no open request"),
        (8, "What you wrote first still counts"),
        (9, "cannot read a sticker"),
        (10, "file or a picture alone"),
    ] {
        telegram.hears(person, words);
    }

    // Markup in what people write is shown as they wrote it.
    let wish = "please can you reset my nhsmail password <b>&amp; *now* _x_ [a](b)";
    telegram.says(20, wish);
    telegram.hears(20, "e-mail address");
    telegram.says(20, "<script>alert(1)</script>@nhs.net");
    let asked = telegram.hears_so_many(20, 2);
    assert!(asked[1].text.contains("<script>"), "our answer quotes it as it was: {asked:?}");
    // A file goes to the request that is open; its bytes are kept.
    telegram.sends_file(20, "../../proof <1>.txt", b"what it holds", Some("amy.field@nhs.net"));
    telegram.hears(20, "mobile number");
    let huge = "word ".repeat(800);
    telegram.says(20, &huge);
    telegram.hears_so_many(20, 4);

    // Groups are told once, and left.
    telegram.says_in_group(-77, 1, "/help");
    telegram.hears(-77, "private chat");
    telegram.waits("the bot to leave", |state| state.chats[&-77].is_shut.then_some(()));

    // Updates that were confirmed long ago say nothing again.
    let before = telegram.state().by_bot(1).len();
    let old = telegram.state().history[0]["update_id"].as_i64().expect("a number");
    telegram.redelivers(old);
    telegram.is_read();
    telegram.says(1, "/help");
    telegram.hears(1, "/agent: speak to a person");
    assert_eq!(telegram.state().by_bot(1).len(), before + 1);
    running.ask_to_stop();
    assert!(running.ends().success());
    office.counted();
    let database = std::fs::read(office.desk.data().join("caredesk.db")).expect("the database");
    assert!(!database.is_empty());
}

#[test]
fn a_button_counts_once_and_only_as_we_made_it() {
    let office = Office::new(Way::Polling);
    let mut running = office.start();
    running.hears("people can chat with the desk by Telegram");
    let telegram = &office.telegram;
    let wish = "I can read my mail but not send any";
    for person in [1, 2, 3] {
        telegram.says(person, wish);
    }
    let label = "Logging in for the first time";
    let asked = telegram.hears(1, "Did this help");
    let (_, data) = asked.buttons().into_iter().find(|(text, _)| text == label).expect("a button");
    assert!((1..=64).contains(&data.len()));

    // Pressed twice at once: one answer, and the message shows what was chosen.
    let press = telegram.presses(1, label);
    telegram.presses_data(1, asked.id, &data);
    telegram.waits("the choice to be shown", |state| {
        let said = state.by_bot(1).into_iter().find(|said| said.id == asked.id)?;
        (said.text.ends_with(&format!("You chose: {label}")) && said.keyboard.is_none()).then_some(())
    });
    telegram.waits("the press to be answered", |state| state.callbacks[&press].is_over.then_some(()));
    telegram.hears_so_many(1, 2);

    // Another's button, a made-up one, and one of a question that was answered by writing.
    let other = telegram.hears(2, "Did this help");
    telegram.presses_data(2, other.id, &data);
    telegram.hears(2, "That question is over");
    let third = telegram.hears(3, "Did this help");
    telegram.says(3, "yes");
    telegram.hears(3, "Good");
    telegram.waits("the buttons to go", |state| {
        state.by_bot(3).into_iter().find(|said| said.id == third.id)?.keyboard.is_none().then_some(())
    });
    telegram.presses_data(3, third.id, &third.buttons()[0].1);
    telegram.hears(3, "That question is over");
    // Telegram finds our answer to a press too late: the work is done all the same.
    telegram.says(4, wish);
    let fourth = telegram.hears(4, "Did this help");
    telegram.presses_late(4, label);
    telegram.waits("the choice to be shown", |state| {
        let said = state.by_bot(4).into_iter().find(|said| said.id == fourth.id)?;
        said.text.contains("You chose:").then_some(())
    });
    telegram.is_read();
    assert_eq!(telegram.state().by_bot(1).len(), 2, "a second click says nothing: {}", telegram.state().story());
}
