//! Mails put together by chance: an author's lines in the wrapping of a mail program, and soups of everything that a mail
//! may hold. The same on every machine; `CAREDESK_FUZZ` says how many of each (3,000 unless told).

use caredesk::mail::latest::{Latest, Parsed, latest, of_text};
use caredesk::mail::lines::{self, Line};
use caredesk::mail::{DeskMail, Envelope, Limits, MessageIds, Reading, html, read};

/// Chance that is the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % most.max(1) as u64).unwrap_or_default()
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

fn times() -> u64 {
    std::env::var("CAREDESK_FUZZ").ok().and_then(|told| told.parse().ok()).unwrap_or(3_000)
}

/// What authors write, among it much that looks like something else.
const SAID: [&str; 44] = [
    "I cannot log in since Monday.",
    "yes",
    "No, there are three of us",
    "1. V12345",
    "2) 07700 900123",
    "3. Friday 3 July",
    "ODS code: V12345",
    "Our CQC number is 1-123456789.",
    "From: my manager, who told me to ask you.",
    "On Monday she wrote: it is done.",
    "On Wednesday 4 March I wrote to you about this.",
    "Subject: the wrong one",
    "Thanks for the quick help.",
    "Thank you for always being so quick with these.",
    "Regards to the team from all of us here.",
    "My working days are Monday to Wednesday, please ring then.",
    "- unlock for Ann Lee",
    "-- new mobile for Bo Ray",
    "* nothing else",
    "Sent from the office by post it took a week.",
    "What does it mean that an email is confidential?",
    "Confidential papers were sent to the wrong account.",
    "Please consider the cost before you answer.",
    "The original message was lost.",
    "Our registered office has moved to Mill Street, please change it.",
    "External users cannot open it.",
    "Caution is good, but we need the link today.",
    "Ann Lee 07700 900123 ann@care.example",
    "Bo Ray 07700 900124 bo@care.example",
    "Name: Ann Lee",
    "NB the old number is dead",
    "It says \"this message could not be delivered\" again.",
    "Can you forward the forwarded message to them?",
    "I have signed it \"kind regards\" as always.",
    "The best wishes card was lovely.",
    "It is 10:30 now and nobody came!",
    "our code is VL9D4 and the postcode ZZ7 9DF",
    "______ is what I see on the screen",
    "Who wrote: \"please wait\"?",
    "My mobile: 07700 900129",
    "please call me on 01632 960123",
    "We need it by 3/4/26 at the latest.",
    "Hello? Is anybody there?",
    "Begin with the first one.",
];

const ENDS: [&str; 16] = [
    "",
    "Kind regards\nJo Smith",
    "Many thanks\n\nJo",
    "Thx\nJo x",
    "Jo",
    "Best wishes,\nJo Smith\nCare Manager\nRose House\nT: 01632 960123 | M: 07700 900555",
    "-- \nJo Smith\nCare Manager",
    "Regards, Jo",
    "Diolch\nJo",
    "Sent from my iPhone",
    "Thanks\nJo\n\nSent from Outlook for Android",
    "KR\nJo\n\nThis email and any attachments are confidential and intended for the addressee only.",
    "Yours sincerely\n\nJo Smith (she/her)\nRegistered Manager",
    "Kind regards\n\nJo\n\n**********************************************************************\nThis message may contain confidential information. If you are not the intended recipient please delete it.\n**********************************************************************",
    "Cheers\nJo\n\nP Please consider the environment before printing this email",
    "Cofion\nJo Smith",
];

const OLD: &str = "Hello Jo,\n\nzzquote you asked for zzhelp.\n\n1. zzquote code?\n\n2. zzquote mobile?\n\nzzoffice\nYour reference is CD-7KQ4-M2NX. Please keep it in the subject when you\nwrite to us.";

fn marked(text: &str) -> String {
    text.lines()
        .map(|line| if line.is_empty() { ">".into() } else { format!("> {line}") })
        .collect::<Vec<_>>()
        .join("\n")
}

/// An author's words above an older mail, as a program would send them.
fn above(program: usize, said: &str) -> (String, bool) {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('\n', "<br>\n");
    let paragraphs = |text: &str| {
        text.lines()
            .map(|line| {
                format!(
                    "<p class=MsoNormal>{}<o:p></o:p></p>",
                    if line.is_empty() { "&nbsp;".into() } else { escaped(line) }
                )
            })
            .collect::<String>()
    };
    let desk = "Desk &lt;desk@nas.example&gt;";
    match program {
        0 => {
            (format!("{said}\n\nOn Mon, 2 Mar 2026 at 10:00, Desk <desk@nas.example> wrote:\n\n{}", marked(OLD)), false)
        }
        1 => (
            format!(
                "{said}\n\nFrom: Desk <desk@nas.example>\nSent: 02 March 2026 10:00\nTo: Jo Smith\nSubject: zzsubject\n\n{OLD}"
            ),
            false,
        ),
        2 => (
            format!(
                "{said}\n\n-----Original Message-----\nFrom: Desk <desk@nas.example>\nSent: 02 March 2026 10:00\nTo: Jo Smith\nSubject: zzsubject\n\n{OLD}"
            ),
            false,
        ),
        3 => (
            format!(
                "{said}\n\n________________________________\nFrom: Desk <desk@nas.example>\nSent: Monday, March 2, 2026 10:00 AM\nTo: Jo Smith <jo@care.example>\nSubject: zzsubject\n\n{OLD}"
            ),
            false,
        ),
        4 => {
            (format!("{said}\n\n> On 2 Mar 2026, at 10:00, Desk <desk@nas.example> wrote:\n>\n{}", marked(OLD)), false)
        }
        5 => (
            format!(
                "{said}\n\nVon: Desk <desk@nas.example>\nGesendet: Montag, 2. März 2026 10:00\nAn: Jo Smith\nBetreff: zzsubject\n\n{OLD}"
            ),
            false,
        ),
        6 => (
            format!("{said}\n\nLe lun. 2 mars 2026 à 10:00, Desk <desk@nas.example> a écrit :\n\n{}", marked(OLD)),
            false,
        ),
        7 => (
            format!(
                "{said}\n\nOn Monday, 2 March 2026 at 10:00:11 GMT, Desk <desk@nas.example> wrote:  \n \n {}",
                OLD.replace('\n', "\n ")
            ),
            false,
        ),
        8 => (
            format!(
                "<div dir=ltr><div>{}</div></div><br><div class=\"gmail_quote\"><div class=\"gmail_attr\">On Mon, 2 Mar 2026 at 10:00, {desk} wrote:<br></div><blockquote class=\"gmail_quote\">{}</blockquote></div>",
                escaped(said),
                escaped(OLD)
            ),
            true,
        ),
        9 => (
            format!(
                "<div class=WordSection1>{}<div style=\"border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm\"><p class=MsoNormal><b>From:</b> {desk}<br><b>Sent:</b> 02 March 2026 10:00<br><b>To:</b> Jo Smith<br><b>Subject:</b> zzsubject</p></div>{}</div>",
                paragraphs(said),
                paragraphs(OLD)
            ),
            true,
        ),
        10 => (
            format!(
                "<div>{}</div><div id=\"appendonsend\"></div><hr style=\"width:98%\" tabindex=\"-1\"><div id=\"divRplyFwdMsg\"><b>From:</b> {desk}<br><b>Sent:</b> Monday<br><b>To:</b> Jo<br><b>Subject:</b> zzsubject</div><div>{}</div>",
                escaped(said),
                escaped(OLD)
            ),
            true,
        ),
        11 => (
            format!(
                "<div>{}</div><br><blockquote type=\"cite\">On 2 Mar 2026, at 10:00, {desk} wrote:<br><br>{}</blockquote>",
                escaped(said),
                escaped(OLD)
            ),
            true,
        ),
        12 => (
            format!(
                "<div>{}</div><div class=\"yahoo_quoted\"><div>On Monday, 2 March 2026, {desk} wrote:</div><div>{}</div></div>",
                escaped(said),
                escaped(OLD)
            ),
            true,
        ),
        13 => (said.to_owned(), false),
        _ => (format!("<div>{}</div>", escaped(said)), true),
    }
}

fn read_lines(lines: &[Line], answers: bool) -> Latest {
    latest(&Parsed {
        lines,
        subject: if answers { "RE: x" } else { "x" },
        name: Some("Jo Smith"),
        address: "jo.smith@care.example",
        answers,
    })
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().filter(|word| !["-", "*", ">"].contains(word)).collect()
}

/// The author's words that are not there any more, in their order.
fn lost<'a>(said: &'a str, read: &str) -> Vec<&'a str> {
    let read = words(read);
    let mut from = 0;
    let mut lost = Vec::new();
    for word in words(said) {
        match read[from..].iter().position(|other| *other == word) {
            Some(at) => from += at + 1,
            None => lost.push(word),
        }
    }
    lost
}

#[test]
fn no_word_of_an_author_is_lost_in_any_wrapping() {
    let (mut exact, mut all) = (0_u64, 0_u64);
    for number in 0..times() {
        let mut chance = Chance(number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let count = 1 + chance.below(6);
        let said: Vec<&str> = (0..count).map(|_| chance.one(&SAID)).collect();
        let said = said.join(if chance.below(2) == 0 { "\n\n" } else { "\n" });
        let end = chance.one(&ENDS);
        let program = chance.below(15);
        let (mail, is_html) = above(program, &format!("{said}\n\n{end}"));
        let lines = if is_html { html::lines(&mail, 500_000) } else { lines::of_text(&mail) };
        let read = read_lines(&lines, program < 13);
        let lost = lost(&said, &read.text);
        assert!(
            lost.is_empty(),
            "{number}, program {program}: lost {lost:?}\n--- mail\n{mail}\n--- read\n{}",
            read.text
        );
        all += 1;
        exact += u64::from(words(&said) == words(&read.text));
    }
    println!("{exact} of {all} word for word, none with words lost");
    assert!(exact * 100 >= all * 90, "{exact} of {all}");
}

/// What a soup is made of.
const SOUP: [&str; 60] = [
    "\n",
    "\n",
    "\n",
    "\n\n",
    "> ",
    ">> ",
    ">",
    "-- \n",
    "--\n",
    "---",
    "____________\n",
    "*****************************\n",
    "From: ",
    "Sent: ",
    "To: ",
    "Subject: ",
    "Von: ",
    "a@b.example ",
    "On ",
    "wrote:\n",
    "2 Mar 2026 ",
    "10:00 ",
    "-----Original Message-----\n",
    "Begin forwarded message:\n",
    "Kind regards\n",
    "Thanks",
    "Jo Smith\n",
    "hello ",
    "1. ",
    "2) ",
    "? ",
    ". ",
    "This email is confidential and intended solely ",
    "if you are not the intended recipient ",
    "Sent from my iPhone\n",
    "CAUTION: This email originated from outside\n",
    "below ",
    "see answers ",
    "Your reference is CD-7KQ4-M2NX. ",
    "Hello Jo,\n",
    "<div>",
    "</div>",
    "<blockquote>",
    "</blockquote>",
    "<span style=\"color:red\">",
    "</span>",
    "<div class=gmail_signature>",
    "<div class=yahoo_quoted>",
    "<div id=divRplyFwdMsg>",
    "<br>",
    "<p>",
    "<li>",
    "<ol start=9>",
    "<pre>",
    "<div style=display:none>",
    "&nbsp;",
    "é",
    "\u{202E}",
    "😀",
    "a\u{301}",
];

#[test]
fn no_soup_breaks_the_reading() {
    let desk = DeskMail {
        addresses: vec!["desk@nas.example".into()],
        ids: MessageIds::new([7; 32], "nas.example"),
        boundary: caredesk::mail::Boundary::None,
    };
    for number in 0..times() {
        let mut chance = Chance(number.wrapping_mul(0xD134_2543_DE82_EF95).wrapping_add(7));
        let count = 1 + chance.below(60);
        let soup: String = (0..count).map(|_| chance.one(&SOUP)).collect();
        for lines in [lines::of_text(&soup), html::lines(&soup, 100_000)] {
            let read = read_lines(&lines, chance.below(2) == 0);
            let known = lines::text(&lines);
            let from_nowhere = words(&read.text).into_iter().find(|word| !known.contains(word));
            assert!(from_nowhere.is_none(), "{number}: {from_nowhere:?} in {soup:?}");
        }
        let kind = chance.one(&["text/plain", "text/html"]);
        let raw = format!(
            "From: jo@care.example\nSubject: {}x\nContent-Type: {kind}\n\n{soup}",
            chance.one(&["", "RE: ", "FW: ", "Automatic reply: ", "Undeliverable: "])
        );
        match read(raw.as_bytes(), &Envelope::default(), &desk, &Limits::default()) {
            Reading::Readable(mail) => assert!(
                !mail.because.is_empty() && mail.latest_text.len() <= soup.len() * 4 + 100,
                "{number}: {soup:?}"
            ),
            Reading::Unreadable(mail) => panic!("{number}: {} {soup:?}", mail.reason),
        }
    }
}

/// Text of a megabyte in the shapes that are slow where reading is not linear. With `SHOW_TIMES` it says how long each takes.
#[test]
fn a_megabyte_is_read_in_one_pass() {
    let mib = |piece: &str| piece.repeat(1_048_576 / piece.len());
    let quotes: String = (0..16_000)
        .map(|n| format!("{} On 2 Mar 2026, Jo <a@b.example> wrote: again and again\n", ">".repeat(n % 40 + 1)))
        .collect();
    let shapes = [
        ("quote of quotes", format!("yes\n\nOn 2 Mar 2026 at 10:00, Desk <desk@nas.example> wrote:\n{quotes}")),
        ("one line", mib("On ")),
        ("On lines", mib("On 2 Mar 2026 a@b.example\n")),
        ("fields", mib("From: a@b.example\n")),
        ("field blocks", mib("From: a\nSent: b\nTo: c\nSubject: d\n\nhi\n\n")),
        ("arrows", mib("hello\n> there\n")),
        ("sign-offs", mib("Kind regards\nJo Smith\n\n")),
        ("names", mib("Jo Smith\n")),
        ("thanks", mib("Thanks\n")),
        ("small print", mib("This email is confidential and intended solely for you. ")),
        ("small print lines", mib("This email is confidential and intended for one\n")),
        ("letters", format!("hi\n\n{}", mib("Hello Jo,\n\nYour reference is CD-7KQ4-M2NX.\n\n"))),
        ("letter ends", mib("Your reference is CD-7KQ4-M2NX.\n")),
        ("stars", mib("****************************\n")),
        ("blank", mib("\n")),
        ("questions", format!("see below\n\nOn 2 Mar 2026 a@b.example wrote:\n{}", mib("> 1. what?\nthis\n"))),
    ];
    for (name, text) in shapes {
        let began = std::time::Instant::now();
        let read = of_text("", &text).text;
        if std::env::var_os("SHOW_TIMES").is_some() {
            println!("{name}: {:?}", began.elapsed());
        }
        assert!(read.len() <= text.len() * 3, "{name}");
    }
    let html = [
        ("deep quotes", "<blockquote>a".repeat(80_000)),
        ("deep boxes", "<div class=gmail_signature>a".repeat(40_000)),
        ("closed boxes", "<div></span>a".repeat(80_000)),
    ];
    for (name, text) in html {
        let began = std::time::Instant::now();
        let lines = html::lines(&text, 2_000_000);
        read_lines(&lines, true);
        if std::env::var_os("SHOW_TIMES").is_some() {
            println!("{name}: {:?}", began.elapsed());
        }
        assert!(!lines.is_empty(), "{name}");
    }
}
