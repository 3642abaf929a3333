//! Draws how many promises were met and missed in each week, as one SVG file: no script, nothing from elsewhere. Met is
//! dark and missed is striped, so that it can be read without colours; each bar has its number beside it.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::policy::picture::escaped;

/// How many weeks are drawn at most: the latest.
const WEEKS: usize = 104;
/// The length of the longest bar.
const LONGEST: u64 = 440;
/// Where bars begin.
const LEFT: u64 = 170;
const WIDTH: u64 = 720;
/// What stands above the first week.
const HEAD: usize = 96;
/// The height of a week.
const ROW: usize = 44;

/// Dark on white: contrast 13 to 1 for letters, 7 to 1 for bars.
const INK: &str = "#222222";
const MET: &str = "#1d4f91";

/// The picture. `weeks` are how many were met and missed, by Monday.
pub(super) fn chart(desk: &str, weeks: &BTreeMap<Date, (u64, u64)>) -> String {
    let rows = without_gaps(weeks);
    let most = rows.iter().map(|(_, (met, missed))| *met.max(missed)).max().unwrap_or(0).max(1);
    let height = HEAD + ROW * rows.len().max(1) + 16;
    let (met, missed) = rows.iter().fold((0, 0), |sum, (_, week)| (sum.0 + week.0, sum.1 + week.1));
    let told = match (rows.first(), rows.last()) {
        (Some((first, _)), Some((last, _))) => format!(
            "From the week of {} to the week of {}, {met} were met and {missed} were missed.",
            day(*first),
            day(*last)
        ),
        _ => "There are no promises to show.".to_owned(),
    };
    let mut lines = vec![
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title desc">"#
        ),
        r#"<title id="title">Promises met and missed by week</title>"#.to_owned(),
        format!(r#"<desc id="desc">{}: {told} Each week has one bar for each.</desc>"#, escaped(desk)),
        format!(
            r##"<defs><pattern id="stripes" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="#ffffff"/><rect width="3" height="6" fill="{INK}"/></pattern></defs>"##
        ),
        r##"<rect width="100%" height="100%" fill="#ffffff"/>"##.to_owned(),
        format!(r#"<g font-family="Arial, Helvetica, sans-serif" font-size="14" fill="{INK}">"#),
        r#"<text x="16" y="30" font-size="18" font-weight="bold">Promises met and missed by week</text>"#.to_owned(),
        format!(r#"<text x="16" y="52">{}</text>"#, escaped(desk)),
        bar("Met", 16, 66, 16, MET),
        r#"<text x="38" y="79">met</text>"#.to_owned(),
        bar("Missed", 84, 66, 16, "url(#stripes)"),
        r#"<text x="106" y="79">missed</text>"#.to_owned(),
    ];
    if rows.is_empty() {
        lines.push(format!(r#"<text x="16" y="{}">{told}</text>"#, HEAD + 24));
    }
    for (n, (monday, (met, missed))) in rows.iter().enumerate() {
        let top = HEAD + ROW * n;
        let week = day(*monday);
        lines.push(format!(r#"<text x="16" y="{}">{week}</text>"#, top + 24));
        for (what, count, fill, y) in [("met", *met, MET, top + 3), ("missed", *missed, "url(#stripes)", top + 21)] {
            let length = count.saturating_mul(LONGEST) / most;
            // A single one beside a thousand is still seen.
            let length = if count > 0 { length.max(2) } else { 0 };
            if count > 0 {
                lines.push(bar(&format!("Week of {week}: {count} {what}"), LEFT, y, length, fill));
            }
            lines.push(format!(r#"<text x="{}" y="{}">{count} {what}</text>"#, LEFT + length + 8, y + 13));
        }
    }
    lines.push("</g>\n</svg>\n".to_owned());
    lines.join("\n")
}

/// The latest weeks in order, with those in which there was nothing.
fn without_gaps(weeks: &BTreeMap<Date, (u64, u64)>) -> Vec<(Date, (u64, u64))> {
    let (Some((first, _)), Some((last, _))) = (weeks.first_key_value(), weeks.last_key_value()) else {
        return Vec::new();
    };
    let mut rows = Vec::new();
    let mut week = Some(*last);
    while let Some(monday) = week.filter(|monday| monday >= first && rows.len() < WEEKS) {
        rows.push((monday, weeks.get(&monday).copied().unwrap_or_default()));
        week = monday.checked_sub(1.week()).ok();
    }
    rows.reverse();
    rows
}

fn bar(title: &str, x: u64, y: usize, length: u64, fill: &str) -> String {
    format!(
        r#"<rect x="{x}" y="{y}" width="{length}" height="16" fill="{fill}" stroke="{INK}"><title>{title}</title></rect>"#
    )
}

fn day(monday: Date) -> String {
    monday.strftime("%-d %B %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_in_between_in_which_nothing_was_promised_is_drawn_and_names_are_escaped() {
        let monday = |day| Date::constant(2026, 3, day);
        let weeks = BTreeMap::from([(monday(2), (3, 1)), (monday(16), (1_000, 0))]);
        let drawn = chart("Care & <script>", &weeks);
        for words in [
            "Care &amp; &lt;script&gt;",
            ">3 met<",
            ">1 missed<",
            ">9 March 2026<",
            ">1000 met<",
            "1003 were met and 1 were missed",
        ] {
            assert!(drawn.contains(words), "{words}: {drawn}");
        }
        assert!(!drawn.contains("<script"), "{drawn}");
        assert!(chart("Care", &BTreeMap::new()).contains("There are no promises to show."));
    }
}
