//! A picture as SVG: one file that shows itself, with a title and a description for those who do not see it.

use super::content::{Content, INSET, Style, content, label};
use super::layout::{Place, Size, Way, layout};
use super::paper::{STYLE, Styled, escaped, outline};
use super::shelf::shelf;
use super::{Line, Picture};

/// Above the drawing: its title and what its marks mean.
const HEADING: i32 = 62;
/// The narrowest sheet, so that the heading fits.
const NARROWEST: i32 = 640;
/// Around it all.
const EDGE: i32 = 12;

/// Everything on its place, before the heading is put above it.
struct Drawing {
    size: Size,
    boxes: Vec<Place>,
    frames: Vec<Place>,
    labels: Vec<Option<Place>>,
    routes: Vec<Vec<(i32, i32)>>,
}

/// Draws a picture.
pub fn svg(picture: &Picture, styled: Styled) -> String {
    let contents: Vec<Content> = picture.boxes.iter().map(content).collect();
    let drawing = placed(picture, &contents);
    let width = (drawing.size.width + 2 * EDGE).max(NARROWEST);
    let height = drawing.size.height + HEADING + 2 * EDGE;
    let mut out = String::new();
    let name = escaped(&picture.name);
    out.push_str(&format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"cd\" role=\"img\" aria-labelledby=\"cd-{name}-title\" \
         aria-describedby=\"cd-{name}-desc\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n"
    ));
    out.push_str(&format!("<title id=\"cd-{name}-title\">{}</title>\n", escaped(&picture.title)));
    out.push_str(&format!("<desc id=\"cd-{name}-desc\">{}</desc>\n", escaped(&picture.description)));
    if styled == Styled::Alone {
        out.push_str(&format!("<style>{}</style>\n", STYLE.replace('>', "&gt;")));
    }
    out.push_str(&format!("<rect class=\"sheet\" width=\"{width}\" height=\"{height}\"/>\n"));
    out.push_str(&format!(
        "<text class=\"title\" x=\"{}\" y=\"{}\">{}</text>\n",
        2 * EDGE,
        32,
        escaped(&picture.title)
    ));
    out.push_str(&format!("<text class=\"small\" x=\"{}\" y=\"54\">{}</text>\n", 2 * EDGE, escaped(&legend(picture))));
    out.push_str(&format!("<g transform=\"translate({EDGE} {})\">\n", HEADING + EDGE));
    frames(&mut out, picture, &drawing);
    for missed in [false, true] {
        for (way, route) in picture.ways.iter().zip(&drawing.routes) {
            if (way.reached == Some(false)) == missed {
                line(&mut out, way, route);
            }
        }
    }
    for (way, place) in picture.ways.iter().zip(&drawing.labels) {
        if let Some(place) = place {
            tag(&mut out, way, place);
        }
    }
    for ((step, place), content) in picture.boxes.iter().zip(&drawing.boxes).zip(&contents) {
        let untested = if step.reached == Some(false) { " untested" } else { "" };
        out.push_str(&format!("<g class=\"{}{untested}\">{}", step.kind.class(), outline(step.kind, place)));
        words(&mut out, &step.name, place, content);
        out.push_str("</g>\n");
    }
    out.push_str("</g>\n</svg>\n");
    out
}

fn placed(picture: &Picture, contents: &[Content]) -> Drawing {
    let sizes: Vec<Size> = contents.iter().map(|content| content.size).collect();
    if !picture.areas.is_empty() {
        let shelf = shelf(&sizes, &picture.boxes, picture.areas.len(), &picture.ways);
        let labels = vec![None; picture.ways.len()];
        return Drawing { size: shelf.size, boxes: shelf.boxes, frames: shelf.frames, labels, routes: shelf.routes };
    }
    let label_of = |way: &Line| (!way.label.is_empty()).then(|| label(&shown(way)));
    let ways: Vec<Way> =
        picture.ways.iter().map(|way| Way { from: way.from, to: way.to, label: label_of(way) }).collect();
    let layout = layout(&sizes, &ways);
    Drawing { size: layout.size, boxes: layout.boxes, frames: Vec::new(), labels: layout.labels, routes: layout.routes }
}

/// What stands at a way. That no scenario goes it is said in words as well.
fn shown(way: &Line) -> String {
    if way.reached == Some(false) { format!("{} (not tested)", way.label) } else { way.label.clone() }
}

fn legend(picture: &Picture) -> String {
    let lines = match picture.areas.is_empty() {
        true => "Read from top to bottom. Boxes with cut corners are work of our agents; a small clock marks a time.",
        false => "A solid arrow: the flow runs the other. A dotted arrow: the answer offers the other.",
    };
    if !picture.tested {
        return lines.into();
    }
    let all = picture.boxes.iter().filter(|step| !step.name.is_empty());
    let (count, reached) =
        all.fold((0, 0), |(all, seen), step| (all + 1, seen + usize::from(step.reached == Some(true))));
    let what = if picture.areas.is_empty() { "steps are tested" } else { "flows are tested in every step" };
    format!("{lines} Broken lines are not tested. {reached} of {count} {what}.")
}

fn frames(out: &mut String, picture: &Picture, drawing: &Drawing) {
    for (area, place) in picture.areas.iter().zip(&drawing.frames) {
        let Place { x, y, size } = *place;
        out.push_str(&format!(
            "<rect class=\"frame\" x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"6\"/>\
             <text class=\"bold\" x=\"{}\" y=\"{}\">{}</text>\n",
            size.width,
            size.height,
            x + INSET,
            y + 22,
            escaped(area)
        ));
    }
}

fn line(out: &mut String, way: &Line, route: &[(i32, i32)]) {
    let [first, rest @ ..] = route else { return };
    let missed = way.reached == Some(false);
    let class = match (missed, way.offered) {
        (true, _) => "way missed",
        (false, true) => "way offer",
        (false, false) => "way",
    };
    let mut path = format!("M{} {}", first.0, first.1);
    for point in rest {
        path.push_str(&format!("L{} {}", point.0, point.1));
    }
    out.push_str(&format!("<path class=\"{class}\" d=\"{path}\"/>"));
    if let [.., before, end] = route {
        let tip = match (end.0 - before.0, end.1 - before.1) {
            (0, _) => format!("M{} {}l-5 -8h10z", end.0, end.1),
            (across, _) if across > 0 => format!("M{} {}l-8 -5v10z", end.0, end.1),
            _ => format!("M{} {}l8 -5v10z", end.0, end.1),
        };
        out.push_str(&format!("<path class=\"{}\" d=\"{tip}\"/>\n", if missed { "missed-tip" } else { "tip" }));
    }
}

/// The label of a way, on a patch of paper.
fn tag(out: &mut String, way: &Line, place: &Place) {
    let class = if way.reached == Some(false) { "miss" } else { "small" };
    out.push_str(&format!(
        "<rect class=\"label\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\
         <text class=\"{class}\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
        place.x,
        place.y,
        place.size.width,
        place.size.height,
        place.x + place.size.width / 2,
        place.y + 14,
        escaped(&shown(way))
    ));
}

fn words(out: &mut String, name: &str, place: &Place, content: &Content) {
    let left = place.x + INSET;
    for line in &content.lines {
        let (class, x) = match line.style {
            Style::Head => ("head", left),
            Style::Guard => ("guard", left),
            Style::Words => ("", left),
            Style::Note => ("small", left),
            Style::Clock | Style::Under => ("small", left + 18),
            Style::Untested => ("miss", left),
        };
        let y = place.y + line.y + 4;
        if line.style == Style::Clock {
            let (cx, cy) = (left + 6, place.y + line.y);
            out.push_str(&format!(
                "<circle class=\"clock\" cx=\"{cx}\" cy=\"{cy}\" r=\"6\"/><path class=\"clock\" d=\"M{cx} {}v4h3\"/>",
                cy - 4
            ));
        }
        out.push_str(&format!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>", escaped(&line.text)));
        if line.style == Style::Head && !name.is_empty() {
            out.push_str(&format!(
                "<text class=\"small\" x=\"{}\" y=\"{y}\" text-anchor=\"end\">{}</text>",
                place.right() - INSET,
                escaped(&shortest(name))
            ));
        }
    }
}

/// A name that fits beside the word of its box.
fn shortest(name: &str) -> String {
    match name.char_indices().nth(20) {
        Some((at, _)) => format!("{}…", name.get(..at).unwrap_or(name)),
        None => name.to_owned(),
    }
}
