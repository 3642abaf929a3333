//! A conversation by chat can be shown again, a repeated message is known, and its words go when their time is over.

use caredesk::store::{ChatLine, Mode, SaidBy, Store};
use serde_json::Value;

use crate::support::Desk;

/// The conversation as who said what.
fn lines(desk: &Desk, chat: &str) -> Vec<ChatLine> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = Store::open(&desk.data(), Mode::ReadOnly).await.expect("it opens");
        let lines = store.last_chat_lines(chat, 100).await.expect("lines");
        let last = lines.last().map_or(0, |line| line.n);
        assert_eq!(
            store.chat_lines_after(chat, last.saturating_sub(1), 9).await.expect("lines").len(),
            lines.len().min(1)
        );
        lines
    })
}

fn say(desk: &Desk, key: &str, text: &str) -> Value {
    desk.run(&["message", "--from", "web:amy", "--key", key, text, "--format", "json", "--now", crate::support::MONDAY])
        .one()
}

#[test]
fn a_conversation_is_kept_line_by_line_with_what_clocks_and_agents_said() {
    let desk = Desk::with_sample();
    let first = say(&desk, "one", "please can you reset my nhsmail password. My password is Winter2026!");
    let reference = first["ticket"].as_str().expect("a reference").to_owned();
    desk.run(&["tick", "--format", "json", "--now", "2026-03-04T09:00:00Z"]).one();
    let acted = desk.run(&["ticket", "act", &reference, "reply", "--text", "I am Jo. I look into it.", "--as", "jo"]);
    assert_eq!(acted.code, 0, "{}", acted.err);
    let lines = lines(&desk, "web:amy");
    let by: Vec<SaidBy> = lines.iter().map(|line| line.line.said_by).collect();
    assert_eq!(by, [SaidBy::Person, SaidBy::Desk, SaidBy::Desk, SaidBy::Agent]);
    assert_eq!(lines.iter().map(|line| line.n).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert!(lines[0].line.text.contains("[removed]") && !lines[0].line.text.contains("Winter2026"));
    assert_eq!(lines[1].line.text, first["replies"][0]["text"].as_str().expect("a text"));
    assert!(lines[2].line.text.contains("still waiting"), "{}", lines[2].line.text);
    assert!(lines[3].line.text.contains("I look into it"), "{}", lines[3].line.text);
    assert!(lines.iter().all(|line| line.line.ticket.as_ref().is_some_and(|ticket| ticket.0 == reference)));
}

#[test]
fn a_repeat_says_nothing_twice_and_the_ledger_counts_it() {
    let desk = Desk::with_sample();
    let first = say(&desk, "one", "please can you reset my nhsmail password");
    let again = say(&desk, "one", "please can you reset my nhsmail password");
    assert_eq!((again["decision"].as_str(), again["ticket"].clone()), (Some("duplicate"), first["ticket"].clone()));
    assert_eq!(again["replies"], Value::Array(Vec::new()));
    // The same words under another name are another message, and another's name is not ours.
    assert_eq!(say(&desk, "two", "please can you reset my nhsmail password")["decision"], "continued");
    let other = ["message", "--from", "web:omar", "--key", "one", "please can you reset my nhsmail password"];
    assert_eq!(desk.run(&[&other[..], &["--format", "json"]].concat()).one()["decision"], "flow");
    let answered = ["message", "--from", "web:lena", "--key", "a", "I can read my mail but not send any"];
    let answered = [&answered[..], &["--format", "json", "--now", crate::support::MONDAY]].concat();
    assert_eq!(desk.run(&answered).one()["decision"], "answer");
    assert_eq!(desk.run(&answered).one()["decision"], "duplicate");
    assert_eq!(lines(&desk, "web:lena").len(), 2, "question and answer are shown again, though no ticket has them");
    let days = desk.run(&["ledger", "--format", "json"]).json();
    assert_eq!(days.iter().filter_map(|day| day["duplicate"].as_u64()).sum::<u64>(), 2, "{days:?}");
    assert!(days.iter().all(|day| day["adds_up"] == true));
}

#[test]
fn a_conversation_goes_by_mail_to_a_proved_address_even_after_its_end() {
    let desk = Desk::with_sample();
    let none = say(&desk, "nothing", "transcript");
    assert_eq!((none["decision"].as_str(), none["ticket"].clone()), (Some("answer"), Value::Null));
    assert!(none["replies"][0]["text"].as_str().is_some_and(|text| text.contains("cannot send this chat")), "{none}");
    let first = say(&desk, "one", "I am leaving my job at the end of the month. My password is Winter2026!");
    let reference = first["ticket"].as_str().expect("a reference").to_owned();
    let refused = say(&desk, "two", "send me a copy");
    assert_eq!(refused["letters"], Value::Array(Vec::new()));
    say(&desk, "three", "amy.field@nhs.net");
    say(&desk, "four", "31 March 2026");
    let asked = say(&desk, "five", "no");
    let letters = asked["letters"].as_array().expect("letters");
    let own = letters.iter().find(|letter| letter["to"] == "amy.field@nhs.net").expect("the account is asked");
    // Our own mail server vouches for the account's answer.
    let agreed = format!(
        "Authentication-Results: mx.desk.example; dmarc=pass (p=reject) header.from=nhs.net\r\n\
         Received: from relay.far.example (relay.far.example [192.0.2.66])\r\n\tby mx.desk.example (Postfix) with \
         ESMTPS id 4XyZ; Mon, 2 Mar 2026 09:10:00 +0000\r\n\
         From: Amy Field <amy.field@nhs.net>\r\nTo: careadmin@nhs.net\r\nSubject: Re: yes\r\nMessage-ID: <y@nhs.net>\r\n\
         In-Reply-To: {}\r\nDate: Mon, 2 Mar 2026 09:10:00 +0000\r\n\r\nyes\r\n",
        own["message_id"].as_str().expect("a name")
    );
    let ingest = ["ingest", "--format", "json", "--now", crate::support::MONDAY, "--boundary"];
    let taken = desk.run_with(&[&ingest[..], &["authserv-id:mx.desk.example"]].concat(), agreed.as_bytes()).one();
    assert_eq!(taken["ticket"], reference.as_str());
    let acted = desk.run(&["ticket", "act", &reference, "close", "--as", "jo", "--now", crate::support::MONDAY]);
    assert_eq!(acted.code, 0, "{}", acted.err);
    let sent = say(&desk, "six", "please send me this conversation");
    assert_eq!((sent["decision"].as_str(), &sent["ticket"]), (Some("continued"), &Value::from(reference.as_str())));
    assert_eq!(sent["letters"][0]["to"], "amy.field@nhs.net");
    let text = sent["letters"][0]["text"].as_str().expect("a text");
    for said in
        ["2 March 2026, 09:00. You wrote:", "I am leaving my job", "Our program wrote:", "31 March 2026", &reference]
    {
        assert!(text.contains(said), "{said} is not in {text}");
    }
    assert!(!text.contains("Winter2026"), "{text}");
    assert_eq!(desk.show(&reference)["state"], "closed", "it stays closed");
    let again = desk.show(&reference).to_string();
    assert!(!again.contains("Our program wrote"), "what was said is not written into the journal a second time");
}

#[test]
fn the_words_of_a_chat_go_when_policy_says_and_the_ticket_stays() {
    let desk = Desk::with_sample();
    let first = say(&desk, "one", "please can you reset my nhsmail password");
    let tick = |now: &str| desk.run(&["tick", "--format", "json", "--now", now]);
    tick("2026-03-31T09:00:00Z");
    assert!(lines(&desk, "web:amy").iter().any(|line| line.n == 1));
    tick("2026-04-02T09:00:00Z");
    assert!(lines(&desk, "web:amy").iter().all(|line| line.n > 2));
    assert_eq!(say(&desk, "one", "please can you reset my nhsmail password")["decision"], "duplicate");
    assert!(desk.show(first["ticket"].as_str().expect("a reference"))["journal"].is_array());
}
