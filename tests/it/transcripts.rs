//! The pages in `docs/transcripts/`: what people write and get in hard cases, letter by letter, played from the shipped
//! stories. `CAREDESK_WRITE_DOCS=1` writes them anew.

use std::fmt::Write;
use std::path::Path;

use caredesk::mail::{plain_text, spoken_text};
use caredesk::policy::intent::{Candidate, Decision, Routed};
use caredesk::policy::message::Channel;
use caredesk::policy::outcome::Letter;
use caredesk::policy::scenario::{BEGINS, Rehearsal};
use serde_yaml::{Mapping, Value};

use super::stories::{shipped, shipped_files};

/// A page: its name, its title, the flow, and the story by its file and name.
const PAGES: [(&str, &str, &str, &str, &str); 11] = [
    (
        "another-mobile",
        "A password to another mobile, with the organisation's agreement",
        "other_mobile",
        "flows/passwords/other_mobile.scenarios.yaml",
        "by mail, the shared mailbox agrees",
    ),
    (
        "orphaned-mailbox",
        "A mailbox that nobody can open any more",
        "orphaned_mailbox",
        "flows/mailbox/orphaned_mailbox.scenarios.yaml",
        "by mail, the three codes and the registered manager",
    ),
    (
        "mover-without-owner",
        "An account that moves, and an old owner who does not let it go",
        "mover",
        "flows/movers/mover.scenarios.yaml",
        "by mail, the old owner does not let the account go",
    ),
    (
        "only-owner-leaves",
        "The only owner leaves, and names the next one first",
        "leaver",
        "flows/movers/leaver.scenarios.yaml",
        "by mail, the only owner leaves, and names the next one first",
    ),
    (
        "clock-to-feedback",
        "Nobody does what was promised, and the clock escalates",
        "other_mobile",
        "flows/passwords/other_mobile.scenarios.yaml",
        "by mail, a promise that is not kept goes to the feedback team",
    ),
    (
        "register-by-chat",
        "A home registers by chat, and corrects one number",
        "choose_route",
        "flows/registration/register.scenarios.yaml",
        "by chat, with one correction",
    ),
    (
        "register-messy-mail",
        "A home registers with everything in one messy mail",
        "choose_route",
        "flows/registration/register.scenarios.yaml",
        "by mail, everything in one messy first mail",
    ),
    (
        "register-half-missing",
        "A home registers by mail, and half is missing",
        "choose_route",
        "flows/registration/register.scenarios.yaml",
        "by mail, half is missing",
    ),
    (
        "register-two-at-one-postcode",
        "Two organisations at one postcode",
        "choose_route",
        "flows/registration/register.scenarios.yaml",
        "by chat, two homes share a postcode and one registers",
    ),
    (
        "register-wrong-details",
        "Wrong details three times",
        "choose_route",
        "flows/registration/register.scenarios.yaml",
        "by chat, wrong details three times",
    ),
    (
        "register-one-account-fails",
        "One account that cannot be made",
        "choose_route",
        "flows/registration/register.scenarios.yaml",
        "by mail, one account cannot be made and nobody else waits",
    ),
];

/// The most messages that a registration may take.
const MOST_MAILS: usize = 3;
const MOST_CHATS: usize = 25;

#[test]
fn the_transcripts_are_what_the_desk_does() {
    let (pack, files) = (shipped(), shipped_files());
    for (name, title, flow, file, scenario) in PAGES {
        let routed = |_: &str, _: &str| Routed {
            decision: Decision::Flow,
            flow: flow.into(),
            because: "so it is".into(),
            candidates: vec![Candidate { flow: flow.into(), score: 1000 }],
            also: Vec::new(),
        };
        let mut told = Rehearsal::new(&pack, &routed, &files, BEGINS).expect("the world is sound");
        let mut page =
            format!("# {title}\n\nThis page is written by a test that plays the story “{scenario}” of `{file}`.\n");
        for item in story(&files[file], scenario) {
            let news = told.play(&written(&item)).unwrap_or_else(|why| panic!("{scenario}: {why}\n{item:?}"));
            page.push_str(&heard(&item));
            for letter in &news.letters {
                page.push_str(&letter_in_words(letter));
            }
        }
        compare(name, &page);
    }
}

/// Whoever does it between two shifts has little time: so many messages a person must send to register.
#[test]
fn a_registration_takes_few_messages() {
    let files = shipped_files();
    for (name, _, _, file, scenario) in PAGES.iter().filter(|(name, ..)| name.starts_with("register-")) {
        let said =
            |channel: &str| story(&files[*file], scenario).iter().filter(|item| item.contains_key(channel)).count();
        let (mails, chats) = (said("mail"), said("chat"));
        assert!(
            mails + chats > 0 && mails <= MOST_MAILS && chats <= MOST_CHATS,
            "{name}: {mails} mails, {chats} by chat"
        );
        let long =
            story(&files[*file], scenario).iter().filter_map(|item| item.get("chat")?.as_str().map(str::len)).max();
        assert!(long.is_none_or(|long| long <= 80), "{name}: a message by chat has {long:?} letters");
    }
}

/// What happens in a story, without what is expected.
fn story(text: &str, name: &str) -> Vec<Mapping> {
    let file: Value = serde_yaml::from_str(text).expect("a scenario file");
    let scenarios = file["scenarios"].as_sequence().expect("scenarios");
    let found = scenarios.iter().find(|scenario| scenario["scenario"].as_str() == Some(name));
    let story = found.unwrap_or_else(|| panic!("no story {name}"))["story"].as_sequence().expect("a story");
    let items = story.iter().filter_map(Value::as_mapping);
    items.filter(|item| !item.contains_key("expect")).cloned().collect()
}

fn written(item: &Mapping) -> String {
    serde_yaml::to_string(item).expect("an item can be written")
}

/// What somebody did, as a paragraph.
fn heard(item: &Mapping) -> String {
    let text =
        |key: &str| item.get(key).map(|value| serde_yaml::to_string(value).unwrap_or_default().trim().to_owned());
    let quoted = |words: &str| words.lines().map(|line| format!("> {line}\n")).collect::<String>();
    let plain = |key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
    if let Some(mail) = plain("mail") {
        let from = plain("from").unwrap_or_else(|| "The person".into());
        let proof = match item.get("authenticated").and_then(Value::as_bool) {
            Some(false) => " (nobody vouches for the sender)",
            _ if text("authenticated").as_deref() == Some("no") => " (nobody vouches for the sender)",
            _ => "",
        };
        return format!("\n**{} writes{proof}:**\n\n{}", from.replace('<', "&lt;"), quoted(&mail));
    }
    if let Some(chat) = plain("chat") {
        return format!("\n**They write:** {chat}\n");
    }
    if item.contains_key("directory") {
        return "\n*The directory is different in this story.*\n".to_owned();
    }
    if let Some(after) = plain("after") {
        return format!("\n*{after} go by.*\n");
    }
    let act = plain("agent").unwrap_or_else(|| "does something".into());
    let gives = item.get("gives").and_then(Value::as_mapping).map_or_else(String::new, |gives| {
        let given = gives.iter().map(|(fact, value)| {
            format!(
                "{} = {}",
                fact.as_str().unwrap_or_default(),
                serde_yaml::to_string(value).unwrap_or_default().trim()
            )
        });
        format!(", {}", given.collect::<Vec<_>>().join(", "))
    });
    format!("\n*An agent: {act}{gives}.*\n")
}

fn letter_in_words(letter: &Letter) -> String {
    let mut words = String::new();
    let how = if letter.channel == Channel::Mail { "A letter" } else { "A message" };
    let text = match letter.channel {
        Channel::Chat | Channel::Phone => spoken_text(&letter.blocks),
        Channel::Mail | Channel::Text => plain_text(&letter.blocks),
    };
    let head = format!("{how} to **{}**: {}", letter.to.address, letter.subject);
    let buttons: String = letter.choices.iter().map(|choice| format!("\n[{choice}]")).collect();
    writeln!(words, "\n{}\n\n```text\n{text}{buttons}\n```", head.trim_end_matches([':', ' ']))
        .expect("a string takes all");
    words
}

fn compare(name: &str, page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/transcripts/{name}.md"));
    if std::env::var_os("CAREDESK_WRITE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is there");
        std::fs::write(&path, page).expect("the page is written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == page,
        "docs/transcripts/{name}.md is not what the desk does; write it with CAREDESK_WRITE_DOCS=1\n{page}"
    );
}
