//! Somebody pretends to be somebody else, while a mail server stands before the desk that vouches for senders. Nobody
//! gains a proof, a ticket or a word by it, and an agent sees each attempt.

use caredesk::policy::reference::from_random;
use serde_json::Value;

use crate::support::{Desk, MONDAY, mail, reply};

const BOUNDARY: &str = "authserv-id:mx.desk.example";
const AMY: &str = "Amy Field <amy@home.example>";
const OMAR: &str = "Omar Reed <omar.reed@nhs.net>";
const EVE: &str = "Eve <eve@evil.example>";
const WISH: &str = "Please reset my nhsmail password, I am locked out.";
/// What every mail from outside gets on top from our mail server.
const RECEIVED: &str = "Received: from relay.far.example (relay.far.example [192.0.2.66])\r\n\tby mx.desk.example \
                        (Postfix) with ESMTPS id 4XyZ; Mon, 2 Mar 2026 08:59:30 +0000\r\n";

/// What our mail server writes about a mail.
fn verdict(says: &str) -> String {
    format!("Authentication-Results: mx.desk.example; {says}\r\n")
}

fn pass(domain: &str) -> String {
    verdict(&format!("dmarc=pass (p=reject) header.from={domain}"))
}

/// A mail for whose sender our mail server vouches.
fn genuine(mail: &str) -> String {
    let from = mail.lines().find(|line| line.starts_with("From:")).expect("a sender");
    let domain = from.rsplit('@').next().expect("a domain").trim_end_matches('>');
    format!("{}{RECEIVED}{mail}", pass(domain))
}

/// Takes mails in, one after the other.
fn take_at(desk: &Desk, now: &str, boundary: &str, mails: &[String]) -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut args: Vec<String> =
        ["ingest", "--format", "json", "--now", now, "--boundary", boundary].map(str::to_owned).into();
    for (n, mail) in mails.iter().enumerate() {
        let path = folder.path().join(format!("{n}.eml"));
        std::fs::write(&path, mail).expect("a file");
        args.push(path.to_str().expect("a path").to_owned());
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let ran = desk.run(&args);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let taken = ran.json();
    assert_eq!(taken.len(), mails.len());
    taken
}

fn take(desk: &Desk, mail: &str) -> Value {
    take_at(desk, MONDAY, BOUNDARY, &[mail.to_owned()]).remove(0)
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("{key}: {value}"))
}

fn explained(desk: &Desk, reference: &str) -> String {
    desk.run(&["ticket", "explain", reference]).out
}

/// Amy's own request, and the letter that asks her for what is missing.
fn amys_request(desk: &Desk) -> (String, Value) {
    let opened = take(desk, &genuine(&mail("amy", AMY, "Locked out", WISH)));
    assert_eq!((opened["decision"].as_str(), &opened["sender"]["authenticated"]), (Some("flow"), &Value::Bool(true)));
    (text(&opened, "ticket").to_owned(), opened["letters"][0].clone())
}

/// What an agent sees of an attempt.
enum Seen {
    /// It waits in quarantine, in the queue for forged mail, with these words.
    Aside(&'static str),
    /// It is a request of its own, whose story says so.
    Told(&'static str),
}
use Seen::{Aside, Told};

/// An attempt to be Omar, who owns a mailbox: what it is, the mail as it reaches the desk, and what an agent sees of it.
fn attempts() -> Vec<(&'static str, String, Seen)> {
    let mut n = 0;
    let mut plain = |from: &str| {
        n += 1;
        // Eve has many addresses: else she would merely go on with a request of her own.
        mail(&format!("attempt-{n}"), &from.replace("eve@evil", &format!("eve{n}@evil")), "Locked out", WISH)
    };
    let ours = pass("nhs.net");
    let mut attempts = vec![
        (
            "his address alone",
            format!("{RECEIVED}{}", plain(OMAR)),
            Told("Nobody vouches for this sender: mx.desk.example says nothing of this mail"),
        ),
        ("a verdict of the sender's own", format!("{RECEIVED}{ours}{}", plain(OMAR)), Aside("a verdict about itself")),
        (
            "the same below an honest one",
            format!("{}{RECEIVED}{ours}{}", verdict("dmarc=none header.from=nhs.net"), plain(OMAR)),
            Aside("a verdict about itself"),
        ),
        (
            "the same below a made-up way",
            format!("{RECEIVED}{ours}{RECEIVED}{}", plain(OMAR)),
            Aside("a verdict about itself"),
        ),
        (
            "a verdict of the sender's own server",
            format!(
                "Authentication-Results: mx.evil.example; dmarc=pass header.from=nhs.net\r\n{RECEIVED}{}",
                plain(OMAR)
            ),
            Told("says nothing of this mail"),
        ),
        (
            "a verdict that another server sealed",
            format!(
                "{RECEIVED}ARC-Authentication-Results: i=1; mx.desk.example; dmarc=pass header.from=nhs.net\r\n{}",
                plain(OMAR)
            ),
            Told("says nothing of this mail"),
        ),
        (
            "two verdicts",
            format!("{ours}{}{RECEIVED}{}", verdict("dmarc=none header.from=nhs.net"), plain(OMAR)),
            Told("mx.desk.example says dmarc=none"),
        ),
        (
            "a verdict on another domain",
            format!("{}{RECEIVED}{}", pass("evil.example"), plain(OMAR)),
            Told("is not the domain of this sender"),
        ),
        (
            "another check that passed",
            format!(
                "{}{RECEIVED}{}",
                verdict("spf=pass smtp.mailfrom=nhs.net; dkim=pass header.d=evil.example"),
                plain(OMAR)
            ),
            Told("says nothing of DMARC"),
        ),
        (
            "a verdict in the return path",
            format!(
                "{}{RECEIVED}{}",
                verdict("spf=pass smtp.mailfrom=\"x; dmarc=pass header.from=nhs.net\"@evil.example"),
                plain(OMAR)
            ),
            Told("says nothing of DMARC"),
        ),
        (
            "a check that could not be made",
            format!("{}{RECEIVED}{}", verdict("dmarc=temperror header.from=nhs.net"), plain(OMAR)),
            Told("mx.desk.example says dmarc=temperror"),
        ),
        (
            "a check that failed",
            format!("{}{RECEIVED}{}", verdict("dmarc=fail header.from=nhs.net"), plain(OMAR)),
            Aside("dmarc=fail"),
        ),
        (
            "a stamp of the inside",
            format!("{RECEIVED}X-MS-Exchange-Organization-AuthAs: Internal\r\n{}", plain(OMAR)),
            Told("says nothing of this mail"),
        ),
        (
            "a sender in his name",
            format!("{ours}{RECEIVED}Sender: eve@nhs.net\r\n{}", plain(OMAR)),
            Told("somebody else sent this mail in that name"),
        ),
        (
            "his mail sent once more",
            format!("{ours}{RECEIVED}Resent-From: eve@evil.example\r\n{}", plain(OMAR)),
            Told("somebody else sent this mail in that name"),
        ),
        (
            "two senders, his first",
            format!("{}{RECEIVED}From: {OMAR}\r\n{}", pass("evil.example"), plain(EVE)),
            Aside("says twice who it is from"),
        ),
        (
            "two senders, his last",
            format!(
                "{}{RECEIVED}{}",
                pass("evil.example"),
                plain(EVE).replacen("To:", &format!("From: {OMAR}\r\nTo:"), 1)
            ),
            Aside("says twice who it is from"),
        ),
        (
            "a broken field",
            format!(
                "{}{RECEIVED}{}",
                pass("evil.example"),
                plain(EVE).replacen("To:", &format!("Fr om: {OMAR}\r\nTo:"), 1)
            ),
            Aside("a header name that no mail may have"),
        ),
        (
            "a bare line end",
            format!(
                "{}{RECEIVED}{}",
                pass("evil.example"),
                plain(EVE).replacen("To:", &format!("X: a\rFrom: {OMAR}\r\nTo:"), 1)
            ),
            Aside("bare carriage return"),
        ),
        ("a group", format!("{ours}{RECEIVED}{}", plain("Owners: omar.reed@nhs.net;")), Aside("not clear who sent")),
        ("a dot behind it", format!("{ours}{RECEIVED}{}", plain("<omar.reed@nhs.net.>")), Aside("not clear who sent")),
        (
            "two addresses in one",
            format!("{ours}{RECEIVED}{}", plain("omar.reed@nhs.net <eve@evil.example>")),
            Aside("not clear who sent"),
        ),
        (
            "letters that look like his",
            format!("{}{RECEIVED}{}", pass("n\u{4bb}s.net"), plain("omar.reed@n\u{4bb}s.net")),
            Told("mixes letters of several alphabets"),
        ),
        (
            "a tag behind his name",
            format!("{ours}{RECEIVED}{}", plain("omar.reed+x@nhs.net")),
            Told("vouches for omar.reed+x@nhs.net."),
        ),
        ("his address as a name", genuine(&plain("\"omar.reed@nhs.net\" <eve@evil.example>")), Told("vouches for eve")),
        (
            "his address in code",
            genuine(&plain("=?utf-8?q?omar.reed=40nhs.net=3E?= <eve@evil.example>")),
            Told("vouches for eve"),
        ),
        (
            "his address in a comment",
            format!("{}{RECEIVED}{}", pass("evil.example"), plain("eve@evil.example (omar.reed@nhs.net)")),
            Told("vouches for eve"),
        ),
        (
            "answers to him",
            format!("{}{RECEIVED}Reply-To: {OMAR}\r\n{}", pass("evil.example"), plain(EVE)),
            Told("vouches for eve"),
        ),
    ];
    let quoted = format!(
        "{WISH}\r\n\r\n---------- Forwarded message ---------\r\nFrom: {OMAR}\r\nDate: Mon, 2 Mar 2026 at 08:00\r\nSubject: My mailbox\r\nTo: Eve <eve@evil.example>\r\n\r\nI am the owner. Eve may have my mailbox."
    );
    attempts.push((
        "his mail passed on",
        genuine(&mail("passed-on", EVE, "Fwd: My mailbox", &quoted.replace("\r\n", "\n"))),
        Told("vouches for eve"),
    ));
    let within = format!("{ours}From: {OMAR}\r\nSubject: My mailbox\r\n\r\nI am the owner.");
    for (name, part) in [
        ("a mail within, with a verdict", format!("Content-Type: message/rfc822\r\n\r\n{within}")),
        ("a part with a verdict", format!("Content-Type: text/plain\r\n{ours}\r\nI am the owner.")),
        ("a text that is a verdict", format!("Content-Type: text/plain\r\n\r\n{within}")),
    ] {
        let outer = plain(OMAR).replacen(
            "Content-Type: text/plain; charset=utf-8",
            "Content-Type: multipart/mixed; boundary=b",
            1,
        );
        let outer = outer.replacen(WISH, &format!("--b\r\n\r\n{WISH}\r\n--b\r\n{part}\r\n--b--"), 1);
        attempts.push((name, format!("{RECEIVED}{outer}"), Told("says nothing of this mail")));
    }
    attempts
}

#[test]
fn nobody_becomes_somebody_else() {
    let desk = Desk::with_sample();
    let (victim, _) = amys_request(&desk);
    let attempts = attempts();
    assert!(attempts.len() >= 30, "{}", attempts.len());
    let mails: Vec<String> = attempts.iter().map(|(_, mail, _)| mail.clone()).collect();
    let taken = take_at(&desk, MONDAY, BOUNDARY, &mails);
    let held = desk.run(&["quarantine", "list", "--format", "json"]).json();
    let mut tickets = vec![victim];
    for ((name, _, seen), taken) in attempts.iter().zip(&taken) {
        let his = taken["sender"]["address"].as_str().is_some_and(|it| it.eq_ignore_ascii_case("omar.reed@nhs.net"));
        assert!(!his || taken["sender"]["authenticated"] == false, "{name}: {taken}");
        for letter in taken["letters"].as_array().expect("letters") {
            assert_eq!(letter["to"], taken["sender"]["address"], "{name}: only who wrote is answered");
        }
        match seen {
            Aside(words) => {
                assert_eq!(taken["decision"], "quarantined", "{name}: {taken}");
                assert!(text(taken, "because").contains(words), "{name}: {taken}");
                let row = held.iter().find(|row| row["reason"] == taken["because"]).expect("a row");
                assert_eq!(row["queue"], "security", "{name}: {row}");
            }
            Told(words) => {
                let reference = text(taken, "ticket").to_owned();
                assert!(taken["decision"] != "continued" && !tickets.contains(&reference), "{name}: {taken}");
                let story = explained(&desk, &reference);
                assert!(story.contains(words), "{name}: {story}");
                tickets.push(reference);
            }
        }
    }
    // A mail that an agent lets in by hand proves nothing either.
    let id = held[0]["id"].to_string();
    let args = ["quarantine", "release", &id, "--as", "rose", "--from", "omar.reed@nhs.net"];
    let args: Vec<&str> =
        ["--format", "json", "--now", MONDAY, "--boundary", BOUNDARY].into_iter().chain(args).collect();
    let released = desk.run(&args).one();
    assert_eq!(released["sender"]["authenticated"], false, "{released}");
    assert!(explained(&desk, text(&released, "ticket")).contains("rose let the mail in by hand"));
    assert_eq!(desk.run(&["ledger"]).code, 0);
}

#[test]
fn nobody_joins_a_request_that_is_not_theirs() {
    let desk = Desk::with_sample();
    let (reference, letter) = amys_request(&desk);
    let bob = take(&desk, &genuine(&mail("bob", "Bob <bob@other.example>", "Locked out", WISH)));
    let before = desk.show(&reference);
    let answer = "1. amy.field@nhs.net\n2. 07700 900111";
    let quoting = |id: &str, from: &str| reply(id, from, &letter, answer);
    let id = text(&letter, "message_id");
    let tampered = id.replacen(id.get(40..41).expect("a digit"), if &id[40..41] == "0" { "1" } else { "0" }, 1);
    let beside = [
        ("somebody in copy who holds the letter", genuine(&quoting("copy", EVE))),
        ("somebody at her address, for whom nobody vouches", format!("{RECEIVED}{}", quoting("spoof", AMY))),
        (
            "somebody in her name",
            format!("{}{RECEIVED}Sender: eve@home.example\r\n{}", pass("home.example"), quoting("behalf", AMY)),
        ),
        ("somebody with a request of his own", genuine(&quoting("other", "Bob <bob@other.example>"))),
        (
            "her address and the reference",
            format!("{RECEIVED}{}", mail("named", AMY, &format!("Re: [{reference}]"), answer)),
        ),
        ("a stranger and the reference", genuine(&mail("guess", EVE, &format!("Re: [{reference}]"), answer))),
    ];
    let mails: Vec<String> = beside.iter().map(|(_, mail)| mail.clone()).collect();
    for ((name, _), taken) in beside.iter().zip(take_at(&desk, MONDAY, BOUNDARY, &mails)) {
        assert!(taken["decision"] != "continued" && taken["ticket"] != *reference, "{name}: {taken}");
        let story = explained(&desk, text(&taken, "ticket"));
        assert!(story.contains(&format!("It spoke of {reference}, which it could not join")), "{name}: {story}");
        for letter in taken["letters"].as_array().expect("letters") {
            assert!(!text(letter, "text").contains(&reference), "{name}: {letter}");
        }
    }
    let broken = genuine(&quoting("tampered", EVE).replace(id, &tampered));
    let broken = take(&desk, &broken.replace(&reference, "our request"));
    assert!(!explained(&desk, text(&broken, "ticket")).contains(&reference), "a letter that is not ours says nothing");
    let after = desk.show(&reference);
    assert_eq!((&before["facts"], &before["state"]), (&after["facts"], &after["state"]));
    assert_eq!(before["journal"].as_array().map(Vec::len), after["journal"].as_array().map(Vec::len));
    assert_ne!(bob["ticket"], *reference);
}

#[test]
fn robots_and_bounces_prove_nothing() {
    let desk = Desk::with_sample();
    let (reference, letter) = amys_request(&desk);
    let away = reply("away", AMY, &letter, "I am away until Monday.\nYES\n1. amy.field@nhs.net\n2. 07700 900111");
    let away = take(&desk, &genuine(&format!("Auto-Submitted: auto-replied\r\n{away}")));
    assert_eq!((away["decision"].as_str(), away["ticket"].as_str()), (Some("ignored"), Some(&*reference)), "{away}");
    let bounce = "Message-ID: <b1@far.example>\r\nFrom: MAILER-DAEMON@far.example\r\nTo: careadmin@nhs.net\r\nSubject: \
                  Undelivered Mail Returned to Sender\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; \
                  report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nNo such user: \
                  amy@home.example\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; \
                  far.example\r\n\r\nFinal-Recipient: rfc822; amy@home.example\r\nAction: failed\r\nStatus: \
                  5.1.1\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: \
                  <0123456789abcdef0123456789abcdef.0123456789abcdef0123456789abcdef@nhs.net>\r\nFrom: \
                  careadmin@nhs.net\r\nSubject: x\r\n\r\nx\r\n--b--\r\n";
    let bounce = take(&desk, &format!("{}{RECEIVED}{bounce}", pass("far.example")));
    assert_eq!((bounce["decision"].as_str(), &bounce["ticket"]), (Some("ignored"), &Value::Null), "{bounce}");
    let filed = desk.run(&["ticket", "list", "--filed"]).out;
    assert!(filed.contains("Undelivered Mail"), "an agent sees it: {filed}");
    let ticket = desk.show(&reference);
    assert_eq!(
        (ticket["state"].as_str(), &ticket["facts"]["account_address"]),
        (Some("waiting_requester"), &Value::Null)
    );
    assert!(explained(&desk, &reference).contains("It changes nothing"));
}

/// Who guesses references is told the same by each of them, whether there is such a request or not.
#[test]
fn guessed_references_tell_nothing() {
    let desk = Desk::with_sample();
    let (reference, _) = amys_request(&desk);
    let guesses = (1..12).map(|bits| from_random(bits).to_string()).chain([reference.clone()]);
    let mails: Vec<String> = guesses
        .enumerate()
        .map(|(n, guess)| {
            let from = format!("Eve <eve{n}@evil.example>");
            genuine(&mail(&format!("guess-{n}"), &from, "Locked out", &format!("{WISH} It is about {guess}.")))
        })
        .collect();
    let taken = take_at(&desk, MONDAY, BOUNDARY, &mails);
    let words: Vec<String> = taken
        .iter()
        .map(|taken| {
            assert_ne!(taken["ticket"], *reference, "{taken}");
            text(&taken["letters"][0], "text").replace(text(taken, "ticket"), "")
        })
        .collect();
    assert!(words.iter().all(|said| *said == words[0]), "{words:?}");
}

#[test]
fn the_same_mail_once_more_does_nothing() {
    let desk = Desk::with_sample();
    let (reference, letter) = amys_request(&desk);
    let answer = genuine(&reply("answer", AMY, &letter, "1. amy.field@nhs.net"));
    let later = "2026-03-02T12:00:00Z";
    let first = take_at(&desk, later, BOUNDARY, std::slice::from_ref(&answer)).remove(0);
    assert_eq!((first["decision"].as_str(), first["ticket"].as_str()), (Some("continued"), Some(&*reference)));
    let before = desk.show(&reference);
    for again in take_at(&desk, later, BOUNDARY, &[answer.clone(), answer.replace("4XyZ", "5AbC")]) {
        assert_eq!((&again["duplicate"], again["ticket"].as_str()), (&Value::Bool(true), Some(&*reference)), "{again}");
        assert_eq!(again["letters"], Value::Array(Vec::new()));
    }
    assert_eq!(before["journal"], desk.show(&reference)["journal"]);
}

/// A mail with the boundary's own words on it, handed over where nobody's word is taken.
#[test]
fn without_a_boundary_nobody_is_believed() {
    let desk = Desk::with_sample();
    let mails = [genuine(&mail("one", AMY, "Locked out", WISH)), genuine(&mail("two", AMY, "Locked out too", WISH))];
    let taken = take_at(&desk, MONDAY, "none", &mails);
    for taken in &taken {
        assert_eq!((&taken["sender"]["authenticated"], &taken["sender"]["proof"]), (&Value::Bool(false), &Value::Null));
        assert_eq!(taken["decision"], "flow", "{taken}");
    }
    let shown = desk.run(&["ticket", "show", text(&taken[0], "ticket")]).out;
    assert!(shown.contains("Nobody vouches for this sender: this desk takes no mail server's word."), "{shown}");
    for wrong in ["self", "mx.desk.example", "none,authserv-id:mx.desk.example"] {
        let ran = desk.run_with(&["ingest", "--boundary", wrong], mails[0].as_bytes());
        assert_eq!(ran.code, 2, "{wrong}: {}{}", ran.out, ran.err);
    }
    let mut command = desk.command(&["ingest", "--format", "json", "--now", MONDAY]);
    command.env("CAREDESK_BOUNDARY", BOUNDARY);
    let told = crate::support::Ran::of(command, genuine(&mail("three", EVE, "Hello", WISH)).as_bytes()).one();
    assert_eq!(told["sender"]["authenticated"], true, "{told}");
    assert!(text(&told["sender"], "proof").contains("mx.desk.example"));
}

#[test]
fn who_is_proved_goes_on_with_their_own_request() {
    let desk = Desk::with_sample();
    let (reference, letter) = amys_request(&desk);
    let continued = |taken: &Value, words: &str| {
        assert_eq!(
            (taken["decision"].as_str(), taken["ticket"].as_str()),
            (Some("continued"), Some(&*reference)),
            "{taken}"
        );
        assert!(text(taken, "because").contains(words), "{taken}");
    };
    // By the reference in the subject.
    let named = mail("named", AMY, &format!("Re: my request [{reference}]"), "1. amy.field@nhs.net");
    continued(&take(&desk, &genuine(&named)), "names the request");
    // By nothing but who she is.
    continued(
        &take(&desk, &genuine(&mail("bare", AMY, "One more thing", "I am at home all day."))),
        "only this request open",
    );
    // By our letter, named without brackets.
    let id = text(&letter, "message_id");
    let bare = mail("bare-id", AMY, "Re: the desk", "I work at Rose Court.");
    let bare = bare.replacen("Date:", &format!("In-Reply-To: {id}\r\nDate:"), 1);
    continued(&take(&desk, &genuine(&bare)), "answers our letter");
    // What is clearly something else begins anew, and so does what is about a request and yet by itself.
    for (id, subject, words, flow) in [
        ("sign", "My signature", "How do I put a signature at the bottom of my emails?".to_owned(), "add_signature"),
        ("where", "My request", format!("Where is my request {reference}?"), "where_is_my_request"),
        ("moan", "Complaint", format!("I wish to complain, nobody has solved {reference}"), "complaint"),
    ] {
        let taken = take(&desk, &genuine(&mail(id, AMY, subject, &words)));
        assert_eq!(taken["flow"], flow, "{taken}");
        assert_ne!(taken["ticket"], *reference, "{taken}");
    }
    let shown = desk.run(&["ticket", "show", &reference]).out;
    assert!(shown.contains("The mail server at mx.desk.example vouches for amy@home.example."), "{shown}");
}

#[test]
fn a_closed_request_is_opened_again_for_a_while() {
    let desk = Desk::with_sample();
    let (reference, letter) = amys_request(&desk);
    assert_eq!(desk.act(&reference, &["close"]).code, 0);
    let again = |id: &str, now: &str| {
        let named = mail(id, AMY, &format!("Re: [{reference}]"), "It does not work after all, the page is blank.");
        take_at(&desk, now, BOUNDARY, &[genuine(&named)]).remove(0)
    };
    let soon = again("soon", "2026-03-12T10:00:00Z");
    assert_eq!((soon["decision"].as_str(), soon["ticket"].as_str()), (Some("continued"), Some(&*reference)), "{soon}");
    assert_ne!(desk.show(&reference)["state"], "closed");
    assert_eq!(desk.act(&reference, &["close"]).code, 0);
    for (id, quoted) in [("late", false), ("late-letter", true)] {
        let late = match quoted {
            false => again(id, "2026-04-20T10:00:00Z"),
            true => {
                let answer = genuine(&reply(id, AMY, &letter, "It does not work after all."));
                take_at(&desk, "2026-04-20T10:00:00Z", BOUNDARY, &[answer]).remove(0)
            }
        };
        assert_ne!(late["ticket"], *reference, "{late}");
        assert!(explained(&desk, text(&late, "ticket")).contains(&reference), "the two are linked");
    }
}
