//! The bench of policy staff: stories told at a time, filtered, watched, and what a failure looks like.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::support::Desk;

/// A story beside `find_ods_code` that comes out.
pub(crate) const GOOD: &str = "scenarios:
  - scenario: by chat, the code of a site
    story:
      - chat: Find your ODS code
        from: nora_chat
      - expect: {flow: find_ods_code, asks: postcode}
      - chat: NE1 4ST
      - expect: {replies: [Rose Court has the ODS code V12345]}
";

/// A desk with two flows of the shipped pack, and stories for one of them.
pub(crate) fn small(stories: &str) -> Desk {
    let desk = Desk::with_own_pack();
    let flows = desk.pack.join("flows");
    for area in ["answers", "mailbox", "movers", "passwords", "registration", "tickets"] {
        for entry in fs::read_dir(flows.join(area)).expect("the area") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            if !["triage.yaml", "find_ods_code.yaml"].contains(&name.as_str()) {
                fs::remove_file(path).expect("the file goes");
            }
        }
    }
    // Its table reads what a flow asks that is gone.
    for rules in ["rules/registration.yaml", "rules/staff.rhai"] {
        fs::remove_file(desk.pack.join(rules)).expect("the file goes");
    }
    write(&desk, stories);
    fs::create_dir_all(desk.data()).expect("the desk's folder");
    desk
}

/// Puts a text behind the beginning of a line.
pub(crate) fn edit(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).expect("the file");
    assert!(text.contains(from), "{from} stands in {}", file.display());
    fs::write(file, text.replacen(from, to, 1)).expect("the edit");
}

fn write(desk: &Desk, stories: &str) {
    fs::write(desk.pack.join("flows/registration/find_ods_code.scenarios.yaml"), stories).expect("the stories");
}

#[test]
fn a_failure_shows_what_was_expected_beside_what_came() {
    let desk = small(&GOOD.replace("asks: postcode", "queue: security"));
    let mut command = desk.command(&["test"]);
    command.env("COLUMNS", "72");
    let ran = crate::support::Ran::of(command, b"");
    assert_eq!(ran.code, 1, "{}", ran.err);
    let shown = ran.out.lines().take(7).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(shown, @r"
    FAIL  find_ods_code: by chat, the code of a site. nora_chat chats and
          again.
          flows/registration/find_ods_code.scenarios.yaml:6: expected queue
          security, but it is registrations
          expected queue                  | came
          ------------------------------- | -------------------------------
          security                        | registrations
    ");
    let json = desk.run(&["test", "--format", "json"]).json();
    assert_eq!(json[0]["difference"]["expected"], "security");
    assert_eq!(json[0]["difference"]["came"], "registrations");
    assert_eq!(json[0]["difference"]["line"], 6);
}

#[test]
fn a_story_can_say_which_verdict_or_way_decided() {
    let good = GOOD
        .replace("- expect: {replies:", "- expect: {decided: [\"find_ods_code.look_up_organisation: then\"], replies:");
    let ran = small(&good).run(&["test"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let ran = small(&good.replace(": then", ": otherwise")).run(&["test"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("find_ods_code.look_up_organisation: otherwise"), "{}", ran.out);
}

#[test]
fn stories_come_in_their_order_however_many_are_told_at_a_time() {
    let many: String = (0..20)
        .map(|n| GOOD.trim_start_matches("scenarios:\n").replace("the code of a site", &format!("site {n:02}")))
        .collect();
    let desk = small(&format!("scenarios:\n{many}"));
    let one = desk.run(&["test", "--jobs", "1"]);
    let four = desk.run(&["test", "--jobs", "4"]);
    assert_eq!(one.code, 0, "{}{}", one.out, one.err);
    assert_eq!(one.out, four.out);
    for args in [&["test", "site 07"][..], &["test", "--filter", "site 07"]] {
        let ran = desk.run(args);
        assert!(ran.out.contains("1 of 1 scenarios pass"), "{}", ran.out);
    }
    assert_eq!(desk.run(&["test", "--jobs", "0"]).code, 2);
}

/// `test --watch`, stopped when the test ends.
struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn of(desk: &Desk) -> Watching {
        let mut child = desk.command(&["test", "--watch"]).stdout(Stdio::piped()).spawn().expect("the program starts");
        let out = BufReader::new(child.stdout.take().expect("a pipe"));
        let (tells, lines) = channel();
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| tells.send(line)));
        Watching { child, lines }
    }

    /// All that is printed until a line holds these words.
    fn hears(&mut self, words: &str) -> String {
        let mut heard = String::new();
        // Nothing takes so long; beyond, the test gives up instead of waiting for ever.
        while let Ok(line) = self.lines.recv_timeout(Duration::from_secs(60)) {
            heard.push_str(&line);
            heard.push('\n');
            if line.contains(words) {
                return heard;
            }
        }
        panic!("it does not say “{words}”, only: {heard}");
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_watched_pack_is_told_again_at_each_edit_and_survives_a_broken_one() {
    let desk = small(GOOD);
    let flow = desk.pack.join("flows/registration/find_ods_code.yaml");
    let mut watching = Watching::of(&desk);
    assert!(watching.hears("1 of 1 scenarios pass").starts_with("pass  find_ods_code"));
    edit(&flow, "has the ODS code", "goes by the ODS code");
    assert!(watching.hears("0 of 1 scenarios pass").starts_with("FAIL  find_ods_code"));
    edit(&flow, "otherwise: exeter", "otherwise: exetr");
    assert!(watching.hears("It is looked at again").contains("did you mean `exeter`?"));
    edit(&flow, "otherwise: exetr", "otherwise: exeter");
    let same = watching.hears("0 of 1 scenarios pass");
    assert_eq!(same.lines().count(), 1, "nothing changed since the last telling: {same}");
    edit(&flow, "goes by the ODS code", "has the ODS code");
    assert!(watching.hears("1 of 1 scenarios pass").starts_with("pass  find_ods_code"));
}
