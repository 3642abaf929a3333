//! What kind of mail it is. Fields decide first, then structure; words come last and only ever make a robot of it when
//! nothing else can be meant. A person taken for a robot gets no answer, so doubt is for the person.

use crate::mail::body::{Body, Report};
use crate::mail::headers::Headers;
use crate::mail::lines::has_words;
use crate::mail::read::DeskMail;
use crate::mail::signature::Fold;
use crate::mail::subject;
use crate::mail::telltale::{AWAY, is_away_note, is_delivery_note, undelivered};
use crate::mail::words::Said;
use crate::policy::message::Class;

/// The field by which a desk knows letters of a desk.
pub const MARK: &str = "X-Caredesk-Desk";

/// A mail's kind, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Its kind.
    pub class: Class,
    /// Plain words.
    pub because: String,
    /// Why no automatic answer may go.
    pub suppress: Option<String>,
}

/// What is known of a mail before it is classed.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// Its fields.
    pub headers: &'a Headers<'a>,
    /// The address that it is from.
    pub from: &'a str,
    /// The return path: `Some("")` is the null path, None unknown.
    pub path: Option<&'a str>,
    /// Its subject, decoded.
    pub subject: &'a str,
    /// Its content.
    pub body: &'a Body,
    /// What is new in it.
    pub said: &'a Said,
    /// Whether it refers to an earlier mail.
    pub refers: bool,
}

/// Classes a mail.
pub fn classify(mail: &Evidence<'_>, desk: &DeskMail) -> Verdict {
    let robot = by_report(mail)
        .or_else(|| by_sender(mail, desk))
        .or_else(|| by_fields(mail))
        .or_else(|| by_address(mail))
        .or_else(|| by_words(mail));
    if let Some((class, because)) = robot {
        return Verdict { class, suppress: Some(because.clone()), because };
    }
    let suppress = suppressed(mail.headers);
    let (class, because) = of_a_person(mail);
    Verdict { class, because: because.into(), suppress }
}

type Found = Option<(Class, String)>;

fn found(class: Class, because: impl Into<String>) -> Found {
    Some((class, because.into()))
}

fn by_report(mail: &Evidence<'_>) -> Found {
    match mail.body.report {
        Some(Report::Failed) => return found(Class::Bounce, "it reports that a mail could not be delivered"),
        Some(Report::NotFailed) => return found(Class::DeliveryReport, "it reports on a delivery that did not fail"),
        Some(Report::Opened) => return found(Class::DeliveryReport, "it reports that a mail was opened or deleted"),
        Some(Report::Complaint) => return found(Class::DeliveryReport, "it reports a complaint about a mail"),
        None => {}
    }
    if mail.headers.has("x-failed-recipients") {
        return found(Class::Bounce, "its X-Failed-Recipients field names who was not reached");
    }
    let method = mail.body.calendar.as_deref()?;
    // Somebody who passes an invitation on, with words of their own, asks something about it.
    if subject::forwards(mail.subject) && has_words(&mail.said.text) {
        return None;
    }
    found(Class::Calendar, format!("it holds a calendar entry ({method})"))
}

fn by_sender(mail: &Evidence<'_>, desk: &DeskMail) -> Found {
    if mail.headers.has(&MARK.to_ascii_lowercase()) {
        return found(Class::AutoReply, "a desk like this one wrote it");
    }
    let from = mail.from.to_lowercase();
    if desk.addresses.iter().any(|address| address.eq_ignore_ascii_case(&from)) {
        return found(Class::AutoReply, "it comes from one of the desk's own addresses");
    }
    let local = from.split('@').next().unwrap_or_default();
    let plain: String = local.chars().filter(|c| c.is_alphanumeric()).collect();
    let is_daemon =
        ["mailerdaemon", "mailer", "maildaemon", "postmaster", "microsoftexchange329e71ec88ae4615bbc36ab6ce41109e"]
            .contains(&plain.as_str());
    if is_daemon || mail.path == Some("") {
        let who = if is_daemon { "its sender is a mail system" } else { "its return path is empty" };
        let class = undelivered(mail.subject).unwrap_or(if plain.contains("daemon") {
            Class::Bounce
        } else {
            Class::AutoReply
        });
        return found(class, who);
    }
    None
}

/// An address that takes no answers.
fn by_address(mail: &Evidence<'_>) -> Found {
    let from = mail.from.to_lowercase();
    let local = from.split('@').next().unwrap_or_default();
    let plain: String = local.chars().filter(|c| c.is_alphanumeric()).collect();
    let nobody = [
        "noreply",
        "donotreply",
        "dontreply",
        "neverreply",
        "autoreply",
        "autoresponder",
        "bounce",
        "bounces",
        "mailbot",
    ];
    if nobody.contains(&plain.as_str())
        || ["noreply", "donotreply"].iter().any(|word| plain.starts_with(word) || plain.ends_with(word))
    {
        return found(Class::AutoReply, format!("nobody reads its sender's address ({local}@…)"));
    }
    None
}

fn by_fields(mail: &Evidence<'_>) -> Found {
    let value = |name: &str| mail.headers.first(name).map(|value| value.to_ascii_lowercase());
    for value in mail.headers.all("auto-submitted") {
        let keyword = value.split([';', '(', ' ']).next().unwrap_or_default().trim().to_ascii_lowercase();
        if keyword != "no" && !keyword.is_empty() {
            return found(Class::AutoReply, format!("its Auto-Submitted field says {}", shown(&keyword)));
        }
    }
    for name in [
        "x-autoreply",
        "x-autorespond",
        "x-autoresponder",
        "x-auto-reply",
        "x-auto-reply-from",
        "x-mail-autoreply",
        "auto-reply",
        "x-autogenerated",
        "x-auto-generated",
    ] {
        if value(name).is_some_and(|value| !["", "no", "false", "none", "0"].contains(&value.trim())) {
            return found(Class::AutoReply, format!("it carries the field {name} of automatic answers"));
        }
    }
    const LISTS: [&str; 7] = [
        "list-id",
        "list-post",
        "list-unsubscribe",
        "list-unsubscribe-post",
        "list-help",
        "list-subscribe",
        "list-owner",
    ];
    if let Some(name) = LISTS.iter().chain(&["list-archive"]).find(|name| mail.headers.has(name)) {
        return found(Class::List, format!("it comes by a mailing list ({name})"));
    }
    match value("precedence").unwrap_or_default().trim() {
        "bulk" | "list" => return found(Class::List, "its Precedence field says that it went to many"),
        precedence @ ("junk" | "auto_reply" | "auto-reply") => {
            return found(Class::AutoReply, format!("its Precedence field says {precedence}"));
        }
        _ => {}
    }
    marked_as_spam(mail.headers).then(|| (Class::Spam, "the mail system marked it as spam".into()))
}

/// What gateways write of a mail that they hold for spam or phishing: only what they are sure of.
fn marked_as_spam(headers: &Headers<'_>) -> bool {
    let value = |name: &str| headers.first(name).map(|value| value.to_ascii_lowercase()).unwrap_or_default();
    let level = |text: &str| text.trim().parse::<i32>().is_ok_and(|level| level >= 7);
    let report = value("x-forefront-antispam-report");
    let told = |name: &str| {
        report.split(';').filter_map(|entry| entry.trim().split_once(':')).find(|(known, _)| *known == name)
    };
    value("x-spam-flag").trim() == "yes"
        || value("x-spam-status").trim_start().starts_with("yes")
        || level(&value("x-ms-exchange-organization-scl"))
        || told("scl").is_some_and(|(_, text)| level(text))
        || told("cat").is_some_and(|(_, kind)| ["phsh", "hphsh", "hphish", "hspm", "malw"].contains(&kind.trim()))
}

fn by_words(mail: &Evidence<'_>) -> Found {
    let subject = mail.subject.trim().to_lowercase();
    let text = mail.body.text.trim().to_lowercase();
    if AWAY.iter().any(|start| subject.starts_with(start)) && is_away_note(mail, &text) {
        return found(Class::AutoReply, "its subject is that of an automatic reply");
    }
    if let Some(class) = undelivered(mail.subject).filter(|_| is_delivery_note(&text)) {
        return found(class, "its subject is that of a delivery report");
    }
    // People begin subjects with these words, too; the text must be a program's.
    let receipt = ["read:", "not read:", "delivered:", "deleted:"].iter().any(|start| subject.starts_with(start));
    if receipt
        && text.starts_with("your message")
        && ["was read", "was deleted", "has been delivered", "was delivered"].iter().any(|said| text.contains(said))
    {
        return found(Class::DeliveryReport, "its subject and text are those of a receipt");
    }
    if subject.starts_with("recall:") && text.contains("would like to recall the message") {
        return found(Class::DeliveryReport, "it recalls an earlier mail");
    }
    let answer = ["accepted:", "declined:", "tentative:", "tentatively accepted:", "cancelled:", "canceled:"];
    if answer.iter().any(|start| subject.starts_with(start)) && text.is_empty() {
        return found(Class::Calendar, "its subject is that of an answer to an invitation, and it has no text");
    }
    None
}

/// `X-Auto-Response-Suppress` makes no robot of a mail, but it may forbid an automatic answer.
fn suppressed(headers: &Headers<'_>) -> Option<String> {
    let forbids = |value: &str| {
        value
            .split(',')
            .map(str::trim)
            .find(|word| ["all", "autoreply"].contains(&word.to_ascii_lowercase().as_str()))
            .map(shown)
    };
    let word = headers.all("x-auto-response-suppress").find_map(|value| forbids(&value))?;
    Some(format!("its X-Auto-Response-Suppress field says {word}"))
}

fn of_a_person(mail: &Evidence<'_>) -> (Class, &'static str) {
    let body = mail.body;
    let quotes = || {
        let begins =
            |line: &str| line.starts_with('>') || line == crate::mail::page::ORIGINAL || line.starts_with("From:");
        mail.said.folded.contains(&Fold::Quote) || body.text.lines().any(begins)
    };
    let answers = mail.refers || (subject::answers(mail.subject) && !subject::forwards(mail.subject) && quotes());
    // A subject that was there before is no new word; nor is a signature.
    let has_subject = !answers && !subject::topic(mail.subject).trim().is_empty();
    if !has_words(&mail.said.text) && mail.said.forwarded.is_none() && body.attachments.is_empty() && !has_subject {
        (Class::Empty, "nothing is newly written in it, and nothing attached")
    } else if mail.refers {
        (Class::Reply, "it refers to an earlier mail")
    } else if answers {
        (Class::Reply, "its subject and a quote are those of a reply")
    } else {
        (Class::Request, "nothing says that it is a reply or an automatic mail")
    }
}

fn shown(word: &str) -> String {
    word.chars().filter(char::is_ascii_graphic).take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::gate::Limits;
    use crate::mail::ids::MessageIds;

    fn class(header: &str, path: Option<&str>, text: &str) -> Class {
        let raw = format!("{header}\n\n");
        let headers = Headers::scan(raw.as_bytes(), &Limits::default()).expect("the tests' headers are fine");
        let from = headers.first("from").unwrap_or_else(|| "jo@care.example".into());
        let subject = headers.first("subject").unwrap_or_default();
        let body = Body { text: text.into(), ..Body::default() };
        let desk = DeskMail {
            addresses: vec!["desk@nas.example".into()],
            ids: MessageIds::new([1; 32], "nas.example"),
            boundary: crate::mail::Boundary::None,
        };
        let said = Said { text: text.into(), ..Said::default() };
        let mail = Evidence {
            headers: &headers,
            from: &from,
            path,
            subject: &subject,
            body: &body,
            said: &said,
            refers: headers.has("in-reply-to"),
        };
        classify(&mail, &desk).class
    }

    #[test]
    fn robots_are_known_by_their_fields() {
        let robots = [
            "Auto-Submitted: auto-replied (vacation)",
            "Auto-Submitted: auto-generated; x=y",
            "Precedence: junk",
            "X-Autoreply: yes",
            "From: no-reply@shop.example",
            "From: Desk@nas.example",
            "X-Caredesk-Desk: 1",
            "From: donotreply-123@x.example",
            "Subject: Automatic reply: hello",
            "Subject: Réponse automatique : bonjour",
        ];
        for header in robots {
            assert_eq!(class(header, None, "I am away until Monday."), Class::AutoReply, "{header}");
        }
        for header in ["List-Id: <x>", "List-Unsubscribe: <x>", "Precedence: bulk", "Precedence: list"] {
            assert_eq!(class(header, None, "hello"), Class::List, "{header}");
        }
        assert_eq!(class("X: y", Some(""), "hello"), Class::AutoReply);
        assert_eq!(class("From: MAILER-DAEMON@x.example", Some(""), "hello"), Class::Bounce);
        assert_eq!(class("Subject: Undeliverable: hello", None, "Your message could not be delivered."), Class::Bounce);
        assert_eq!(
            class("Subject: Read: x", None, "Your message\n\nTo: Jo\n\nwas read on Monday"),
            Class::DeliveryReport
        );
    }

    #[test]
    fn people_are_never_taken_for_robots_by_their_words() {
        let people = [
            "Auto-Submitted: no",
            "Subject: Out of office cannot be set",
            "Subject: Re: Automatic reply: hello",
            "Subject: Undeliverable mails all day",
            "Subject: Read: the manual is wrong",
            "Subject: Accepted: but still locked",
            "X-Auto-Response-Suppress: DR, OOF",
            "X-Auto-Response-Suppress: All",
            "From: jo.reply@care.example",
            "Precedence: normal",
            "Subject: FW: Undeliverable: hello",
            "From: norea@care.example",
            "Subject: Automatic reply: how do I set one?",
        ];
        for header in people {
            assert_eq!(class(header, Some("jo@care.example"), "please help"), Class::Request, "{header}");
        }
        assert_eq!(class("In-Reply-To: <x@y>", None, "yes"), Class::Reply);
        assert_eq!(class("Subject: Re: x", None, "yes\n> no"), Class::Reply);
        assert_eq!(class("Subject: RE: x", None, "please help"), Class::Request);
        assert_eq!(class("X: y", None, " "), Class::Empty);
        assert_eq!(class("Subject: locked out", None, ""), Class::Request);
    }
}
