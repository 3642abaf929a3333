//! Proof that the stand-in for Telegram is faithful: python-telegram-bot, which others wrote for Telegram itself, runs a
//! bot against it, and meets each error as it knows it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::telegram_fake::{BOT, Fake, TOKEN};

/// What is installed, to the letter.
const CLIENT: &str = "python-telegram-bot==22.8";
const AMY: i64 = 4001;
const BLOCKER: i64 = 4002;

/// A Python that has the client, made once below `target/`.
fn python() -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(CLIENT.replace("==", "-"));
    let (python, whole) = (home.join("bin/python"), home.join("whole"));
    if !whole.exists() {
        // Of two that make it at once, the later one finds it there.
        let made = Command::new("python3").args(["-m", "venv"]).arg(&home).status().expect("python3-venv is installed");
        assert!(made.success(), "Debian's python3-venv makes a place for the client");
        let got = Command::new(&python).args(["-m", "pip", "install", "--quiet", CLIENT]).status().expect("pip");
        assert!(got.success(), "{CLIENT} comes from PyPI");
        std::fs::write(whole, CLIENT).expect("it is noted");
    }
    python
}

#[test]
fn a_client_that_others_wrote_for_telegram_works_with_the_stand_in() {
    let fake = Fake::start();
    fake.says(BLOCKER, "hello");
    fake.blocks(BLOCKER);
    fake.change(|state| state.updates.clear());
    let mut client = Command::new(python());
    client.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/servers/telegram_client.py"));
    client.args([&fake.url, TOKEN, &AMY.to_string(), &BLOCKER.to_string()]);
    let client = client.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");

    fake.says(AMY, "/start a-token_1");
    let asked = fake.hears(AMY, "What would you <like>?");
    assert_eq!(asked.labels(), ["Tea", "Milk"]);
    let press = fake.presses(AMY, "Milk");
    fake.waits("the message to be edited", |state| {
        let said = state.by_bot(AMY).into_iter().find(|said| said.id == asked.id)?;
        (said.text == "You chose milk." && said.keyboard.is_none()).then_some(())
    });
    assert_eq!(fake.state().callbacks[&press].told.as_deref(), Some("Thank you"));
    fake.sends_file(AMY, "letter.txt", b"what it holds", None);
    fake.hears(AMY, "letter.txt & all");
    fake.edits(AMY, "hello again");

    let ended = client.wait_with_output().expect("it ends");
    let errors = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.success(), "{errors}");
    let seen: Value = serde_json::from_slice(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {errors}"));
    assert_eq!(seen["me"], BOT.2);
    for (what, expected) in [
        ("file", "what it holds"),
        ("edited", "hello again"),
        ("answered_twice", "BadRequest: Query is too old and response timeout expired or query id is invalid"),
        (
            "not_modified",
            "BadRequest: Message is not modified: specified new message content and reply markup are exactly the same \
             as a current content and reply markup of the message",
        ),
        ("empty", "BadRequest: Message text is empty"),
        ("too_long", "BadRequest: Message is too long"),
        ("html", "BadRequest: Can't parse entities: can't find end tag corresponding to start tag \"b\""),
        ("tag", "BadRequest: Can't parse entities: unsupported start tag \"x\" at byte offset 2"),
        (
            "markdown",
            "BadRequest: Can't parse entities: character '.' is reserved and must be escaped with the preceding '\\'",
        ),
        ("bold", "BadRequest: Can't parse entities: can't find end of bold entity at byte offset 0"),
        ("wide", "BadRequest: Button_data_invalid"),
        ("unknown_chat", "BadRequest: Chat not found"),
        ("blocked", "Forbidden: Forbidden: bot was blocked by the user"),
        ("too_many", "RetryAfter: 1"),
        ("no_message", "BadRequest: Message to delete not found"),
        ("no_file", "BadRequest: Wrong file_id or the file is temporarily unavailable"),
        ("secret", "BadRequest: Secret token contains unallowed characters"),
        ("webhook", "https://desk.example/hook"),
        (
            "polls_beside_webhook",
            "Conflict: Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the \
             webhook first",
        ),
        (
            "polls_twice",
            "Conflict: Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
        ),
        ("token", "InvalidToken"),
    ] {
        let as_told = seen[what].as_str().unwrap_or_default();
        assert_eq!(as_told.to_lowercase(), expected.to_lowercase(), "{what}: {seen}");
    }
    assert_eq!(seen["argument"], serde_json::json!(["a-token_1"]));
    assert_eq!(seen["commands"], serde_json::json!(["start", "help"]));
}
