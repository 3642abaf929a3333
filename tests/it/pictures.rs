//! Pictures of flows and of the pack: every box in its own place, every way from box to box, nothing unescaped.

use caredesk::policy::picture::layout::{Layout, Place, Size, Way, layout};
use caredesk::policy::picture::{Kind, Line, Note, Picture, Step, Styled, dot, mermaid, of_flow, of_pack, svg};
use caredesk::policy::scenario::Coverage;
use proptest::prelude::*;

use super::stories::shipped;
use super::support::Desk;

/// What is wrong with a text as XML. Elements that HTML leaves open may be named.
pub fn not_well_formed(text: &str, open_ended: &[&str]) -> Option<String> {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['<', '>', '&']) {
        let here = &rest[at..];
        match &here[..1] {
            "&" => {
                let end = here.find(';').filter(|end| *end < 8)?;
                if !["&amp", "&lt", "&gt", "&quot", "&#39"].contains(&&here[..end]) {
                    return Some(format!("an unknown entity: {}", &here[..end]));
                }
                rest = &here[end..];
            }
            ">" => return Some(format!("a stray sign in: {}", &rest[..at + 1])),
            _ => {
                let Some(end) = here.find('>') else { return Some("a tag is not closed".into()) };
                let tag = &here[1..end];
                rest = &here[end + 1..];
                if tag.starts_with('!') {
                    continue;
                }
                if tag.matches('"').count() % 2 == 1 || tag.contains('<') {
                    return Some(format!("a bad tag: {tag}"));
                }
                let name = tag.trim_start_matches('/').split([' ', '/', '\n']).next().unwrap_or("");
                if let Some(closed) = tag.strip_prefix('/') {
                    if open.pop() != Some(closed) {
                        return Some(format!("{closed} closes something else"));
                    }
                } else if name == "style" {
                    let end = rest.find("</style>")?;
                    rest = &rest[end + "</style>".len()..];
                } else if !tag.ends_with('/') && !open_ended.contains(&name) {
                    open.push(name);
                }
            }
        }
    }
    open.last().map(|left| format!("{left} is not closed"))
}

fn inside(place: &Place, (x, y): (i32, i32)) -> bool {
    place.x < x && x < place.right() && place.y < y && y < place.bottom()
}

/// Points along a route, two pixels apart.
fn along(route: &[(i32, i32)]) -> Vec<(i32, i32)> {
    let mut points = Vec::new();
    for pair in route.windows(2) {
        let ((x, y), (to_x, to_y)) = (pair[0], pair[1]);
        let steps = ((to_x - x).abs().max((to_y - y).abs()) / 2).max(1);
        points.extend((0..=steps).map(|n| (x + (to_x - x) * n / steps, y + (to_y - y) * n / steps)));
    }
    points
}

fn sound(drawn: &Layout, ways: &[Way]) {
    let labels: Vec<Place> = drawn.labels.iter().flatten().copied().collect();
    let all: Vec<Place> = drawn.boxes.iter().copied().chain(labels).collect();
    for (n, place) in all.iter().enumerate() {
        assert!(place.x >= 0 && place.y >= 0, "{place:?} lies on the sheet");
        assert!(
            place.right() <= drawn.size.width && place.bottom() <= drawn.size.height,
            "{place:?} lies on the sheet"
        );
        assert!(all[n + 1..].iter().all(|other| !place.overlaps(other)), "{place:?} lies on another");
    }
    for (way, route) in ways.iter().zip(&drawn.routes) {
        let (from, to) = (drawn.boxes[way.from], drawn.boxes[way.to]);
        let (first, last) = (route[0], route[route.len() - 1]);
        assert!(first.1 == from.bottom() && from.x <= first.0 && first.0 <= from.right(), "{way:?} begins at its box");
        assert!(last.1 == to.y && to.x <= last.0 && last.0 <= to.right(), "{way:?} ends at its box");
        for point in along(route) {
            assert!(drawn.boxes.iter().all(|place| !inside(place, point)), "{way:?} crosses a box at {point:?}");
        }
        assert!(route.windows(2).all(|it| it[0].0 == it[1].0 || it[0].1 == it[1].1), "{way:?} bends at right angles");
    }
}

fn graphs() -> impl Strategy<Value = (Vec<Size>, Vec<Way>)> {
    (1_usize..25).prop_flat_map(|count| {
        let size = (60_i32..280, 24_i32..260).prop_map(|(width, height)| Size { width, height });
        let label = proptest::option::of((20_i32..160).prop_map(|width| Size { width, height: 20 }));
        let way = (0..count, 0..count, label).prop_map(|(from, to, label)| Way { from, to, label });
        (proptest::collection::vec(size, count), proptest::collection::vec(way, 0..40)).prop_map(|(sizes, mut ways)| {
            ways.sort_by_key(|way| (way.from, way.to));
            ways.dedup_by_key(|way| (way.from, way.to));
            (sizes, ways)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_two_boxes_overlap_and_every_way_ends_at_its_boxes((sizes, ways) in graphs()) {
        let drawn = layout(&sizes, &ways);
        sound(&drawn, &ways);
        prop_assert_eq!(drawn, layout(&sizes, &ways));
    }

    #[test]
    fn every_text_is_escaped(text in "\\PC{0,40}", nasty in "[<>&\"'`#;{}|\\[\\]\\\\\n\u{0}\u{7}a-z ]{0,60}") {
        let picture = scribbled(&format!("{nasty}{text}"));
        prop_assert_eq!(not_well_formed(&svg(&picture, Styled::Alone), &[]), None);
        prop_assert_eq!(not_dot(&dot(&picture)), None);
        for line in mermaid(&picture).lines().skip(3).filter(|line| line.contains("[\"")) {
            prop_assert_eq!(line.matches('"').count(), 2, "{}", line);
        }
    }
}

fn scribbled(text: &str) -> Picture {
    let step = |name: &str| Step {
        name: name.into(),
        kind: Kind::Say,
        guard: Some(text.into()),
        words: vec![text.into()],
        notes: vec![Note { words: text.into(), clock: true }],
        reached: Some(false),
        area: 0,
    };
    Picture {
        name: "any".into(),
        title: text.into(),
        description: text.into(),
        boxes: vec![step("one"), step("two")],
        ways: vec![Line { from: 0, to: 1, label: text.into(), reached: None, offered: false }],
        areas: Vec::new(),
        tested: true,
    }
}

/// What is wrong with a text as DOT: statements, brackets and braces outside of quoted texts.
fn not_dot(text: &str) -> Option<String> {
    let mut bare = String::new();
    let mut quoted = false;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if quoted => drop(letters.next()),
            '"' => quoted = !quoted,
            _ if quoted => {}
            _ => bare.push(letter),
        }
    }
    if quoted {
        return Some("a text is not closed".into());
    }
    let mut depth = 0;
    for line in bare.lines().map(str::trim).filter(|line| !line.is_empty()) {
        depth += line.matches('{').count() as i32 - line.matches('}').count() as i32;
        if !line.ends_with(['{', '}', ';']) || line.matches('[').count() != line.matches(']').count() || depth < 0 {
            return Some(line.to_owned());
        }
    }
    (depth != 0).then(|| "braces do not match".into())
}

#[test]
fn every_shipped_flow_is_drawn_with_all_its_steps() {
    let pack = shipped();
    for flow in pack.flows.values() {
        let picture = of_flow(&pack, flow, None);
        let drawn = svg(&picture, Styled::Alone);
        assert_eq!(not_well_formed(&drawn, &[]), None, "{}", flow.name);
        assert_eq!(drawn, svg(&of_flow(&pack, flow, None), Styled::Alone), "the same bytes each time");
        assert!(!drawn.contains("<script") && !drawn.contains("href"), "it needs nothing else");
        assert_eq!(picture.boxes.iter().filter(|step| !step.name.is_empty()).count(), flow.steps.len());
        assert_eq!(not_dot(&dot(&picture)), None, "{}", flow.name);
    }
}

#[test]
fn a_step_is_told_in_plain_words_with_its_times() {
    let pack = shipped();
    let picture = of_flow(&pack, &pack.flows["password_help"], None);
    let told = format!("{picture:?}");
    for words in [
        "A person answers within 1 working hour.",
        "What is the e-mail address of your NHSmail account?",
        "Waits 5 working days; reminder after 2 working days.",
        "No answer: closed, because nobody answered.",
        "“Did the caller give the right characters?” is no",
        "To be done within 2 working hours.",
    ] {
        assert!(told.contains(words), "{words} in {told}");
    }
    let drawn = mermaid(&picture);
    assert!(drawn.contains("An agent takes over"), "{drawn}");
    assert!(drawn.contains("|\"cannot: no reply\"|"), "{drawn}");
}

#[test]
fn what_no_scenario_reaches_is_marked_in_words() {
    let pack = shipped();
    let flow = &pack.flows["password_help"];
    let none = svg(&of_flow(&pack, flow, Some(&Coverage::default())), Styled::Alone);
    assert!(none.contains("NOT TESTED") && none.contains("(not tested)"), "{none}");
    assert!(none.contains(&format!("0 of {} steps are tested.", flow.steps.len())), "{none}");
    let all = svg(&of_flow(&pack, flow, Some(&Coverage::all(&pack))), Styled::Alone);
    assert!(!all.contains("NOT TESTED") && !all.contains("(not tested)"), "{all}");
}

#[test]
fn the_whole_pack_stands_in_areas_and_no_flow_lies_on_another() {
    let pack = shipped();
    let picture = of_pack(&pack, None);
    assert_eq!(picture.boxes.len(), pack.flows.len());
    let drawn = svg(&picture, Styled::Alone);
    assert_eq!(not_well_formed(&drawn, &[]), None);
    let number = |tag: &str, name: &str| -> i32 {
        let value = tag.split(&format!(" {name}=\"")).nth(1).and_then(|rest| rest.split('"').next());
        value.and_then(|value| value.parse().ok()).expect("a number")
    };
    let boxes: Vec<Place> = drawn
        .split("<rect class=\"box\"")
        .skip(1)
        .map(|tag| Place {
            x: number(tag, "x"),
            y: number(tag, "y"),
            size: Size { width: number(tag, "width"), height: number(tag, "height") },
        })
        .collect();
    assert_eq!(boxes.len(), pack.flows.len());
    for (n, place) in boxes.iter().enumerate() {
        assert!(boxes[n + 1..].iter().all(|other| !place.overlaps(other)), "{place:?}");
    }
    assert!(drawn.contains(">Passwords</text>"), "areas have their names");
}

#[test]
fn graph_prints_and_writes() {
    let desk = Desk::new();
    let ran = desk.run(&["graph", "other_mobile"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("flowchart TD"), "{}", ran.out);
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("picture.svg");
    let ran = desk.run(&["graph", "--out", file.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("<svg "), "the end of the name decides");
    let ran = desk.run(&["graph", "pasword_help"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("did you mean `password_help`?"), "{}", ran.err);
}

#[test]
fn the_letters_of_a_flow_look_ahead() {
    let ran = Desk::new().run(&["graph", "choose_route", "--letter"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let first = ran.out.split("\n\n── ").next().unwrap();
    assert!(first.contains("1. How many sites do you run?"), "{first}");
    let knows = ran.out.split("── ").find(|letter| letter.starts_with("choose_route.ask_knows_contact")).unwrap();
    for asked in [
        "1. Do you know your CQC contact ID?\n",
        "2. If not: can you open",
        "What is the postcode of the site?   (looks ahead)",
    ] {
        assert!(knows.contains(asked), "{asked} in {knows}");
    }
}
