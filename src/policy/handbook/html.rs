//! The parts that every page of the handbook is made of: escaped text, links, tables, and the style sheet.

use crate::policy::picture::escaped;
use crate::policy::wording::{Letter, Part};

/// The style sheet. Nothing is fetched from elsewhere; every pair of colours has a contrast of at least 4.5 to 1.
pub(super) const STYLE: &str = "\
:root{color-scheme:light dark;--ground:#fff;--ink:#16202a;--soft:#44515e;--rule:#8795a3;--tint:#f1f4f7;--link:#0b4f8a;--mark:#fff3c4}\
@media screen and (prefers-color-scheme:dark){:root{--ground:#12181e;--ink:#e8eef4;--soft:#b4c0cc;--rule:#6c7c8c;--tint:#1c2630;\
--link:#8cc4f5;--mark:#40361a}}\
*{box-sizing:border-box}html{font-size:100%}body{margin:0;background:var(--ground);color:var(--ink);\
font:1rem/1.55 Georgia,'Times New Roman',serif;overflow-wrap:anywhere}\
h1,h2,h3,h4,h5,th,summary,figcaption,nav,.tag{font-family:Arial,Helvetica,sans-serif;line-height:1.25}\
header,main,footer,nav{max-width:60rem;margin:0 auto;padding:0 1rem}h1{font-size:2rem;margin:1.5rem 0 .5rem}\
h2{font-size:1.6rem;margin:3rem 0 1rem;padding-bottom:.3rem;border-bottom:3px solid var(--ink)}\
h3{font-size:1.3rem;margin:2.5rem 0 .5rem}h4{font-size:1.05rem;margin:1.5rem 0 .4rem}p,ul,ol{margin:.5rem 0}\
a{color:var(--link)}a:focus-visible,summary:focus-visible,[tabindex]:focus-visible{outline:3px solid var(--link);outline-offset:2px}\
.skip{position:absolute;left:-999rem}.skip:focus{left:1rem;top:1rem;background:var(--ground);padding:.5rem 1rem;z-index:1}\
.soft{color:var(--soft)}.tag{display:inline-block;white-space:nowrap;font-size:.85rem;border:1px solid var(--rule);border-radius:.3rem;padding:0 .4rem;\
margin-right:.3rem}table{border-collapse:collapse;width:100%;margin:.8rem 0}th,td{border:1px solid var(--rule);padding:.35rem .5rem;\
text-align:left;vertical-align:top}th{background:var(--tint);font-size:.9rem}caption{text-align:left;font-weight:bold;\
padding:.3rem 0;font-family:Arial,Helvetica,sans-serif}.steps>li{margin:1rem 0;padding-left:.3rem}.steps>li::marker{font-weight:bold}\
.guard{font-style:italic}.wait{border-left:4px solid var(--rule);padding-left:.7rem}figure{margin:.8rem 0}\
.letter{border:1px solid var(--rule);background:var(--tint);padding:.8rem 1rem;border-radius:.3rem}.letter figcaption{font-size:.85rem;\
font-weight:bold;color:var(--soft);margin-bottom:.4rem}.letter p{white-space:pre-line}.fill{background:var(--mark);padding:0 .2rem;\
border-bottom:1px dotted var(--ink)}.diagram{overflow-x:auto;border:1px solid var(--rule);padding:.3rem;max-height:85vh;overflow-y:auto}\
.diagram svg{display:block}pre{overflow-x:auto;background:var(--tint);padding:.7rem;font-size:.85rem;white-space:pre-wrap}\
.sign td{height:2.6rem}.scroll{overflow-x:auto}.scroll table{min-width:34rem}nav ul{padding-left:1.2rem}nav a,td a{display:inline-block;\
vertical-align:top;padding:.3rem 0}.contents{columns:2;column-gap:2rem}\
@media (max-width:40rem){.contents{columns:1}h1{font-size:1.6rem}h2{font-size:1.35rem}.steps{padding-left:1.4rem}\
th,td{padding:.25rem .3rem;font-size:.9rem}}\
@media (min-width:41rem){th{overflow-wrap:break-word}}\
@page{size:A4;margin:18mm 16mm}@media print{body{font-size:10.5pt}.skip{display:none}h2{break-before:page}\
h3,h4,caption,.steps>li>p:not(.wait){break-after:avoid}\
.letter,table,tr{break-inside:avoid}.diagram{overflow:visible;max-height:none;border:0}.diagram svg{max-width:100%;max-height:235mm;\
width:auto;height:auto}a{color:inherit;text-decoration:none}details>summary{list-style:none}}";

/// A page under writing.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) text: String,
}

impl Page {
    /// Adds HTML that is safe already.
    pub(super) fn raw(&mut self, html: &str) {
        self.text.push_str(html);
        self.text.push('\n');
    }

    /// Adds a text in an element.
    pub(super) fn put(&mut self, element: &str, text: &str) {
        self.raw(&format!("<{element}>{}</{element}>", escaped(text)));
    }

    /// Adds a heading that can be linked to.
    pub(super) fn heading(&mut self, level: u8, id: &str, text: &str) {
        self.raw(&format!("<h{level} id=\"{}\">{}</h{level}>", escaped(id), escaped(text)));
    }

    /// Adds a list of texts.
    pub(super) fn list(&mut self, items: &[String]) {
        let items: String = items.iter().map(|item| format!("<li>{}</li>", escaped(item))).collect();
        self.raw(&format!("<ul>{items}</ul>"));
    }

    /// Adds a table. The first cell of each row is its heading; cells are HTML that is safe already.
    pub(super) fn table(&mut self, caption: &str, heads: &[&str], rows: &[Vec<String>]) {
        let heads: String = heads.iter().map(|head| format!("<th scope=\"col\">{}</th>", escaped(head))).collect();
        let mut body = String::new();
        for row in rows {
            body.push_str("<tr>");
            for (n, cell) in row.iter().enumerate() {
                match n {
                    0 => body.push_str(&format!("<th scope=\"row\">{cell}</th>")),
                    _ => body.push_str(&format!("<td>{cell}</td>")),
                }
            }
            body.push_str("</tr>");
        }
        self.raw(&format!(
            "<table><caption>{}</caption><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>",
            escaped(caption)
        ));
    }
}

/// A link within the handbook.
pub(super) fn link(to: &str, text: &str) -> String {
    format!("<a href=\"#{}\">{}</a>", escaped(to), escaped(text))
}

/// A text whose fillings are marked; they stand in brackets too, for those who see no colours.
pub(super) fn filled(parts: &[Part]) -> String {
    let html = parts.iter().map(|part| match part {
        Part::Words(words) => escaped(words),
        Part::Filled(what) => format!("<span class=\"fill\">[{}]</span>", escaped(what)),
    });
    html.collect::<String>().trim().to_owned()
}

/// A letter as it looks.
pub(super) fn letter(letter: &Letter, caption: &str) -> String {
    let mut html = format!(
        "<figure class=\"letter\"><figcaption>{}</figcaption><p><strong>{} <span class=\"fill\">[reference]</span></strong></p>",
        escaped(caption),
        filled(&letter.subject)
    );
    for said in &letter.said {
        html.push_str(&format!("<p>{}</p>", filled(said)));
    }
    if !letter.asked.is_empty() {
        html.push_str("<ol>");
        for asked in &letter.asked {
            let hint = asked.fact.hint.iter().map(|hint| format!("<br><span class=\"soft\">{}</span>", escaped(hint)));
            let choices = match asked.fact.choices.as_slice() {
                [] => String::new(),
                choices => format!("<br><span class=\"soft\">{}</span>", escaped(&choices.join(" · "))),
            };
            html.push_str(&format!("<li>{}{}{choices}</li>", escaped(&asked.fact.ask), hint.collect::<String>()));
        }
        html.push_str("</ol>");
    }
    for below in &letter.below {
        html.push_str(&format!("<p>{}</p>", filled(below)));
    }
    html.push_str("</figure>");
    html
}
