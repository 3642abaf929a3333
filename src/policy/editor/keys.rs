//! Which keys stand where: the tables by which files are read, and those of the files that have a reader of their own.

use crate::policy::draft::shape::Shape::{Anything, List, Map, Named, Text, Texts};
use crate::policy::draft::shape::{Key, SAY, Shape, may, must};
use crate::policy::draft::{
    ANSWERS, CALENDAR, DATED_CALENDAR, DATED_TARGETS, DESK, EXAMPLES, FACTS, FLOW, TABLE, TARGETS,
};

use super::FileKind;

/// The shape of a kind of file.
pub(super) fn shape(kind: FileKind) -> Shape {
    Map(match kind {
        FileKind::Desk => DESK,
        FileKind::Facts => FACTS,
        FileKind::Flow => FLOW,
        FileKind::Answers => ANSWERS,
        FileKind::Scenarios => SCENARIOS,
        FileKind::Examples => EXAMPLES,
        FileKind::World => WORLD,
        FileKind::Table => TABLE,
    })
}

/// What stands at a path in place of a part that has a reader of its own: as one map, and as an item of a dated list.
pub(super) fn dated(path: &str) -> Option<(Shape, Shape)> {
    match path {
        "desk/calendars/*" => Some((Map(CALENDAR), Map(DATED_CALENDAR))),
        "desk/targets/*" => Some((Map(TARGETS), Map(DATED_TARGETS))),
        _ => None,
    }
}

/// The keys of a map at a path; none where there is no map with keys of its own.
pub(super) fn keys_of(path: &str, shape: Shape) -> Vec<Key> {
    match (shape, dated(path)) {
        (_, Some((Map(one), Map(dated)))) => {
            let mut keys = one.to_vec();
            keys.extend(dated.iter().filter(|key| !one.iter().any(|other| other.name == key.name)));
            keys
        }
        (Map(keys), _) => keys.to_vec(),
        (Shape::Say, _) => SAY.to_vec(),
        (Text | Texts | Named(_) | List(_) | Anything, _) => Vec::new(),
    }
}

/// The shape behind a path with `*` for items and names: `flow/steps/*/ask`.
pub(super) fn shape_at(path: &str) -> Option<Shape> {
    let mut parts = path.split('/');
    let kind = parts.next()?;
    let mut shape = shape(FileKind::ALL.into_iter().find(|it| it.name() == kind)?);
    let mut so_far = kind.to_owned();
    for part in parts {
        if part != "*" || dated(&so_far).is_none() {
            shape = match (shape, part) {
                (Named(item) | List(item), "*") => *item,
                (Texts, "*") => Text,
                _ => keys_of(&so_far, shape).into_iter().find(|key| key.name == part)?.shape,
            };
            so_far = format!("{so_far}/{part}");
        }
    }
    Some(shape)
}

/// Every path at which a key stands, with `*` for items and names.
pub fn all() -> Vec<String> {
    let mut paths = Vec::new();
    for kind in FileKind::ALL {
        below(kind.name(), shape(kind), &mut paths);
    }
    paths
}

fn below(path: &str, shape: Shape, paths: &mut Vec<String>) {
    if let Named(item) | List(item) = shape {
        below(&format!("{path}/*"), *item, paths);
    }
    for key in keys_of(path, shape) {
        let path = format!("{path}/{}", key.name);
        paths.push(path.clone());
        below(&path, key.shape, paths);
    }
}

const SCENARIOS: &[Key] = &[must("scenarios", List(&Map(SCENARIO))), may("equivalent", List(&Map(EQUIVALENT)))];
const EQUIVALENT: &[Key] = &[must("change", Text), must("because", Text)];
const SCENARIO: &[Key] =
    &[must("scenario", Text), may("covers", Texts), may("now", Text), must("story", List(&Map(BEAT)))];
const BEAT: &[Key] = &[
    may("mail", Anything),
    may("chat", Text),
    may("call", Text),
    may("after", Text),
    may("agent", Text),
    may("directory", Map(CHANGE)),
    may("expect", Map(EXPECT)),
    may("from", Text),
    may("subject", Text),
    may("authenticated", Text),
    may("sender", Text),
    may("answers", Text),
    may("secret_removed", Text),
    may("as", Text),
    may("gives", Named(&Text)),
    may("task", Text),
    may("text", Text),
    may("ticket", Text),
];
const EXPECT: &[Key] = &[
    may("step", Text),
    may("state", Text),
    may("asks", Text),
    may("waiting_for", Texts),
    may("answered", Text),
    may("facts", Named(&Text)),
    may("unset", Texts),
    may("letters", List(&Map(LETTER))),
    may("replies", Anything),
    may("task", Text),
    may("tasks", Texts),
    may("instruction", Texts),
    may("queue", Text),
    may("due", Text),
    may("decided", Texts),
    may("flow", Text),
    may("ticket", Text),
    may("tickets", Text),
    may("refused", Text),
    may("escalated", Text),
    may("clocks", Named(&Text)),
    may("told", Texts),
];
const LETTER: &[Key] = &[must("to", Text), may("has", Texts), may("lacks", Texts)];
/// In a story a field with nothing behind it goes, and a known row needs no name.
const CHANGE: &[Key] = &[may("organisations", Named(&Named(&Text))), may("accounts", Named(&Named(&Text)))];

const WORLD: &[Key] = &[may("organisations", Named(&Map(ORGANISATION))), may("accounts", Named(&Map(ACCOUNT)))];
const ORGANISATION: &[Key] = &[
    must("name", Text),
    must("ods_code", Text),
    may("provider", Text),
    may("postcode", Text),
    may("town", Text),
    may("ever_registered", Text),
    may("nhsmail", Text),
    may("managed", Text),
    may("local_it", Text),
    may("shared_mailbox", Text),
    may("registered_manager", Text),
    may("cqc_mail", Text),
    may("cqc_phone", Text),
    may("cqc_location", Text),
    may("cqc_contact", Text),
    may("dspt_status", Text),
    may("dspt_year", Text),
    may("suspended", Text),
];
const ACCOUNT: &[Key] = &[
    must("name", Text),
    must("address", Text),
    may("old_addresses", Text),
    may("mobile", Text),
    may("state", Text),
    may("organisation", Text),
    may("owner", Text),
    may("administrator", Text),
    may("owns", Text),
    may("administers", Text),
    may("activated", Text),
    may("last_used", Text),
    may("joined", Text),
    may("leaving", Text),
    may("leaving_since", Text),
    may("suspended", Text),
    may("deleted", Text),
];
