//! The words by which robots give themselves away in subjects and texts, each with what a person's mail would lack.

use crate::mail::classify::Evidence;
use crate::mail::footer::is_personal;
use crate::mail::subject;
use crate::policy::message::Class;

/// Beginnings of the subjects that programs write for somebody who is away, in the languages met in practice.
pub const AWAY: [&str; 27] = [
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

/// Whether a text can be that of a program for somebody who is away. People type such subjects, too, and ask about them.
pub fn is_away_note(mail: &Evidence<'_>, text: &str) -> bool {
    const SAYS: [&str; 26] = [
        "out of office",
        "out of the office",
        "away",
        "leave",
        "holiday",
        "vacation",
        "return",
        "back on",
        "back in",
        "absent",
        "afwezig",
        "abwesend",
        "urlaub",
        "congé",
        "vacances",
        "ausente",
        "vacaciones",
        "ferie",
        "férias",
        "urlop",
        "nieobecn",
        "concediu",
        "swyddfa",
        "gwyliau",
        "no longer work",
        "received your",
    ];
    let asks = mail.said.text.contains('?');
    let answers = mail.refers || mail.headers.has("x-auto-response-suppress");
    !asks && (answers || SAYS.iter().any(|word| text.contains(word)))
}

/// Whether a text can be that of a mail system that tells of a delivery, and not of somebody who asks about one.
pub fn is_delivery_note(text: &str) -> bool {
    const SAYS: [&str; 18] = [
        "deliver",
        "recipient",
        "mailbox",
        "permanent error",
        "returned",
        "diagnostic",
        "rejected",
        "550",
        "554",
        "bounce",
        "zugestellt",
        "remis",
        "remise",
        "entregar",
        "recapita",
        "bezorgd",
        "dostarcz",
        "not found",
    ];
    let start: String = text.chars().take(3_000).collect();
    SAYS.iter().any(|word| start.contains(word)) && !is_personal(start.get(..400).unwrap_or(&start))
}

/// What a delivery report's subject says, if it is one.
pub fn undelivered(subject: &str) -> Option<Class> {
    const FAILED: [&str; 21] = [
        "undeliverable:",
        "undelivered mail returned to sender",
        "undelivered:",
        "mail delivery failed",
        "mail delivery failure",
        "delivery failure:",
        "delivery status notification (failure)",
        "failure notice",
        "email delivery failure",
        "delivery failure",
        "delivery failed",
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
    let subject = subject::without_tags(subject).to_lowercase();
    let subject = subject.strip_prefix("[postmaster]").map_or(subject.as_str(), str::trim_start);
    if FAILED.iter().any(|start| subject.starts_with(start)) {
        Some(Class::Bounce)
    } else {
        NOT_FAILED.iter().any(|start| subject.starts_with(start)).then_some(Class::DeliveryReport)
    }
}
