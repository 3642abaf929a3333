//! A browser without a screen: it speaks HTTP/1.1 over one connection a request, keeps cookies and follows a redirect.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);
const BOUNDARY: &str = "a-boundary-of-the-form";

/// A browser with its cookies.
#[derive(Clone)]
pub struct Browser {
    place: String,
    pub cookies: BTreeMap<String, String>,
    /// What it sends besides.
    pub headers: Vec<(String, String)>,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Browser {
    pub fn new(place: &str) -> Browser {
        let headers = vec![("Sec-Fetch-Site".to_owned(), "same-origin".to_owned())];
        Browser { place: place.to_owned(), cookies: BTreeMap::new(), headers }
    }

    /// The desk is somewhere else now.
    pub fn moves_to(&mut self, place: &str) {
        self.place = place.to_owned();
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, "", b"")
    }

    /// Types something on the page and sends it.
    pub fn say(&mut self, text: &str) -> Answer {
        let key = self.get("/chat").key();
        let sent = self.post_form(&[("key", &key), ("text", text)]);
        if sent.status == 303 { self.get("/chat") } else { sent }
    }

    /// Presses a button.
    pub fn press(&mut self, choice: &str) -> Answer {
        let key = self.get("/chat").key();
        let sent = self.post_form(&[("key", &key), ("text", ""), ("choice", choice)]);
        if sent.status == 303 { self.get("/chat") } else { sent }
    }

    pub fn post_form(&mut self, fields: &[(&str, &str)]) -> Answer {
        self.post_files(fields, &[])
    }

    /// Posts the form with files: name, media type, bytes.
    pub fn post_files(&mut self, fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Answer {
        let body = form(fields, files);
        self.send("POST", "/chat", &format!("multipart/form-data; boundary={BOUNDARY}"), &body)
    }

    pub fn send(&mut self, method: &str, path: &str, media_type: &str, body: &[u8]) -> Answer {
        let mut stream = self.connect();
        stream.write_all(self.head(method, path, media_type, body.len()).as_bytes()).expect("the head is sent");
        stream.write_all(body).expect("the body is sent");
        let answer = Answer::read(stream);
        for line in answer.head.lines().filter_map(|line| line.strip_prefix("set-cookie: ")) {
            let (name, rest) = line.split_once('=').expect("a cookie");
            self.cookies.insert(name.to_owned(), rest.split(';').next().expect("a value").to_owned());
        }
        answer
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.place).expect("the desk is there");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        stream
    }

    pub fn head(&self, method: &str, path: &str, media_type: &str, length: usize) -> String {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.place);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !cookies.is_empty() {
            head.push_str(&format!("Cookie: {}\r\n", cookies.join("; ")));
        }
        if method == "POST" {
            head.push_str(&format!("Content-Type: {media_type}\r\nContent-Length: {length}\r\n"));
        }
        head + "\r\n"
    }
}

/// The bytes of the form.
pub fn form(fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let part = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(part.as_bytes());
    }
    for (name, media_type, bytes) in files {
        let disposition = format!("Content-Disposition: form-data; name=\"files\"; filename=\"{name}\"");
        body.extend(format!("--{BOUNDARY}\r\n{disposition}\r\nContent-Type: {media_type}\r\n\r\n").as_bytes());
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

impl Answer {
    fn read(mut stream: TcpStream) -> Answer {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("an answer");
        let text = String::from_utf8(bytes).expect("UTF-8");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    pub fn header(&self, name: &str) -> Option<String> {
        let start = format!("{name}: ");
        self.head.lines().find_map(|line| line.strip_prefix(&start)).map(str::to_owned)
    }

    /// The name of the page, for the form.
    pub fn key(&self) -> String {
        self.between("name=\"key\" value=\"", "\"")
    }

    /// How many lines the conversation has.
    pub fn lines(&self) -> usize {
        self.body.matches("data-n=\"").count()
    }

    pub fn between(&self, from: &str, to: &str) -> String {
        let rest = self.body.split_once(from).unwrap_or_else(|| panic!("no {from} in {}", self.body)).1;
        rest.split_once(to).expect("an end").0.to_owned()
    }
}
