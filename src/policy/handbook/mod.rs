//! The pack as a book of policy, in one HTML page that needs nothing else: for those who sign it off and never see a
//! file of flows. Says what stands in the pack, and decides nothing.

mod desk;
mod flow;
mod html;
mod rule;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::policy::flow::{Flow, Pack};
use crate::policy::picture::{self, escaped};
use crate::policy::scenario::{Coverage, Told};
use crate::policy::wording::{self, sentence};

use html::{Page, link};

/// What the handbook is made of.
#[derive(Debug, Clone, Copy)]
pub struct Book<'a> {
    /// The checked pack.
    pub pack: &'a Pack,
    /// Its files, for the rules as they are written.
    pub files: &'a BTreeMap<String, String>,
    /// How its scenarios came out.
    pub told: &'a [Told],
    /// What they reached, if the pictures are to say so.
    pub reached: Option<&'a Coverage>,
}

/// Writes the handbook as of a moment.
pub fn handbook(book: &Book<'_>, at: Timestamp) -> String {
    let mut page = Page::default();
    let title = format!("Policy handbook: {}", book.pack.desk.name);
    page.raw(&format!(
        "<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n\
         <style>{}\n{}</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the handbook</a>",
        escaped(&title),
        html::STYLE,
        picture::STYLE
    ));
    let areas = areas(book.pack);
    page.raw("<header>");
    page.put("h1", &title);
    front(&mut page, book, at);
    page.raw("</header>");
    contents(&mut page, &areas);
    page.raw("<main id=\"main\">");
    for (area, flows) in &areas {
        page.heading(2, &area_id(area), &sentence(area));
        flows.iter().for_each(|flow| flow::write(&mut page, book, flow));
    }
    desk::write(&mut page, book, at);
    index(&mut page, book.pack);
    sign(&mut page, book.pack);
    page.raw("</main>");
    page.raw(&format!(
        "<footer><p class=\"soft\">Version {} of the pack. The files of the pack decide; this book only reads them out.</p></footer>\n\
         </body>\n</html>",
        escaped(&book.pack.digest.0)
    ));
    page.text
}

/// The flows by their areas: processes first, then answers.
fn areas(pack: &Pack) -> Vec<(String, Vec<&Flow>)> {
    let mut areas: BTreeMap<(bool, String), Vec<&Flow>> = BTreeMap::new();
    for flow in pack.flows.values() {
        areas.entry((flow.is_answer, wording::area(flow))).or_default().push(flow);
    }
    areas.into_iter().map(|((_, area), flows)| (area, flows)).collect()
}

fn area_id(area: &str) -> String {
    let id: String = area.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    format!("area-{id}")
}

fn front(page: &mut Page, book: &Book<'_>, at: Timestamp) {
    let day = at.to_zoned(book.pack.desk.zone.clone()).strftime("%-d %B %Y").to_string();
    let passed = book.told.iter().filter(|told| told.passed).count();
    page.put("p", &format!("Printed on {day}."));
    page.raw(&format!("<p>Version of the pack: <code>{}</code></p>", escaped(&book.pack.digest.0)));
    page.put(
        "p",
        &format!(
            "This book says what the desk does: {} processes and answers. {passed} of {} tested examples pass.",
            book.pack.flows.len(),
            book.told.len()
        ),
    );
    page.raw(
        "<p>Words on a coloured ground, <span class=\"fill\">[like these]</span>, are filled in when a letter is sent.</p>",
    );
}

fn contents(page: &mut Page, areas: &[(String, Vec<&Flow>)]) {
    page.raw("<nav aria-label=\"Contents\">");
    page.heading(2, "contents", "Contents");
    page.raw("<ul class=\"contents\">");
    for (area, flows) in areas {
        let flows: String = flows
            .iter()
            .map(|flow| format!("<li>{}</li>", link(&format!("flow-{}", flow.name), &flow.title)))
            .collect();
        page.raw(&format!("<li>{}<ul>{flows}</ul></li>", link(&area_id(area), &sentence(area))));
    }
    let chapters = [
        ("promises", "What is promised, and by when"),
        ("people", "Opening hours, queues and contacts"),
        ("acts", "What agents may be asked to do"),
        ("index", "Where each line of the catalogue is covered"),
        ("sign", "Sign-off"),
    ];
    chapters.iter().for_each(|(id, title)| page.raw(&format!("<li>{}</li>", link(id, title))));
    page.raw("</ul></nav>");
}

/// Which flow covers which line of the catalogue.
fn index(page: &mut Page, pack: &Pack) {
    page.heading(2, "index", "Where each line of the catalogue is covered");
    let mut ids: BTreeMap<(&str, u32), Vec<&Flow>> = BTreeMap::new();
    for flow in pack.flows.values() {
        for id in &flow.covers {
            let (word, number) = id.rsplit_once('-').unwrap_or((id, "0"));
            ids.entry((word, number.parse().unwrap_or(0))).or_default().push(flow);
        }
    }
    let rows: Vec<Vec<String>> = ids
        .into_iter()
        .map(|((word, number), flows)| {
            let flows: Vec<String> =
                flows.iter().map(|flow| link(&format!("flow-{}", flow.name), &flow.title)).collect();
            vec![format!("<span class=\"tag\">{}</span>", escaped(&format!("{word}-{number}"))), flows.join(", ")]
        })
        .collect();
    page.table("The catalogue", &["Line", "Covered by"], &rows);
}

fn sign(page: &mut Page, pack: &Pack) {
    page.heading(2, "sign", "Sign-off");
    page.raw(&format!(
        "<p>I have read this book, version <code>{}</code>. The desk may work by it.</p>",
        escaped(pack.digest.0.get(..12).unwrap_or(&pack.digest.0))
    ));
    let heads = ["Part", "Name", "Role", "Day", "Signature"];
    let heads: String = heads.iter().map(|head| format!("<th scope=\"col\">{head}</th>")).collect();
    let row = |part: &str| format!("<tr><th scope=\"row\">{part}</th><td></td><td></td><td></td><td></td></tr>");
    let rows: String = ["Policy", "Data protection", "Service"].into_iter().map(row).collect();
    page.raw(&format!(
        "<table class=\"sign\"><caption>Signed by</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    ));
}
