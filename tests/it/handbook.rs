//! The handbook: everything in the pack stands in it, every link leads somewhere, and nothing in it is fetched or unescaped.

use std::collections::BTreeSet;

use caredesk::policy::check::{Sources, check};
use caredesk::policy::flow::Pack;
use caredesk::policy::handbook::{Book, handbook};

use super::pictures::not_well_formed;
use super::stories::{shipped, shipped_files};
use super::support::{Desk, MONDAY};

fn printed(pack: &Pack) -> String {
    let files = shipped_files();
    handbook(&Book { pack, files: &files, told: &[], reached: None }, MONDAY.parse().unwrap())
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    text.split(before).skip(1).filter_map(|rest| rest.split(after).next()).collect()
}

#[test]
fn every_flow_is_in_the_handbook_and_every_link_leads_somewhere() {
    let pack = shipped();
    let page = printed(&pack);
    assert_eq!(not_well_formed(&page, &["meta", "br"]), None);
    let ids: Vec<&str> = between(&page, " id=\"", "\"");
    let known: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(known.len(), ids.len(), "no id stands twice");
    for flow in pack.flows.values() {
        assert!(known.contains(format!("flow-{}", flow.name).as_str()), "{}", flow.name);
    }
    let links = between(&page, "href=\"#", "\"");
    let lost: Vec<&&str> = links.iter().filter(|link| !known.contains(**link)).collect();
    assert!(lost.is_empty(), "{lost:?}");
    assert!(page.contains(&pack.digest.0) && page.contains("Printed on 2 March 2026."));
}

#[test]
fn headings_step_down_one_at_a_time_and_nothing_is_fetched() {
    let page = printed(&shipped());
    let mut before = 0;
    for heading in between(&page, "<h", ">").iter().filter(|tag| tag.starts_with(|c: char| c.is_ascii_digit())) {
        let level: u32 = heading[..1].parse().unwrap();
        assert!(level <= before + 1, "h{before} is followed by h{heading}");
        before = level;
    }
    assert_eq!(page.matches("<h1>").count(), 1);
    for fetched in ["<script", "<link", "<img", "src=", "@import", "url("] {
        assert!(!page.contains(fetched), "{fetched}");
    }
    assert!(page.contains("class=\"skip\"") && page.contains("<main id=\"main\">") && page.contains("<nav aria-label"));
}

#[test]
fn a_policy_officer_reads_what_happens() {
    let page = printed(&shipped());
    for words in [
        "An e-mail address that ends in @nhs.net. Personal.",
        "We wait 90 days; reminders after 30 days and 60 days. No answer: the request is closed, because nobody answered.",
        "<strong>check security answers</strong>",
        "The mobile of the account is not the registered mobile",
        "The account is marked as leaving",
        "<td>The mobile given is not the one on record</td>",
        "It is to be done within 2 working hours.",
        "4 working hours after the due time: we escalate to the feedback team.",
        "Monday to Friday, 8am to 6pm",
        "Identity checked from agent",
        "<tr><th scope=\"row\"><span class=\"tag\">PWD-2</span></th><td><a href=\"#flow-password_help\">A new password from the desk</a></td></tr>",
        "<th scope=\"col\">Signature</th>",
    ] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn what_authors_write_is_text_and_never_html() {
    let mut files = shipped_files();
    let flow = files.get_mut("flows/passwords/other_mobile.yaml").unwrap();
    let at = flow.find("title: ").unwrap();
    let end = at + flow[at..].find('\n').unwrap();
    flow.replace_range(at..end, "title: \"A <b>new</b> & 'old' password </title><script>alert(1)</script>\"");
    let checked = check(&Sources { files });
    let page = printed(&checked.pack.unwrap_or_else(|| panic!("{:?}", checked.findings)));
    assert!(page.contains("A &lt;b&gt;new&lt;/b&gt; &amp; &#39;old&#39; password &lt;/title&gt;"));
    assert!(!page.contains("<script"));
    assert_eq!(not_well_formed(&page, &["meta", "br"]), None);
}

#[test]
fn docs_writes_one_page() {
    let desk = Desk::new();
    let folder = tempfile::TempDir::new().unwrap();
    let out = folder.path().join("book");
    let written = desk.run(&["docs", "--out", out.to_str().unwrap(), "--now", MONDAY, "--format", "json"]).one();
    assert_eq!(written["passed"], written["scenarios"]);
    let page = std::fs::read_to_string(out.join("handbook.html")).unwrap();
    assert!(page.contains("(by mail; passes)"), "the tested examples stand in it");
}
