//! Updates that Telegram brings, and calls of those who only say that they are Telegram.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use super::{Office, Way};

/// Brings something to the desk's door. Gives the status.
fn bring(url: &str, secret: Option<&str>, body: &[u8]) -> u16 {
    let rest = url.strip_prefix("http://").expect("an address");
    let (place, path) = rest.split_once('/').expect("a path");
    let mut stream = TcpStream::connect(place).expect("a door");
    let secret = secret.map(|secret| format!("X-Telegram-Bot-Api-Secret-Token: {secret}\r\n")).unwrap_or_default();
    let head = format!(
        "POST /{path} HTTP/1.1\r\nHost: {place}\r\n{secret}Content-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("it is said");
    // A door that has heard enough may close before the end.
    let _ = stream.write_all(body);
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

#[test]
fn only_telegram_opens_the_door_and_what_came_before_says_nothing_twice() {
    let office = Office::new(Way::Webhook);
    let url = office.webhook.clone().expect("an address");
    let telegram = &office.telegram;
    let mut running = office.start();
    let log = running.hears("people can chat with the desk by Telegram");
    let secret = telegram.state().webhook.as_ref().expect("it is set").secret.clone();
    assert!(secret.len() >= 40 && !log.contains(&secret), "{log}");

    telegram.says(1, "/start");
    telegram.hears(1, "Write in a few words");
    let known = telegram.state().history[0].clone();
    let forged = known.to_string().replace("500000001", "600000001").replace("/start", "/help");
    assert_eq!(bring(&url, None, forged.as_bytes()), 403);
    assert_eq!(bring(&url, Some("guessed"), forged.as_bytes()), 403);
    assert_eq!(bring(&url, Some(&secret[1..]), forged.as_bytes()), 403);
    assert_eq!(bring(&url, Some(&secret), b"no JSON at all"), 200, "it would come for ever");
    assert_eq!(bring(&url, Some(&secret), br#"{"update_id": 600000009, "tomorrow": {"x": 1}}"#), 200);
    assert!(bring(&url, Some(&secret), &vec![b'x'; 2 * 1024 * 1024]) >= 400, "too long");
    assert_eq!(bring(&url, Some(&secret), known.to_string().as_bytes()), 200, "a repeat is known");
    telegram.says(1, "/help");
    telegram.hears(1, "/agent: speak to a person");
    assert_eq!(telegram.state().by_bot(1).len(), 2, "{}", telegram.state().story());
    running.ask_to_stop();
    assert!(running.ends().success());
    assert_eq!(office.counted(), 2);
}
