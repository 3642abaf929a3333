//! Ten journeys from the first word to the end, by polling and by webhook.

use super::{Office, Way};

/// One thing that a person does, and words of the answer.
type Step = (Does, &'static str);

/// What a person does.
#[derive(Debug, Clone, Copy)]
enum Does {
    /// Writes.
    Says(&'static str),
    /// Presses the button of that label.
    Presses(&'static str),
}

use Does::{Presses, Says};

/// The journeys, each with words that the desk says at each step.
const JOURNEYS: [&[Step]; 10] = [
    // A password, to the agent's work.
    &[
        (Says("please can you reset my nhsmail password"), "e-mail address"),
        (Says("amy.field@nhs.net"), "mobile number"),
        (Says("07700 900111"), "ending 0111"),
    ],
    // A question and its answer.
    &[(Says("I can read my mail but not send any"), "Did this help"), (Says("yes"), "Good")],
    // A way on, by a button.
    &[(Says("I can read my mail but not send any"), "Did this help"), (Presses("Logging in for the first time"), "")],
    // Stopped by a command.
    &[
        (Says("please can you reset my nhsmail password"), "e-mail address"),
        (Says("/cancel"), "Nothing has been changed"),
    ],
    // A person, at once.
    &[(Says("/agent"), "colleague")],
    // A person, in the middle.
    &[(Says("please can you reset my nhsmail password"), "e-mail address"), (Says("/agent"), "colleague")],
    // A wrong answer is asked again.
    &[
        (Says("please can you reset my nhsmail password"), "e-mail address"),
        (Says("amy at nhs dot net"), "@nhs.net"),
        (Says("amy.field@nhs.net"), "mobile number"),
    ],
    // Where is it?
    &[(Says("please can you reset my nhsmail password"), "e-mail address"), (Says("/status"), "")],
    // Begun by a command, as everybody does.
    &[(Says("/start"), "Write in a few words"), (Says("how do we join NHSmail"), "")],
    // Something else in the middle, and back.
    &[
        (Says("please can you reset my nhsmail password"), "e-mail address"),
        (Says("how do we join NHSmail"), "something else"),
        (Says("yes please"), ""),
        (Says("/cancel"), "e-mail address of your NHSmail account"),
    ],
];

/// Who goes on a journey.
fn person(nth: usize) -> i64 {
    7001 + i64::try_from(nth).expect("few")
}

fn all_arrive(way: Way) {
    let office = Office::new(way);
    let mut running = office.start();
    running.hears("people can chat with the desk by Telegram");
    all_go(&office, || {
        running.ask_to_stop();
        assert!(running.ends().success());
    });
}

/// Everybody goes their way to its end; then the desk is stopped, and the books are looked at.
fn all_go(office: &Office, stop: impl FnOnce()) {
    let longest = JOURNEYS.iter().map(|journey| journey.len()).max().unwrap_or(0);
    for nth in 0..longest {
        let mut said = Vec::new();
        // All at once, each their own step.
        for (at, journey) in JOURNEYS.iter().enumerate() {
            let Some((does, words)) = journey.get(nth) else { continue };
            let before = office.telegram.state().by_bot(person(at)).len();
            match does {
                Says(text) => drop(office.telegram.says(person(at), text)),
                Presses(label) => drop(office.telegram.presses(person(at), label)),
            }
            said.push((at, before, words));
        }
        for (at, before, words) in said {
            office.telegram.waits(&format!("journey {at}, step {nth}: “{words}”"), |state| {
                let heard = state.by_bot(person(at));
                let texts: String = heard.get(before..)?.iter().map(|said| said.text.as_str()).collect();
                (heard.len() > before && texts.contains(words)).then_some(())
            });
        }
    }
    office.telegram.is_read();
    stop();
    let steps = JOURNEYS.iter().map(|journey| journey.len()).sum::<usize>();
    assert_eq!(office.counted(), u64::try_from(steps).expect("few"), "each message is in the ledger once");
    assert_eq!(office.telegram.state().limits.refused, 0, "the desk is never too fast");
    let queued = office.desk.run(&["outbox", "list", "--format", "json"]).json();
    assert!(queued.is_empty(), "nothing waits: {queued:?}");
}

#[test]
fn ten_people_get_through_by_polling() {
    all_arrive(Way::Polling);
}

#[test]
fn ten_people_get_through_by_webhook() {
    all_arrive(Way::Webhook);
}

/// The desk is killed at a place while all are on their way, and another takes over.
#[cfg(feature = "faults")]
fn all_arrive_though(way: Way, faults: &str) {
    use std::process::{Command, Stdio};
    let office = Office::new(way);
    let start = |faults: &str| {
        let mut command = office.command(faults);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let mut first = start(faults).spawn().expect("it starts");
    let mut second = start("");
    let said_by_first = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let ended = first.wait().expect("it ends");
            assert!(ended.code().is_none(), "it was killed: {ended}");
            let state = office.telegram.state();
            *said_by_first.lock().expect("nobody panicked") =
                (0..JOURNEYS.len()).map(|at| state.by_bot(person(at)).len()).collect();
            drop(state);
            second.spawn().expect("another starts")
        });
        all_go(&office, || {
            let mut second = watch.join().expect("it was killed in the middle");
            let pid = second.id().to_string();
            assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill").success());
            assert!(second.wait().expect("it ends").success());
        });
    });
    // Once to everybody; but what the first had just said when it was killed, the second cannot know of.
    let said_by_first = said_by_first.into_inner().expect("nobody panicked");
    for (at, last) in said_by_first.into_iter().enumerate() {
        let state = office.telegram.state();
        let said = state.by_bot(person(at));
        for (nth, two) in said.windows(2).enumerate() {
            assert!(two[0].text != two[1].text || nth + 1 == last, "journey {at}: {:?} twice", two[0].text);
        }
    }
}

#[cfg(feature = "faults")]
#[test]
fn ten_people_get_through_by_polling_though_the_desk_is_killed() {
    all_arrive_though(Way::Polling, "ChatKept=9:kill");
}

#[cfg(feature = "faults")]
#[test]
fn ten_people_get_through_by_webhook_though_the_desk_is_killed() {
    all_arrive_though(Way::Webhook, "TelegramWorked=12:kill");
}
