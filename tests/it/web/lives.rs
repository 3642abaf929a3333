//! A page that is open hears of what is said, once, and takes up where it was when its line breaks.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use super::browser::Browser;
use super::{LOCKED_OUT, open};
use crate::support::Desk;

/// A line to an open page.
struct Stream(BufReader<TcpStream>);

impl Stream {
    fn open(browser: &Browser, path: &str) -> Stream {
        let mut stream = browser.connect();
        stream.write_all(browser.head("GET", path, "", 0).as_bytes()).expect("it is asked for");
        Stream(BufReader::new(stream))
    }

    fn status(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("an answer");
        line.split(' ').nth(1).expect("a status").to_owned()
    }

    /// The next number that it tells.
    fn next(&mut self) -> u64 {
        self.told().parse().expect("a number")
    }

    /// What it tells next.
    fn told(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert!(self.0.read_line(&mut line).expect("a line") > 0, "the line has closed");
            if let Some(told) = line.trim().strip_prefix("data: ") {
                return told.to_owned();
            }
        }
    }
}

#[test]
fn an_open_page_hears_what_another_process_lets_the_desk_say() {
    let desk = Desk::with_sample();
    let (_running, place) = open(&desk);
    let mut amy = Browser::new(&place);
    assert_eq!(Stream::open(&amy, "/chat/events").status(), "204", "without a conversation there is nothing to hear");
    let page = amy.say(LOCKED_OUT);
    let reference = page.between("Your reference is ", "<");
    let mut line = Stream::open(&amy, "/chat/events?after=2");
    assert_eq!(line.status(), "200");
    let reply = ["ticket", "act", &reference, "reply", "--text", "I am Jo.", "--as", "jo"];
    assert_eq!(desk.run(&reply).code, 0);
    assert_eq!(line.next(), 3);
    // A second tab speaks.
    amy.say("amy.field@nhs.net");
    assert_eq!(line.next(), 5);
    // The line broke after the third: what came since is told at once.
    let mut again = amy.clone();
    again.headers.push(("Last-Event-ID".to_owned(), "3".to_owned()));
    assert_eq!(Stream::open(&again, "/chat/events?after=2").next(), 5);
    let mut many: Vec<Stream> = (0..5).map(|_| Stream::open(&amy, "/chat/events?after=5")).collect();
    assert!(many.iter_mut().all(|line| line.status() == "200"));
    assert_eq!(Stream::open(&amy, "/chat/events?after=5").status(), "429", "one conversation has only so many");
}

#[test]
fn an_open_page_hears_that_its_request_stands_otherwise_though_nobody_spoke() {
    let desk = Desk::with_sample();
    let (_running, place) = open(&desk);
    let mut amy = Browser::new(&place);
    let page = amy.say(LOCKED_OUT);
    assert!(page.body.contains("data-state=\"waiting_requester\""), "{}", page.body);
    assert!(page.body.contains("href=\"/chat?again#answer\">Look for new answers"), "{}", page.body);
    assert!(amy.get("/chat?again").body.contains("href=\"/chat#answer\">Look for new answers"));
    assert_eq!(Stream::open(&amy, "/chat/events?after=2&state=with_task").told(), "waiting_requester");
}

#[test]
fn the_desk_stops_at_once_though_pages_are_open() {
    let desk = Desk::with_sample();
    let (mut running, place) = open(&desk);
    let mut amy = Browser::new(&place);
    amy.say(LOCKED_OUT);
    let mut line = Stream::open(&amy, "/chat/events?after=2");
    assert_eq!(line.status(), "200");
    assert!(running.stop().success());
}
