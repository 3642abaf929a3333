//! What kind of mail it is: the same for the same bytes, whatever its words, and a robot only by what is written in it.

use caredesk::mail::{Boundary, DeskMail, Envelope, Limits, MessageIds, Reading, read};
use caredesk::policy::message::Class;

use super::seeds::{TOKENS, mails};
use super::{Outcome, Target, run_for};

#[test]
fn no_mail_breaks_its_class() {
    run_for(&Target { name: "class", seeds: mails(), tokens: TOKENS, longest: 2_000, check }, 5_000);
}

fn check(raw: &[u8]) -> Outcome {
    let class = |raw: &[u8], returns: Option<&str>| {
        let ids = MessageIds::new([7; 32], "nas.example");
        let desk = DeskMail { addresses: vec!["helpdesk@nas.example".into()], ids, boundary: Boundary::None };
        let envelope = Envelope { mail_from: returns.map(str::to_owned), ..Envelope::default() };
        match read(raw, &envelope, &desk, &Limits::default()) {
            Reading::Readable(mail) => Some((mail.class, mail.because)),
            Reading::Unreadable(_) => None,
        }
    };
    let first = class(raw, None);
    if first != class(raw, None) {
        return Err("the same bytes have two classes".into());
    }
    let Some((kind, because)) = first else { return Ok("unreadable".into()) };
    if because.is_empty() || because.len() > 4_000 {
        return Err(format!("why it is {} is not told, or is told at length", kind.name()));
    }
    // A mail without a return path comes from a machine, whatever it says.
    let returned = class(raw, Some("")).map(|(kind, _)| kind);
    if returned.is_some_and(Class::is_from_a_person) && !kind.is_from_a_person() {
        return Err("an empty return path makes a person of a robot".into());
    }
    Ok(format!("{}, without a return path {:?}", kind.name(), returned.map(Class::name)))
}
