//! What kind of mail it is. Fields decide first, then structure; words come last and only ever make a robot of it when
//! nothing else can be meant. A person taken for a robot gets no answer, so doubt is for the person.

use crate::mail::body::{Body, Report};
use crate::mail::headers::Headers;
use crate::mail::read::DeskMail;
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
    /// Whether it refers to an earlier mail.
    pub refers: bool,
}

/// Classes a mail.
pub fn classify(mail: &Evidence<'_>, desk: &DeskMail) -> Verdict {
    let robot =
        by_report(mail).or_else(|| by_sender(mail, desk)).or_else(|| by_fields(mail)).or_else(|| by_words(mail));
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
    ] {
        if value(name).is_some_and(|value| value != "no" && value != "false") {
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
    if value("x-spam-flag").is_some_and(|flag| flag.trim() == "yes") {
        return found(Class::Spam, "the mail system marked it as spam");
    }
    None
}

/// Beginnings of the subjects that programs write for somebody who is away, in the languages met in practice.
const AWAY: [&str; 27] = [
    "automatic reply:",
    "automatic reply :",
    "auto reply:",
    "autoreply:",
    "auto-reply:",
    "auto response:",
    "out of office:",
    "out of the office:",
    "out of office autoreply:",
    "out-of-office:",
    "ateb awtomatig:",
    "allan o'r swyddfa:",
    "automatische antwort:",
    "abwesenheitsnotiz:",
    "abwesend:",
    "réponse automatique :",
    "réponse automatique:",
    "absence du bureau",
    "respuesta automática:",
    "fuera de la oficina:",
    "risposta automatica:",
    "resposta automática:",
    "automatisch antwoord:",
    "odpowiedź automatyczna:",
    "automatiskt svar:",
    "automatisk svar:",
    "automaattinen vastaus:",
];

fn by_words(mail: &Evidence<'_>) -> Found {
    let subject = mail.subject.trim().to_lowercase();
    let text = mail.body.text.trim().to_lowercase();
    if AWAY.iter().any(|start| subject.starts_with(start)) {
        return found(Class::AutoReply, "its subject is that of an automatic reply");
    }
    if let Some(class) = undelivered(mail.subject) {
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

/// What a delivery report's subject says, if it is one.
fn undelivered(subject: &str) -> Option<Class> {
    const FAILED: [&str; 18] = [
        "undeliverable:",
        "undelivered mail returned to sender",
        "undelivered:",
        "mail delivery failed",
        "mail delivery failure",
        "delivery failure:",
        "delivery status notification (failure)",
        "failure notice",
        "returned mail:",
        "delivery has failed",
        "message undeliverable",
        "unzustellbar:",
        "non remis :",
        "non remis:",
        "no se puede entregar:",
        "non recapitabile:",
        "onbestelbaar:",
        "niedostarczalne:",
    ];
    const NOT_FAILED: [&str; 6] = [
        "delivery status notification (delay)",
        "delivery delayed:",
        "delivery status notification (success)",
        "relayed:",
        "successful mail delivery report",
        "warning: message",
    ];
    let subject = subject.trim().to_lowercase();
    if FAILED.iter().any(|start| subject.starts_with(start)) {
        Some(Class::Bounce)
    } else {
        NOT_FAILED.iter().any(|start| subject.starts_with(start)).then_some(Class::DeliveryReport)
    }
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
    let is_reply_subject = ["re:", "re :", "aw:", "sv:", "antw:", "odp:", "atb:"]
        .iter()
        .any(|start| mail.subject.trim().to_lowercase().starts_with(start));
    let quotes = || {
        body.text
            .lines()
            .any(|line| line.starts_with('>') || line == crate::mail::html::ORIGINAL || line.starts_with("From:"))
    };
    if body.text.trim().is_empty() && mail.subject.trim().is_empty() && body.attachments.is_empty() {
        (Class::Empty, "it has no text, no subject and no attachment")
    } else if mail.refers {
        (Class::Reply, "it refers to an earlier mail")
    } else if is_reply_subject && quotes() {
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
        let desk =
            DeskMail { addresses: vec!["desk@nas.example".into()], ids: MessageIds::new([1; 32], "nas.example") };
        let mail = Evidence {
            headers: &headers,
            from: &from,
            path,
            subject: &subject,
            body: &body,
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
            assert_eq!(class(header, None, "hello"), Class::AutoReply, "{header}");
        }
        for header in ["List-Id: <x>", "List-Unsubscribe: <x>", "Precedence: bulk", "Precedence: list"] {
            assert_eq!(class(header, None, "hello"), Class::List, "{header}");
        }
        assert_eq!(class("X: y", Some(""), "hello"), Class::AutoReply);
        assert_eq!(class("From: MAILER-DAEMON@x.example", Some(""), "hello"), Class::Bounce);
        assert_eq!(class("Subject: Undeliverable: hello", None, "hello"), Class::Bounce);
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
