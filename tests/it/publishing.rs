//! From an edit to the running desk, and back: what is published runs, a bad pack never does, and nobody is overruled.

use std::fs;

use serde_json::Value;

use crate::support::{Desk, Running, mail};

/// An answer whose text the tests change.
const ANSWERS: &str = "flows/answers/using_mail.yaml";
const WISH: &str = "I can read my mail but not send any";

/// Writes a sentence into an answer.
fn edit(desk: &Desk, sentence: &str) {
    let file = desk.pack.join(ANSWERS);
    let text = fs::read_to_string(&file).expect("the answers");
    let edited = text.replacen("say: |\n", &format!("say: |\n      {sentence}\n"), 1);
    assert_ne!(edited, text);
    fs::write(file, edited).expect("the edit is saved");
}

fn publish(desk: &Desk, note: &str) -> Value {
    let ran = desk.run(&["publish", "--note", note, "--as", "Rose", "--format", "json"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    ran.json().pop().expect("a last line")
}

fn packs(desk: &Desk) -> Vec<Value> {
    desk.run(&["packs", "--format", "json"]).json()
}

/// Puts a file into the inbox as a mail program should: whole at once.
fn drop_in(desk: &Desk, name: &str) {
    let inbox = desk.data().join("inbox");
    let mail = mail(name, "Amy Field <amy@home.example>", "Sending", WISH);
    fs::write(inbox.join(format!(".{name}")), mail).expect("the file is written");
    fs::rename(inbox.join(format!(".{name}")), inbox.join(name)).expect("the file is renamed");
}

fn last_letter(desk: &Desk) -> String {
    let sent = desk.data().join("sent");
    let name = desk.sent().pop().expect("a letter");
    fs::read_to_string(sent.join(name)).expect("the letter")
}

#[test]
fn a_running_desk_takes_what_is_published_and_no_longer_follows_the_folder() {
    let desk = Desk::with_few_stories();
    let mut running = Running::start(&desk);
    let followed = running.ready["pack"].as_str().expect("a digest").to_owned();
    edit(&desk, "The first sentence.");
    running.hears("an edit of the pack takes new messages");

    edit(&desk, "The second sentence.");
    running.hears("an edit of the pack takes new messages");
    let first = publish(&desk, "the second sentence");
    assert_eq!((first["published"].as_bool(), first["number"].as_u64()), (Some(true), Some(1)));

    edit(&desk, "The third sentence.");
    running.hears("the pack's folder is not what was published");
    drop_in(&desk, "one.eml");
    running.hears("decision=\"answer\"");
    running.hears("sent");
    let letter = last_letter(&desk);
    assert!(letter.contains("The second sentence.") && !letter.contains("The third"), "{letter}");

    let second = publish(&desk, "the third sentence");
    assert_eq!(second["number"], 2);
    running.hears("a published pack takes new messages");

    let back = desk.run(&["rollback", "--note", "it was wrong", "--format", "json"]);
    assert_eq!(back.code, 0, "{}", back.err);
    let back = back.json().pop().expect("a last line");
    assert_eq!((back["kind"].as_str(), back["pack"].as_str()), (Some("rollback"), first["pack"].as_str()));
    running.hears("a published pack takes new messages");

    let rows = packs(&desk);
    let numbers: Vec<_> = rows.iter().map(|row| row["number"].as_u64()).collect();
    assert_eq!(&numbers[..3], &[Some(3), Some(2), Some(1)]);
    assert_eq!(rows[0]["current"], true);
    assert_eq!(rows[0]["note"], "it was wrong");
    assert!(rows.iter().any(|row| row["pack"] == followed.as_str() && row["number"].is_null()), "{rows:?}");
    // A desk that starts anew takes what was published, whatever the folder holds.
    drop(running);
    let again = Running::start(&desk);
    assert_eq!(again.ready["pack"], first["pack"]);
}

#[test]
fn a_change_is_told_in_sentences_and_a_lost_proof_comes_first() {
    let desk = Desk::with_few_stories();
    publish(&desk, "the first");
    let desk_file = desk.pack.join("flows/desk.yaml");
    let text = fs::read_to_string(&desk_file).expect("the desk");
    let looser = text
        .replace("hold: 24 hours", "hold: 1 hour")
        .replace("  add_owner: [owner of organisation]", "  add_owner: anyone");
    assert_ne!(looser, text);
    fs::write(&desk_file, looser).expect("the edit is saved");
    edit(&desk, "One more sentence.");
    let ran = desk.run(&["publish", "--dry-run"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let at = |words: &str| ran.out.find(words).unwrap_or_else(|| panic!("no “{words}” in {}", ran.out));
    assert!(at("LOOK TWICE") < at("What the desk does otherwise"), "{}", ran.out);
    assert!(at("`add_owner` NEEDS NO PROOF any more") < at("One more sentence."), "{}", ran.out);
    assert!(at("The limit “hold” was “24 hours” and is “1 hour”") < at("What the desk does otherwise"));
    assert!(ran.out.contains("Nothing was published: this was a trial."));
    assert_eq!(packs(&desk).len(), 1, "a trial keeps nothing");
}

#[test]
fn a_bad_pack_never_takes_the_place_of_a_good_one() {
    let desk = Desk::with_few_stories();
    let good = publish(&desk, "the first");
    let file = desk.pack.join(ANSWERS);
    let text = fs::read_to_string(&file).expect("the answers");

    fs::write(&file, text.replacen("say: |", "sya: |", 1)).expect("the edit is saved");
    let ran = desk.run(&["publish"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.err.contains("sya"), "{}", ran.err);

    // A pack that is sound, and does not do what its stories tell.
    let other = desk.pack.join("flows/passwords/activation_password.yaml");
    let whole = fs::read_to_string(&other).expect("the flow");
    fs::write(&file, &text).expect("the edit is undone");
    fs::write(&other, whole.replace("within two working hours", "in a while")).expect("the edit is saved");
    let ran = desk.run(&["publish"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.contains("within two working hours") && ran.err.contains("nothing is published"), "{}", ran.err);

    let rows = packs(&desk);
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0]["pack"].as_str(), rows[0]["current"].as_bool()), (good["pack"].as_str(), Some(true)));
    // Mail goes on being answered under the good one, though the folder is broken.
    fs::write(&file, "broken").expect("the edit is saved");
    let taken = desk.ingest(&mail("one", "Amy Field <amy@home.example>", "Sending", WISH));
    assert_eq!(taken["decision"], "answer");
}

#[test]
fn a_pack_comes_back_from_the_database_as_it_was() {
    let desk = Desk::with_few_stories();
    let first = publish(&desk, "the first");
    edit(&desk, "A sentence more.");
    let second = publish(&desk, "the second");
    let (first, second) = (first["pack"].as_str().expect("it"), second["pack"].as_str().expect("it"));

    let folder = desk.data().with_file_name("exported");
    let name = folder.to_str().expect("a path");
    assert_eq!(desk.run(&["packs", "export", &first[..12], name]).code, 0);
    let exported = fs::read_to_string(folder.join(ANSWERS)).expect("the answers");
    assert!(!exported.contains("A sentence more."));
    assert_eq!(desk.run(&["packs", "export", first, name]).code, 2, "the folder is not empty");

    let diff = desk.run(&["packs", "diff", &first[..12], &second[..12], "--format", "json"]).json();
    assert!(diff.iter().any(|row| row["sentence"].as_str().is_some_and(|it| it.contains("A sentence more."))));
    let shown = desk.run(&["packs", "show", &second[..12]]);
    assert!(shown.out.contains("the second") && shown.out.contains("A sentence more."), "{}", shown.out);
    assert_eq!(desk.run(&["packs", "show", "zzzz"]).code, 2);
    assert_eq!(desk.run(&["rollback", "--to", "1", "--note", "as before"]).code, 0);
    assert_eq!(packs(&desk)[0]["pack"], first);
    assert_eq!(desk.run(&["rollback", "--note", "once more"]).code, 2, "nothing else ran before the first publication");
}

#[test]
fn what_was_published_by_others_meanwhile_is_not_overwritten() {
    let desk = Desk::with_few_stories();
    publish(&desk, "the first");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        use caredesk::store::{Mode, Publishing, Store, Turn};
        let store = Store::open(&desk.data(), Mode::ReadWrite).await.expect("it opens");
        let seen = store.seen().await.expect("readable");
        let digest = seen.current.clone().expect("one runs");
        let files = store.pack_files(&digest).await.expect("readable").expect("it is kept");
        let at = jiff::Timestamp::UNIX_EPOCH;
        let publishing = |who| Publishing { pack: &digest, files: &files, turn: Turn::Publish, who, note: "", at };
        let won = store.publish(publishing("Rose"), &seen).await.expect("it is written");
        assert_eq!(won.expect("nobody was in between").number, 2);
        let lost = store.publish(publishing("Omar"), &seen).await.expect("it is read");
        assert_eq!(lost.expect_err("Rose was first").number, 2);
        assert_eq!(store.published().await.expect("readable").len(), 2);
        assert!(!store.set_current_pack(&digest, at).await.expect("readable"), "the folder decides nothing any more");
        store.close().await;
    });
}
