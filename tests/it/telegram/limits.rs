//! Telegram says wait, or no, or nothing: what is to be said waits, fails visibly, or is said again, and nobody else is
//! kept waiting.

use crate::support::Desk;
use crate::telegram_fake::{TOKEN, Trouble};

use super::{Office, Way};

/// The states of the tickets of a chat.
fn state_of(desk: &Desk, person: i64) -> Option<String> {
    let rows = desk.run(&["ticket", "list", "--all", "--format", "json"]).json();
    let row = rows.iter().find(|row| row["requester"] == format!("telegram:{person}"))?;
    row["state"].as_str().map(str::to_owned)
}

#[test]
fn what_cannot_go_waits_or_fails_where_it_can_be_seen() {
    let office = Office::new(Way::Polling);
    let telegram = &office.telegram;
    let mut running = office.start();
    running.hears("people can chat with the desk by Telegram");
    let wish = "please can you reset my nhsmail password";

    // Too many: it goes a second later, once.
    telegram.change(|state| state.troubles.push(("sendmessage".into(), Trouble::TooMany(1))));
    telegram.says(1, wish);
    telegram.hears(1, "e-mail address");
    // The answer is lost: the same is said again, as a person would.
    telegram.change(|state| state.troubles.push(("sendmessage".into(), Trouble::Lost)));
    telegram.says(2, wish);
    let twice = telegram.hears_so_many(2, 2);
    assert_eq!(twice[0].text, twice[1].text);
    // Telegram has a fault of its own: it is asked again.
    telegram.change(|state| state.troubles.push(("sendmessage".into(), Trouble::Broken)));
    telegram.says(5, "/start");
    telegram.hears(5, "Write in a few words");
    // Another asks for the bot's updates: the desk says so, and goes on when it may.
    telegram.change(|state| state.poll += 1);
    let heard = running.hears("Telegram gives no updates");
    assert!(heard.contains("other getUpdates"), "{heard}");
    telegram.says(3, "/start");
    telegram.hears(3, "Write in a few words");

    // Blocked while the desk has something to say: the ticket is told.
    telegram.says(4, wish);
    telegram.hears(4, "e-mail address");
    assert_eq!(state_of(&office.desk, 4).as_deref(), Some("waiting_requester"));
    telegram.says(4, "amy.field@nhs.net");
    telegram.blocks(4);
    let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while state_of(&office.desk, 4).as_deref() != Some("with_agent") {
        assert!(std::time::Instant::now() < end, "{:?} {}", state_of(&office.desk, 4), telegram.state().story());
    }
    let failed = office.desk.run(&["outbox", "list", "--all", "--format", "json"]).json();
    let failed = failed.iter().find(|row| row["state"] == "failed").expect("one failed");
    assert!(failed["failure"].as_str().is_some_and(|why| why.contains("blocked by the user")), "{failed}");
    assert_eq!(telegram.state().by_bot(1).len(), 1, "said once: {}", telegram.state().story());
}

#[test]
fn a_hundred_messages_of_one_person_slow_nobody_else() {
    let office = Office::new(Way::Polling);
    let telegram = &office.telegram;
    for n in 0..100 {
        telegram.says(1, &format!("/unheard_of {n}"));
    }
    telegram.says(2, "/start");
    let mut running = office.start();
    running.hears("people can chat with the desk by Telegram");
    telegram.hears(2, "Write in a few words");
    telegram.is_read();
    // What waits for the one goes together, so that nobody is told a hundred times a second's worth.
    let all = telegram.waits("a hundred answers", |state| {
        let texts: String = state.by_bot(1).into_iter().map(|said| said.text.as_str()).collect();
        let many = texts.matches("/agent: speak to a person").count();
        (many == 100).then(|| state.by_bot(1).len())
    });
    assert!(all < 40, "{all} messages");
    assert_eq!(telegram.state().limits.refused, 0, "and never too fast");
}

#[test]
fn a_token_that_telegram_does_not_know_is_told_and_the_desk_goes_on() {
    let office = Office::new(Way::Polling);
    let wrong = format!("{}x", &TOKEN[..TOKEN.len() - 1]);
    std::fs::write(office.desk.data().join("bot.token"), &wrong).expect("it is written");
    let mut running = office.start();
    let mut heard = running.hears("no chat by Telegram yet");
    heard.push_str(&running.hears("no chat by Telegram yet"));
    assert!(heard.contains("does not know the bot's token"), "{heard}");
    assert!(!heard.contains(&wrong[10..]), "the token stays out of the log: {heard}");
    running.ask_to_stop();
    assert!(running.ends().success());
}
