//! What may stand behind a key: one of the pack's names, or one of a few words. One table for the schema, completion and
//! definitions.

use super::names::Kind;

/// What may stand in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choices {
    /// Any text.
    Any,
    /// Yes or no.
    YesNo,
    /// One of these words.
    Words(&'static [&'static str]),
    /// A type of facts.
    Types,
    /// An ending of a flow.
    Endings,
    /// A name, or one of these words. `open`: others may stand there, such as one given in the same file.
    Of { kind: Kind, more: &'static [&'static str], open: bool },
}

const ENDINGS: &[&str] = &["agent", "refused", "resolved", "unanswered"];
/// A reason may also leave out one of a list alone.
const SKIP: &[&str] = &["agent", "refused", "resolved", "skip", "unanswered"];

/// What may stand at a path such as `flow/steps/*/queue`.
pub(super) fn choices(path: &str) -> Choices {
    let of = |kind| Choices::Of { kind, more: &[], open: false };
    let open = |kind, more| Choices::Of { kind, more, open: true };
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["flow", "queue"]
        | ["flow", "steps", "*", "queue" | "hand_over"]
        | ["desk", "quarantine", "queue" | "forged"] => of(Kind::Queue),
        ["flow", "targets"] => of(Kind::Targets),
        ["flow", "priority"] => of(Kind::Priority),
        ["flow", "on_publish"] => Choices::Words(&["stay", "adopt"]),
        ["flow", "needs" | "gives"] | ["flow", "steps", "*", "ask" | "or" | "gives" | "confirm"] => {
            open(Kind::Fact, &[])
        }
        ["flow", "steps", "*", "by"] => open(Kind::Fact, &["requester"]),
        ["flow", "steps", "*", "then" | "otherwise"] => open(Kind::Step, ENDINGS),
        ["flow", "steps", "*", "cases", "*"] => open(Kind::Step, ENDINGS),
        ["flow", "steps", "*", "cannot", "*"] => open(Kind::Step, SKIP),
        ["flow", "steps", "*", "look_up" | "about"] => of(Kind::Record),
        ["flow", "steps", "*", "decide"] => of(Kind::Rule),
        ["flow", "steps", "*", "run"] | ["answers", "answers", "*", "offer"] => of(Kind::Flow),
        ["flow", "steps", "*", "together", "*", "task"] => open(Kind::Act, &[]),
        ["flow", "steps", "*", "together", "*", "gives"] => open(Kind::Fact, &[]),
        ["flow", "steps", "*", "together", "*", "cannot", "*"] => open(Kind::Step, SKIP),
        ["flow", "steps", "*", "together", "*", "queue"] => of(Kind::Queue),
        ["flow", "steps", "*", "each"] | ["flow", "steps", "*", "together", "*", "each"] => open(Kind::Fact, &[]),
        ["flow", "steps", "*", "task"] => open(Kind::Act, &[]),
        ["flow", "steps", "*", "escalate"] => of(Kind::Contact),
        ["flow", "steps", "*", "again"] => Choices::YesNo,
        [.., "facts" | "fields", "*", "type"] => Choices::Types,
        [.., "fields", "*", "personal" | "unique"] => Choices::YesNo,
        [.., "fields", "*", "seen_by"] => Choices::Words(&["requester", "organisation", "anyone"]),
        [.., "facts", "*", "personal" | "secret"] => Choices::YesNo,
        [.., "facts", "*", "seen_by"] => Choices::Words(&["requester", "organisation", "anyone"]),
        [.., "facts", "*", "prefill"] => Choices::Words(&["sender_name", "sender_address"]),
        ["facts", "records", "*", "kind"] => Choices::Words(&["account", "organisation", "ticket"]),
        ["desk", "queues" | "targets", "*", "calendar"] => of(Kind::Calendar),
        ["desk", "telegram", "groups"] => Choices::YesNo,
        ["desk", "queues", "*", "tell"] => Choices::Words(&["bundled", "at_once"]),
        ["desk", "targets", "*", "chain"] => of(Kind::Chain),
        ["desk", "chains", "*", "*", "escalate"] => of(Kind::Contact),
        ["desk", "chains", "*", "*", "urgent"] => Choices::YesNo,
        ["desk", "calendars", "*", "closed"] => open(Kind::Holidays, &[]),
        ["desk", "patience", "otherwise"] | ["desk", "repair", "not_understood", "then"] => Choices::Endings,
        ["table", "reads"] => open(Kind::Fact, &[]),
        ["world", "organisations", "*", "ever_registered" | "suspended"]
        | ["world", "accounts", "*", "owner" | "joined" | "leaving" | "suspended"] => Choices::YesNo,
        ["scenarios", "scenarios", "*", "story", "*", rest @ ..] => in_story(rest),
        _ => Choices::Any,
    }
}

fn in_story(path: &[&str]) -> Choices {
    let of = |kind, more| Choices::Of { kind, more, open: false };
    match path {
        ["authenticated" | "secret_removed"] => Choices::YesNo,
        ["sender"] => Choices::Words(&["on_behalf"]),
        ["answers"] => Choices::Of { kind: Kind::Step, more: &["nothing"], open: true },
        ["task"] => Choices::Of { kind: Kind::Act, more: &[], open: true },
        ["expect", "tasks"] => Choices::Of { kind: Kind::Act, more: &[], open: true },
        ["expect", "task"] => Choices::Of { kind: Kind::Act, more: &["nothing"], open: true },
        ["expect", "step"] => Choices::Of { kind: Kind::Step, more: &[], open: true },
        ["expect", "state"] => Choices::Words(&[
            "waiting_requester",
            "waiting_other",
            "with_task",
            "with_agent",
            "on_hold",
            "parked",
            "closed",
            "resolved",
            "refused",
            "unanswered",
        ]),
        ["expect", "asks" | "waiting_for" | "unset"] => Choices::Of { kind: Kind::Fact, more: &[], open: true },
        ["expect", "answered" | "flow"] => of(Kind::Flow, &["nothing"]),
        ["expect", "queue"] => of(Kind::Queue, &[]),
        ["expect", "escalated"] => of(Kind::Contact, &["nothing"]),
        _ => Choices::Any,
    }
}
