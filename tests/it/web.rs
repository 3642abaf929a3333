//! The chat page over plain HTTP, as a browser speaks it, and as somebody does who means no good.

mod browser;
mod hostile;
mod lives;

use browser::Browser;

use crate::support::{Desk, MONDAY, Running};

/// A desk with its pages, and where they are.
pub fn open(desk: &Desk) -> (Running, String) {
    open_with(desk, &[])
}

/// The same with further options.
pub fn open_with(desk: &Desk, options: &[&str]) -> (Running, String) {
    let running = Running::start_with(desk, &[&["--http", "127.0.0.1:0"], options].concat());
    let url = running.ready["http"].as_str().expect("it has pages").to_owned();
    let place = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    (running, place)
}

const LOCKED_OUT: &str = "please can you reset my nhsmail password";

#[test]
fn a_person_gets_through_by_forms_alone() {
    let desk = Desk::with_sample();
    let (_running, place) = open(&desk);
    let mut amy = Browser::new(&place);
    let page = amy.get("/chat");
    assert!(page.body.contains("What do you need help with?"), "{}", page.body);
    let page = amy.say(LOCKED_OUT);
    assert!(page.body.contains("e-mail address of your NHSmail account"), "{}", page.body);
    amy.say("amy.field@nhs.net");
    let page = amy.say("07700 900111");
    assert!(page.body.contains("ending 0111") && page.body.contains("We have your request"), "{}", page.body);
    let reference = page.between("Your reference is <strong>", "</strong>");
    assert_eq!(desk.show(&reference)["state"], "with_task");
    assert!(page.body.contains("What happens next"));
    let page = amy.press("speak to a person");
    assert!(page.body.contains("A colleague has your request"), "{}", page.body);
    assert!(page.body.contains(">Speak to a person</button>"));
    for path in ["/", "/contact", "/privacy", "/accessibility"] {
        let page = amy.get(path);
        assert_eq!(page.status, 200, "{path}");
        assert!(page.body.contains("lang=\"en-GB\"") && page.body.contains("careadmin@nhs.net"), "{path}");
    }
    assert_eq!(amy.get("/healthz").body, "well\n");
    assert_eq!(amy.get("/nothing").status, 404);
}

#[test]
fn a_copy_by_mail_is_offered_once_an_address_is_proved() {
    const LATER: &str = "2026-03-02T09:30:00Z";
    let desk = Desk::with_sample();
    let (mut running, place) = open_with(&desk, &["--now", MONDAY]);
    let mut amy = Browser::new(&place);
    for words in ["I am leaving my job at the end of the month", "amy.field@nhs.net", "31 March 2026"] {
        amy.say(words);
    }
    let page = amy.say("no");
    assert!(!page.body.contains("Send me a copy by mail"), "{}", page.body);
    running.stop();
    assert_eq!(desk.run(&["outbox", "send"]).code, 0);
    let asked = desk.sent().into_iter().map(|name| std::fs::read_to_string(desk.data().join("sent").join(name)));
    let asked = asked.map(|letter| letter.expect("a letter")).find(|letter| letter.contains("amy.field@nhs.net"));
    let asked = asked.expect("the account is asked");
    let name = asked.lines().find_map(|line| line.strip_prefix("Message-ID: ")).expect("a name");
    // Our own mail server vouches for the account's answer.
    let agreed = format!(
        "Authentication-Results: mx.desk.example; dmarc=pass (p=reject) header.from=nhs.net\r\n\
         Received: from relay.far.example (relay.far.example [192.0.2.66])\r\n\tby mx.desk.example (Postfix) with \
         ESMTPS id 4XyZ; Mon, 2 Mar 2026 09:10:00 +0000\r\n\
         From: Amy Field <amy.field@nhs.net>\r\nTo: careadmin@nhs.net\r\nSubject: Re: yes\r\n\
         Message-ID: <y@nhs.net>\r\nIn-Reply-To: {name}\r\nDate: Mon, 2 Mar 2026 09:10:00 +0000\r\n\r\nyes\r\n"
    );
    let ran =
        desk.run_with(&["ingest", "--now", LATER, "--boundary", "authserv-id:mx.desk.example"], agreed.as_bytes());
    assert_eq!(ran.code, 0, "{}", ran.err);
    let (_running, place) = open_with(&desk, &["--now", LATER]);
    amy.moves_to(&place);
    let page = amy.get("/chat");
    assert!(page.body.contains(">Send me a copy by mail</button>"), "{}", page.body);
    let page = amy.press("send me this chat");
    assert!(page.body.contains("proved for your request"), "{}", page.body);
}

#[test]
fn a_double_click_a_reload_and_a_second_tab_say_nothing_twice() {
    let desk = Desk::with_sample();
    let (_running, place) = open(&desk);
    let mut amy = Browser::new(&place);
    let first = amy.get("/chat");
    let (key, before) = (first.key(), amy.clone());
    // The same page, sent twice before an answer came: both hold the first cookie.
    let sent = amy.post_form(&[("key", &key), ("text", LOCKED_OUT)]);
    assert_eq!((sent.status, sent.header("location").as_deref()), (303, Some("/chat#answer")));
    let mut again = before;
    assert_eq!(again.post_form(&[("key", &key), ("text", LOCKED_OUT)]).status, 303);
    let page = amy.get("/chat");
    assert_eq!(page.lines(), 2, "{}", page.body);
    assert_eq!(again.get("/chat").lines(), 2, "both tabs show one conversation");
    // Going back to the old page and writing something else loses nothing.
    amy.post_form(&[("key", &key), ("text", "amy.field@nhs.net")]);
    assert_eq!(amy.get("/chat").lines(), 4);
    // Two tabs, each with its own page.
    let (one, two) = (amy.get("/chat").key(), amy.get("/chat").key());
    assert_ne!(one, two);
    amy.post_form(&[("key", &one), ("text", "07700 900111")]);
    amy.post_form(&[("key", &two), ("text", "is it done?")]);
    assert!(amy.get("/chat").lines() >= 7);
    assert_eq!(desk.run(&["ticket", "list", "--all", "--format", "json"]).json().len(), 1);
    let ledger = desk.run(&["ledger", "--format", "json"]).one();
    assert_eq!((ledger["door"].as_str(), ledger["duplicate"].as_u64()), (Some("chat"), Some(1)));
}

#[test]
fn what_was_typed_stays_when_something_is_wrong_or_a_button_is_pressed() {
    let desk = Desk::with_sample();
    let (_running, place) = open(&desk);
    let mut amy = Browser::new(&place);
    let page = amy.say("   ");
    assert_eq!(page.status, 422);
    assert!(page.body.contains("<title>Error: Chat") && page.body.contains("There is a problem"), "{}", page.body);
    assert!(page.body.contains("href=\"#text\"") && page.body.contains("aria-invalid=\"true\""));
    let long = "locked out ".repeat(600);
    let page = amy.say(&long);
    assert_eq!(page.status, 422);
    assert!(page.body.contains("5000 characters or fewer") && page.body.contains(long.trim()));
    assert_eq!(page.lines(), 0, "nothing was kept");
    for length in [50_000, 1_000_000] {
        let page = amy.say(&"é".repeat(length));
        assert_eq!(page.status, 422);
        assert!(page.body.contains("5000 characters or fewer") && page.body.contains(&"é".repeat(length)));
    }
    let page = amy.say(&"x".repeat(5_000_000));
    assert!(page.status == 413 && page.body.contains("We have not kept it"), "{} {:.300}", page.status, page.body);
    assert_eq!(page.lines(), 0, "nothing was kept");
    amy.say(LOCKED_OUT);
    let key = amy.get("/chat").key();
    let page = amy.post_form(&[("key", &key), ("text", "amy.fie"), ("choice", "cancel")]);
    assert!(page.body.contains("amy.fie</textarea>") && page.body.contains("Your request is closed"), "{}", page.body);
}

#[test]
fn words_of_agents_and_clocks_appear_and_a_restart_keeps_the_conversation() {
    let desk = Desk::with_sample();
    let (mut running, place) = open(&desk);
    let mut amy = Browser::new(&place);
    let page = amy.say(LOCKED_OUT);
    let reference = page.between("Your reference is ", "<");
    assert_eq!(desk.run(&["ticket", "act", &reference, "take", "--as", "jo"]).code, 0);
    let reply = ["ticket", "act", &reference, "reply", "--text", "I am Jo <jo@x>.", "--as", "jo"];
    assert_eq!(desk.run(&reply).code, 0);
    let page = amy.get("/chat");
    assert!(
        page.body.contains("talk__line--agent") && page.body.contains("A colleague at the helpdesk"),
        "{}",
        page.body
    );
    assert!(page.body.contains("I am Jo &#60;jo@x&#62;."), "{}", page.body);
    let lines = page.lines();
    running.stop();
    let (_running, place) = open(&desk);
    amy.moves_to(&place);
    assert_eq!(amy.get("/chat").lines(), lines);
    // Who has seen it on the page is not told again.
    let told = desk.run(&["outbox", "list", "--format", "json"]).json();
    assert!(told.iter().all(|letter| letter["state"] == "sent"), "{told:?}");
}

#[test]
fn a_place_that_is_taken_is_said_with_what_to_do() {
    let desk = Desk::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let place = taken.local_addr().expect("an address").to_string();
    let ran = desk.run(&["serve", "--http", &place]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains(&place) && ran.err.contains("--http off"), "{}", ran.err);
    std::fs::write(desk.data().join("caredesk.yaml"), "frames: [\"https://intranet.example\"]\n").expect("written");
    let ran = desk.run(&["serve", "--http", "127.0.0.1:0"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("public_url"), "{}", ran.err);
}
