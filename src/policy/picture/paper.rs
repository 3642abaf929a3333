//! What every drawing is made with: escaped text, shapes, and one style sheet for light and dark.

use super::Kind;
use super::layout::Place;

/// Whether a drawing brings its style sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Styled {
    /// It stands alone.
    Alone,
    /// It stands in a page that has [`STYLE`] already.
    Within,
}

/// The style sheet of drawings. Every pair of colours has a contrast of at least 4.5 to 1, lines of 3 to 1.
pub const STYLE: &str = "\
.cd{--paper:#fff;--ink:#16202a;--soft:#44515e;--line:#4a5866;--frame:#9aa7b4;--say:#eef3f8;--ask:#fff6d6;--think:#efeaf9;\
--agent:#fde9dd;--out:#fbe3ea;--flow:#e2f3ee;--end:#e8ebee;--bar-say:#2b5f93;--bar-ask:#8a6500;--bar-think:#5b3fa0;\
--bar-agent:#a8430e;--bar-out:#a01848;--bar-flow:#14705a;--bar-end:#4a5866;--miss:#a8200d}\
@media screen and (prefers-color-scheme:dark){.cd{--paper:#12181e;--ink:#e8eef4;--soft:#b4c0cc;--line:#9fb0c0;--frame:#5c6b7a;\
--say:#1c2a38;--ask:#332b10;--think:#2a2340;--agent:#3a2316;--out:#3a1a26;--flow:#14322a;--end:#262f38;--bar-say:#7db3e6;\
--bar-ask:#e2b93b;--bar-think:#b79cf0;--bar-agent:#f29b66;--bar-out:#f07fa5;--bar-flow:#5fc9ab;--bar-end:#9fb0c0;--miss:#ff9a8a}}\
.cd text{font-family:Arial,Helvetica,'Liberation Sans',sans-serif;font-size:13px;fill:var(--ink)}\
.cd .sheet{fill:var(--paper)}.cd .title{font-size:19px;font-weight:bold}.cd .small{font-size:12px;fill:var(--soft)}\
.cd .head{font-size:12px;font-weight:bold}.cd .guard{font-size:12px;font-style:italic}.cd .bold{font-weight:bold}\
.cd .miss{font-size:12px;font-weight:bold;fill:var(--miss)}\
.cd .say{--fill:var(--say);--bar:var(--bar-say)}.cd .ask{--fill:var(--ask);--bar:var(--bar-ask)}\
.cd .think{--fill:var(--think);--bar:var(--bar-think)}.cd .agent{--fill:var(--agent);--bar:var(--bar-agent)}\
.cd .out{--fill:var(--out);--bar:var(--bar-out)}.cd .flow{--fill:var(--flow);--bar:var(--bar-flow)}\
.cd .end{--fill:var(--end);--bar:var(--bar-end)}\
.cd .box{fill:var(--fill);stroke:var(--bar);stroke-width:1.5}.cd .head{fill:var(--bar)}.cd .bar{fill:var(--bar)}\
.cd .rim{fill:none;stroke:var(--bar);stroke-width:1}.cd .untested .box{stroke:var(--miss);stroke-dasharray:6 4}\
.cd .way{fill:none;stroke:var(--line);stroke-width:1.6;stroke-linejoin:round}.cd .offer{stroke-dasharray:2 3;stroke:var(--frame)}\
.cd .missed{stroke:var(--miss);stroke-dasharray:6 4}.cd .tip{fill:var(--line)}.cd .missed-tip{fill:var(--miss)}\
.cd .label{fill:var(--paper)}.cd .frame{fill:none;stroke:var(--frame)}.cd .clock{fill:none;stroke:var(--soft);stroke-width:1.4}";

/// A text as it may stand in XML and HTML, also between quotes. What XML cannot hold at all becomes a mark.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' | '\t' => safe.push(letter),
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            _ if letter.is_control() => safe.push('\u{fffd}'),
            _ => safe.push(letter),
        }
    }
    safe
}

/// The outline of a box. Each kind has a shape of its own beside its colour and its word.
pub(super) fn outline(kind: Kind, place: &Place) -> String {
    let Place { x, y, size } = *place;
    let (w, h) = (size.width, size.height);
    let rect =
        |round: i32| format!("<rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"{round}\"/>");
    match kind {
        Kind::Start | Kind::End => rect(h.min(32) / 2),
        Kind::Say | Kind::Escalate | Kind::Answer => rect(3),
        Kind::Ask | Kind::Prove => rect(12),
        // Corners cut off: somebody has work to do.
        Kind::Task | Kind::HandOver => {
            let (r, b, c) = (x + w, y + h, 12);
            let path = format!(
                "M{} {y}H{}L{r} {}V{}L{} {b}H{}L{x} {}V{}Z",
                x + c,
                r - c,
                y + c,
                b - c,
                r - c,
                x + c,
                b - c,
                y + c
            );
            let rim = match kind {
                Kind::HandOver => format!("<path class=\"rim\" d=\"M{} {}H{}\"/>", x + c, b - 4, r - c),
                _ => String::new(),
            };
            format!("<path class=\"box\" d=\"{path}\"/>{rim}")
        }
        // A slanted bar at the left: something is found out.
        Kind::LookUp | Kind::Decide | Kind::Record | Kind::Wait => {
            format!("{}<path class=\"bar\" d=\"M{x} {y}h9l-4 {h}h-5z\"/>", rect(0))
        }
        // Double sides: a flow within.
        Kind::Run | Kind::Flow => {
            let (left, right, b) = (x + 5, x + w - 5, y + h);
            format!("{}<path class=\"rim\" d=\"M{left} {y}V{b}M{right} {y}V{b}\"/>", rect(0))
        }
    }
}
