//! Checks `desk.yaml` and makes the [`Desk`] of it. What is wrong gets a harmless stand-in, so that the rest of the
//! pack can be checked against it; a pack with a finding never runs.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde_yaml::Value;

use super::files::Written;
use super::{acts, calendars, directory, names, promises, retention, telegram, texts, values};
use crate::policy::calendar::{Length, Unit};
use crate::policy::draft::DeskDraft;
use crate::policy::finding::{Finding, did_you_mean};
use crate::policy::flow::{
    Anytime, Contact, Desk, DeskText, Ending, Heard, Limit, Parking, Patience, QuarantineRules, Queue, Repair, Telling,
};
use crate::policy::text::Template;
use crate::policy::yaml::{Document, join};

/// What can be heard at any time.
const ANYTIME: [&str; 15] = [
    "cancel",
    "sorted",
    "agent",
    "back",
    "change",
    "again",
    "restart",
    "status",
    "help",
    "unknown",
    "why",
    "robot",
    "transcript",
    "upset",
    "another",
];

/// Makes the desk.
pub(super) fn check(written: &Written<DeskDraft>, findings: &mut Vec<Finding>) -> Desk {
    let Written { document, draft } = written;
    let zone = calendars::zone(document, "/zone", draft.zone.as_deref(), findings);
    let limits = limits(document, draft, findings);
    check_names(document, draft, findings);
    let mut desk = Desk {
        name: draft.desk.clone().unwrap_or_default(),
        addresses: addresses(document, draft, findings),
        contacts: contacts(document, draft, findings),
        calendars: calendars::check(document, draft, &zone, findings),
        queues: queues(document, draft, findings),
        patience: patience(document, draft, &limits, findings),
        anytime: anytime(document, draft, findings),
        repair: repair(document, draft, &limits, findings),
        texts: desk_texts(document, "/texts", &draft.texts, findings),
        shared_mailbox_address: draft.shared_mailbox_address.clone().unwrap_or_default(),
        also_recognised: draft.also_recognised.clone(),
        columns: directory::columns(document, draft, findings),
        same_words: same_words(document, draft, findings),
        quarantine: quarantine(document, draft, &limits, findings),
        retention: retention::check(document, draft, findings),
        telegram: telegram::check(document, draft, findings),
        targets: BTreeMap::new(),
        clocks: BTreeMap::new(),
        priorities: BTreeMap::new(),
        acts: acts::read(document, draft, findings),
        chains: BTreeMap::new(),
        coverage: coverage(document, draft, findings),
        zone,
        limits,
    };
    directory::patterns(document, draft, findings);
    promises::check(written, &mut desk, findings);
    if draft.queues.contains_key("triage") || document.get("/queues").is_none() {
        return desk;
    }
    let message = "there is no queue `triage`; what fits nowhere goes there";
    findings.push(Finding::error(
        "missing-queue",
        document.key_place("/queues"),
        message,
        "add a queue called `triage`",
    ));
    desk
}

/// Words for the same thing. A phrase has one meaning.
fn same_words(document: &Document, draft: &DeskDraft, findings: &mut Vec<Finding>) -> Vec<Vec<String>> {
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for (line, words) in draft.same_words.iter().enumerate() {
        for (n, word) in words.iter().enumerate() {
            let phrase = word.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
            if let Some(first) = known.insert(phrase, line) {
                let message = format!("“{word}” stands in lines {} and {} of `same_words`", first + 1, line + 1);
                let place = document.place(&format!("/same_words/{line}/{n}"));
                findings.push(Finding::error(
                    "same-word-twice",
                    place,
                    message,
                    "leave it in the line that it fits best",
                ));
            }
        }
    }
    draft.same_words.clone()
}

/// A desk for the time being, when there is no `desk.yaml` that can be read.
pub(super) fn stand_in() -> Desk {
    Desk {
        name: String::new(),
        addresses: vec![],
        zone: TimeZone::UTC,
        contacts: BTreeMap::new(),
        calendars: BTreeMap::new(),
        queues: BTreeMap::new(),
        limits: BTreeMap::new(),
        patience: usual_patience(),
        anytime: Anytime::default(),
        repair: usual_repair(),
        texts: texts::defaults(),
        shared_mailbox_address: String::new(),
        also_recognised: Vec::new(),
        columns: BTreeMap::new(),
        same_words: Vec::new(),
        quarantine: usual_quarantine(),
        retention: retention::usual(),
        telegram: telegram::usual(),
        targets: BTreeMap::new(),
        clocks: BTreeMap::new(),
        priorities: BTreeMap::new(),
        acts: BTreeMap::new(),
        chains: BTreeMap::new(),
        coverage: BTreeMap::new(),
    }
}

/// How much of the pack its scenarios must reach.
fn coverage(document: &Document, draft: &DeskDraft, findings: &mut Vec<Finding>) -> BTreeMap<String, u8> {
    let mut shares = BTreeMap::new();
    for (name, text) in &draft.coverage {
        match text.trim().trim_end_matches('%').trim_end().parse() {
            Ok(share) if share <= 100 => drop(shares.insert(name.clone(), share)),
            _ => {
                let place = document.place(&join("/coverage", name));
                let message = format!("`{text}` is not a share in hundredths");
                findings.push(Finding::error("bad-value", place, message, "write a whole number from 0 to 100"));
            }
        }
    }
    shares
}

fn usual_quarantine() -> QuarantineRules {
    let kept = Length { amount: 30, unit: Unit::Days };
    QuarantineRules { queue: "triage".into(), forged: "triage".into(), kept }
}

fn usual_patience() -> Patience {
    let length = |amount| Length { amount, unit: Unit::WorkingDays };
    Patience { within: length(5), remind: vec![length(2)], otherwise: Ending::Unanswered }
}

fn usual_repair() -> Repair {
    Repair {
        tries: 2,
        not_understood: texts::plain("We did not understand your answer."),
        then: Ending::Agent,
        welcome: None,
        no_words: texts::plain("We can only read words. Please write to us what you need."),
        reopen_within: Length { amount: 14, unit: Unit::Days },
        parked: Parking { at_most: 3, within: Length { amount: 2, unit: Unit::WorkingDays } },
    }
}

fn check_names(document: &Document, draft: &DeskDraft, findings: &mut Vec<Finding>) {
    let mut form = |kind, group: &str, names: Vec<&String>| {
        for name in names {
            names::check_form(kind, name, document.key_place(&join(group, name)), findings);
        }
    };
    form("contact", "/contacts", draft.contacts.keys().collect());
    form("calendar", "/calendars", draft.calendars.keys().collect());
    form("queue", "/queues", draft.queues.keys().collect());
    form("limit", "/limits", draft.limits.keys().collect());
    form("act", "/acts", draft.acts.iter().flat_map(BTreeMap::keys).collect());
    form("target", "/targets", draft.targets.iter().flat_map(BTreeMap::keys).collect());
}

fn addresses(document: &Document, draft: &DeskDraft, findings: &mut Vec<Finding>) -> Vec<String> {
    for (n, address) in draft.addresses.iter().enumerate() {
        check_address(document, &join("/addresses", n), address, findings);
    }
    draft.addresses.iter().map(|address| address.to_lowercase()).collect()
}

fn check_address(document: &Document, path: &str, address: &str, findings: &mut Vec<Finding>) {
    let good = address.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && !domain.contains('@') && !address.contains(char::is_whitespace)
    });
    if !good && !address.is_empty() {
        let message = format!("`{address}` is not a mail address");
        findings.push(Finding::error(
            "bad-address",
            document.place(path),
            message,
            "write it like `desk@care.example`",
        ));
    }
}

fn contacts(document: &Document, draft: &DeskDraft, findings: &mut Vec<Finding>) -> BTreeMap<String, Contact> {
    let each = draft.contacts.iter().map(|(name, contact)| {
        check_address(document, &join(&join("/contacts", name), "mail"), &contact.mail, findings);
        let contact =
            Contact { name: contact.name.clone(), mail: contact.mail.to_lowercase(), phone: contact.phone.clone() };
        (name.clone(), contact)
    });
    each.collect()
}

fn queues(document: &Document, draft: &DeskDraft, findings: &mut Vec<Finding>) -> BTreeMap<String, Queue> {
    let each = draft.queues.iter().map(|(name, queue)| {
        if !draft.calendars.contains_key(&queue.calendar) && !queue.calendar.is_empty() {
            let place = document.place(&join(&join("/queues", name), "calendar"));
            let help = did_you_mean(&queue.calendar, draft.calendars.keys().map(String::as_str));
            let message = format!("there is no calendar `{}`", queue.calendar);
            findings.push(Finding::error("unknown-calendar", place, message, help));
        }
        let place = || document.place(&join(&join("/queues", name), "tell"));
        let tell = queue.tell.as_ref().map_or(Telling::default(), |text| values::telling(text, place, findings));
        let queue = Queue {
            title: queue.title.clone(),
            team_lead: queue.team_lead.clone(),
            calendar: queue.calendar.clone(),
            tell,
        };
        (name.clone(), queue)
    });
    each.collect()
}

fn limits(document: &Document, draft: &DeskDraft, findings: &mut Vec<Finding>) -> BTreeMap<String, Limit> {
    let mut limits = BTreeMap::new();
    for (name, value) in &draft.limits {
        let path = join("/limits", name);
        let Some(text) = in_force(value) else {
            let message = format!("`{name}` is neither a number nor a length of time");
            findings.push(Finding::error("bad-limit", document.place(&path), message, "write `3` or `3 weeks`"));
            continue;
        };
        if let Ok(number) = text.parse() {
            limits.insert(name.clone(), Limit::Number(number));
        } else if let Some(length) = values::length(text, &BTreeMap::new(), || document.place(&path), findings) {
            limits.insert(name.clone(), Limit::Length(length));
        }
    }
    limits
}

/// The text of a limit; of dated values, the last one.
fn in_force(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        Value::Sequence(dated) => {
            let entry = dated.last()?.as_mapping()?;
            entry.iter().find(|(key, _)| key.as_str() != Some("from")).and_then(|(_, value)| value.as_str())
        }
        _ => None,
    }
}

fn patience(
    document: &Document,
    draft: &DeskDraft,
    limits: &BTreeMap<String, Limit>,
    findings: &mut Vec<Finding>,
) -> Patience {
    let mut patience = usual_patience();
    let written = &draft.patience;
    if let Some(text) = &written.within
        && let Some(length) = values::length(text, limits, || document.place("/patience/within"), findings)
    {
        patience.within = length;
        let place = |n: usize| document.place(&join("/patience/remind", n));
        let remind = written.remind.iter().enumerate();
        patience.remind = remind.filter_map(|(n, text)| values::length(text, limits, || place(n), findings)).collect();
        values::check_reminders(length, &patience.remind, place, findings);
    }
    if let Some(text) = &written.otherwise
        && let Some(ending) = values::ending(text, || document.place("/patience/otherwise"), findings)
    {
        patience.otherwise = ending;
    }
    patience
}

/// Mail that hides who sent it goes to the same queue as the rest, unless another is named.
fn quarantine(
    document: &Document,
    draft: &DeskDraft,
    limits: &BTreeMap<String, Limit>,
    findings: &mut Vec<Finding>,
) -> QuarantineRules {
    let usual = usual_quarantine();
    let written = &draft.quarantine;
    let mut queue = |key: &str, name: Option<&String>| {
        let name = name?;
        if !draft.queues.contains_key(name) {
            let help = did_you_mean(name, draft.queues.keys().map(String::as_str));
            let message = format!("there is no queue `{name}`");
            findings.push(Finding::error("unknown-queue", document.place(&join("/quarantine", key)), message, help));
        }
        Some(name.clone())
    };
    let usual_queue = queue("queue", written.queue.as_ref()).unwrap_or(usual.queue);
    let forged = queue("forged", written.forged.as_ref()).unwrap_or_else(|| usual_queue.clone());
    let kept = written.kept.as_ref();
    let kept = kept.and_then(|text| values::length(text, limits, || document.place("/quarantine/kept"), findings));
    QuarantineRules { queue: usual_queue, forged, kept: kept.unwrap_or(usual.kept) }
}

fn repair(
    document: &Document,
    draft: &DeskDraft,
    limits: &BTreeMap<String, Limit>,
    findings: &mut Vec<Finding>,
) -> Repair {
    let usual = usual_repair();
    let written = &draft.repair.not_understood;
    let at = |path: &'static str| move || document.place(path);
    let tries = written.tries.as_ref();
    let then = written.then.as_ref();
    let reopen = draft.repair.after_close.reopen_within.as_ref();
    let tries = tries.and_then(|text| values::tries(text, limits, at("/repair/not_understood/tries"), findings));
    let then = then.and_then(|text| values::ending(text, at("/repair/not_understood/then"), findings));
    let reopen =
        reopen.and_then(|text| values::length(text, limits, at("/repair/after_close/reopen_within"), findings));
    let parked = &draft.repair.parked;
    let at_most = parked.at_most.as_ref();
    let at_most = at_most.and_then(|text| values::tries(text, limits, at("/repair/parked/at_most"), findings));
    let within = parked.within.as_ref();
    let within = within.and_then(|text| values::length(text, limits, at("/repair/parked/within"), findings));
    let say = written.say.as_ref();
    let say = say.and_then(|text| texts::template(document, "/repair/not_understood/say", text, findings));
    let no_words = draft.repair.no_words.as_ref();
    let no_words = no_words.and_then(|text| texts::template(document, "/repair/no_words", text, findings));
    Repair {
        tries: tries.unwrap_or(usual.tries),
        not_understood: say.unwrap_or(usual.not_understood),
        then: then.unwrap_or(usual.then),
        welcome: draft.repair.welcome.clone(),
        no_words: no_words.unwrap_or(usual.no_words),
        reopen_within: reopen.unwrap_or(usual.reopen_within),
        parked: Parking {
            at_most: at_most.unwrap_or(usual.parked.at_most),
            within: within.unwrap_or(usual.parked.within),
        },
    }
}

fn anytime(document: &Document, draft: &DeskDraft, findings: &mut Vec<Finding>) -> Anytime {
    for name in draft.anytime.keys().filter(|name| !ANYTIME.contains(&name.as_str())) {
        let place = document.key_place(&join("/anytime", name));
        let message = format!("`{name}` cannot be heard at any time");
        findings.push(Finding::error("unknown-key", place, message, did_you_mean(name, ANYTIME)));
    }
    let mut heard = |name: &str| -> Heard {
        let Some(written) = draft.anytime.get(name) else { return Heard::default() };
        let path = join(&join("/anytime", name), "say");
        let say = written.say.as_ref().and_then(|text| texts::template(document, &path, text, findings));
        Heard { words: written.words.iter().map(|word| word.to_lowercase()).collect(), say }
    };
    Anytime {
        agent: heard("agent"),
        status: heard("status"),
        cancel: heard("cancel"),
        sorted: heard("sorted"),
        restart: heard("restart"),
        back: heard("back"),
        change: heard("change"),
        again: heard("again"),
        help: heard("help"),
        unknown: heard("unknown"),
        why: heard("why"),
        robot: heard("robot"),
        transcript: heard("transcript"),
        upset: heard("upset"),
        another: heard("another").say,
    }
}

/// The desk's own sentences, or those of a flow that overrules some. Defaults are filled in for the desk alone.
pub(super) fn desk_texts(
    document: &Document,
    path: &str,
    written: &BTreeMap<String, String>,
    findings: &mut Vec<Finding>,
) -> BTreeMap<DeskText, Template> {
    let mut own = overruled(document, path, written, findings);
    for (text, template) in texts::defaults() {
        own.entry(text).or_insert(template);
    }
    own
}

/// The desk's sentences that are written here.
pub(super) fn overruled(
    document: &Document,
    path: &str,
    written: &BTreeMap<String, String>,
    findings: &mut Vec<Finding>,
) -> BTreeMap<DeskText, Template> {
    let mut own = BTreeMap::new();
    for (name, source) in written {
        let path = join(path, name);
        match DeskText::named(name) {
            Some(text) => {
                own.extend(texts::template(document, &path, source, findings).map(|template| (text, template)));
            }
            // A type's own reason for an invalid answer may stand here as well.
            None if crate::policy::facts::FactType::named(name).is_some() => {}
            None => {
                let help = did_you_mean(name, DeskText::ALL.iter().map(|(_, key)| *key));
                let message = format!("the desk has no text `{name}`");
                findings.push(Finding::error("unknown-text", document.key_place(&path), message, help));
            }
        }
    }
    own
}
