//! A checker that finds nothing is worth nothing until it finds what was planted.

use super::checker::{Finding, Wrong};
use super::story::{Kind, Mail, STORY, Step};
use super::town::Town;

/// A desk on the first morning, to which nothing has happened yet.
fn morning() -> Town {
    let mut town = Town::new();
    for (step, (minutes, _)) in STORY.iter().enumerate() {
        if *minutes <= 150 {
            town.live(step, Default::default());
        }
    }
    assert_eq!(findings(&mut town), []);
    town
}

fn findings(town: &mut Town) -> Vec<Finding> {
    let evidence = town.look();
    evidence.findings(town.acknowledged())
}

fn kinds(town: &mut Town) -> Vec<(Wrong, String)> {
    findings(town).into_iter().map(|one| (one.wrong, one.about)).collect()
}

#[test]
fn a_planted_loss_is_found() {
    let mut town = morning();
    let lost = town.ticket_of("quillow02");
    for table in ["attachment", "outbox", "content", "timer", "intake", "journal"] {
        let column = if table == "intake" { "reference" } else { "ticket" };
        town.tamper(&format!("DELETE FROM {table} WHERE {column} = '{lost}'"));
    }
    town.tamper(&format!("DELETE FROM ticket WHERE reference = '{lost}'"));
    let kinds = kinds(&mut town);
    assert!(kinds.contains(&(Wrong::Lost, "quillow02".into())), "{kinds:?}");
    assert!(kinds.contains(&(Wrong::Books, String::new())), "the ledger does not add up: {kinds:?}");
}

#[test]
fn a_planted_double_is_found() {
    let mut town = morning();
    // The same words under another Message-ID are another mail to the desk, and the same to who counts words.
    town.receive(Mail { marker: "quillow99", kind: Kind::First }, &[("quillow99", "quillow01")]);
    assert_eq!(kinds(&mut town), [(Wrong::TicketTwice, "quillow01".to_owned())]);
}

#[test]
fn a_planted_letter_is_found() {
    let mut town = morning();
    let letter = town.posted[0].clone();
    let mut other = letter.clone();
    other.bytes.push(b'!');
    town.posted.push(other);
    let found = kinds(&mut town);
    assert!(!found.is_empty() && found.iter().all(|(wrong, _)| *wrong == Wrong::LetterTwice), "other bytes: {found:?}");
    town.posted.pop();

    town.posted.push(letter.clone());
    let found = kinds(&mut town);
    assert!(matches!(found[..], [(Wrong::LetterTwice, _)]), "sent twice and tried once: {found:?}");
    town.posted.pop();

    town.posted.remove(0);
    let found = kinds(&mut town);
    assert!(matches!(found[..], [(Wrong::Lost, _)]), "never came out: {found:?}");
    town.posted.insert(0, letter);

    town.posted.push(super::checker::Posted { message_id: "nobody@nhs.net".into(), bytes: Vec::new() });
    let found = kinds(&mut town);
    assert!(matches!(found[..], [(Wrong::LetterTwice, _)]), "nobody wrote it: {found:?}");
}

#[test]
fn planted_faults_in_the_books_are_found() {
    let mut town = morning();
    for (plant, undo, says) in [
        ("UPDATE received SET count = count + 1", "UPDATE received SET count = count - 1", "does not add up"),
        (
            "UPDATE journal SET seq = seq + 9, event_id = 'x' WHERE kind = 'received' AND seq > 1",
            "UPDATE journal SET seq = seq - 9 WHERE seq > 9",
            "has the lines",
        ),
        (
            "UPDATE journal SET state_digest = 'x' || state_digest WHERE seq = 1",
            "UPDATE journal SET state_digest = substr(state_digest, 2) WHERE seq = 1",
            "gives another ticket",
        ),
    ] {
        town.tamper(plant);
        let found = findings(&mut town);
        assert!(found.iter().any(|one| one.wrong == Wrong::Books && one.says.contains(says)), "{says}: {found:?}");
        town.tamper(undo);
    }
    town.tamper("CREATE TABLE aside AS SELECT * FROM notice; DELETE FROM notice");
    let found = findings(&mut town);
    assert!(found.iter().any(|one| one.says.contains("told agents")), "{found:?}");
    town.tamper("INSERT INTO notice SELECT * FROM aside; DROP TABLE aside");
    town.leave_mark();
    let found = findings(&mut town);
    assert!(matches!(&found[..], [one] if one.says.contains("left in inflight")), "{found:?}");
}

#[test]
fn a_mail_that_was_put_aside_instead_of_answered_is_seen() {
    let mut town = morning();
    let step = STORY.iter().position(|(_, step)| matches!(step, Step::Pipe(Mail { kind: Kind::Broken, .. }, _)));
    town.live(step.expect("the story has a broken mail"), Default::default());
    assert_eq!(findings(&mut town), []);
    let whole = town.look().story();
    town.tamper("UPDATE quarantine SET raw = CAST(replace(raw, 'quillow05', 'quillow98') AS BLOB)");
    assert_eq!(kinds(&mut town), [(Wrong::Lost, "quillow05".to_owned())]);
    assert_eq!(town.look().story(), whole, "no ticket knows of it");
}
