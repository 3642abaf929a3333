//! What people write, in all its shapes, as the fuzzers of texts begin with it: stories, lists, tables, quotes, other
//! scripts, long runs.

use std::fs;
use std::path::Path;

/// Texts of all shapes. Real letters with what stands around them are those of the corpus of mail.
pub fn texts() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/mail");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut texts: Vec<Vec<u8>> = SAID.iter().map(|text| text.as_bytes().to_vec()).collect();
    texts.extend(paths.iter().map(|path| fs::read(path).unwrap()).filter(|bytes| bytes.len() < 8_000));
    texts.extend(
        ["a ", "1 ", "07", "> ", "x", "1-", "\n", "@", "and ", "é", "😀", "\u{301}"]
            .map(|run| run.repeat(200).into_bytes()),
    );
    texts
}

const SAID: &[&str] = &[
    "hi i cant get in to my nhs mail, please reset it",
    "1. V12345\n2. 1-123456789\n3. jo@care.example\n4. 07700 900123",
    "Our ODS code is V12345 and the postcode is ZZ1 1ZZ.",
    "mobile: +44 (0)7700 900123\nname: Jo Bloggs-O'Hara",
    "Tuesday about 3, or 12/03/2026 at 15:30, or tomorrow morning",
    "| name | mobile |\n|---|---|\n| Jo Field | 07700 900111 |",
    "Name\tMobile\tLeaves\nJo Field\t07700 900111\t3 March",
    "yes please. no, not that one. I think so?",
    "CD-7K3M-9QX4 where is it?? also how do I make a signature, and please add Ann",
    "Thanks\n\nJo\nSent from my iPhone\n\nOn Mon, 2 Mar 2026 at 10:00, Desk <desk@nas.example> wrote:\n> 1. code?\n> V1",
    "From: Jo <jo@care.example>\nSent: 02 March 2026 10:00\nTo: Desk\nSubject: x\n\nhello",
    "-----Original Message-----\nFrom: a\n",
    "<div>see <b>below</b></div><blockquote type=cite>1. what?<br>V12345</blockquote>",
    "Это не работает 帮助 مساعدة ★ ✅ 1️⃣ ２",
    "",
];

/// Words of answers, lists and quotes.
pub const WORDS: &[&str] = &[
    "07700 900123",
    "+44",
    "(0)",
    "V12345",
    "1-123456789",
    "CON1-",
    "ZZ1 1ZZ",
    "@nhs.net",
    "jo@care.example",
    "CD-7K3M-9QX4",
    "3 March",
    "31/02/2026",
    "next Friday",
    "tomorrow",
    "at 3pm",
    "25:61",
    "yes",
    "no",
    "not",
    "maybe",
    "my name is",
    "Mr ",
    "mobile: ",
    "ODS code: ",
    "postcode - ",
    "1. ",
    "2) ",
    "(3) ",
    "- ",
    "* ",
    "| ",
    "\t",
    "\n\n",
    "> ",
    ">> ",
    "On ",
    "wrote:\n",
    "From: ",
    "Sent: ",
    "Subject: ",
    "-- \n",
    "Kind regards\n",
    "also ",
    "and how do I ",
    "secondly, ",
    "p.s. ",
    "password",
    "locked out",
    "shared mailbox",
    "cancel",
    "agent",
    "<br>",
    "<div>",
    "</div>",
    "<blockquote>",
    "&nbsp;",
    "\u{a0}",
    "\u{200b}",
    "\u{202e}",
    "\u{feff}",
    "é",
    "İ",
    "ß",
    "٣",
    "😀",
    "\u{301}",
    "’",
    "–",
    "…",
    "“",
    "99999999999999999999",
    "0",
];
