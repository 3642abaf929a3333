//! What comes to the page from people who mean no good, or from a line that breaks.

use std::io::{Read as _, Write as _};

use super::browser::{Browser, form};
use super::{LOCKED_OUT, open};
use crate::support::Desk;

#[test]
fn a_form_from_another_site_is_refused_and_no_page_can_be_framed() {
    let desk = Desk::with_sample();
    let (_running, place) = open(&desk);
    let mut amy = Browser::new(&place);
    amy.say(LOCKED_OUT);
    let key = amy.get("/chat").key();
    for headers in [
        vec![("Sec-Fetch-Site", "cross-site")],
        vec![("Sec-Fetch-Site", "same-site"), ("Origin", "https://desk.evil.example")],
        vec![("Origin", "https://evil.example")],
        vec![("Origin", "null")],
    ] {
        let mut evil = amy.clone();
        evil.headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let answer = evil.post_form(&[("key", &key), ("text", "cancel")]);
        assert_eq!(answer.status, 403, "{headers:?}");
        assert!(answer.body.contains("Nothing was kept"), "{}", answer.body);
    }
    assert_eq!(amy.get("/chat").lines(), 2);
    for path in ["/", "/chat", "/nothing"] {
        let page = amy.get(path);
        let policy = page.header("content-security-policy").expect("a policy");
        for rule in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert_eq!(page.header("x-content-type-options").as_deref(), Some("nosniff"));
        assert_eq!(page.header("cache-control").as_deref(), Some("no-store"));
        assert!(!page.body.contains("<script>") && !page.body.contains(" style=") && !page.body.contains(" onclick="));
    }
    let style = amy.get("/chat").between("<link rel=\"stylesheet\" href=\"", "\"");
    let style = amy.get(&style);
    assert!(style.header("cache-control").is_some_and(|kept| kept.contains("immutable")), "{}", style.head);
    // A name of somebody else's that leads to this machine.
    let request = "GET /chat HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    let mut stream = amy.connect();
    stream.write_all(request.as_bytes()).expect("it is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 421"), "{answer}");
}

#[test]
fn a_cookie_opens_one_conversation_and_no_other() {
    let desk = Desk::with_sample();
    let (_running, place) = open(&desk);
    let (mut amy, mut omar) = (Browser::new(&place), Browser::new(&place));
    amy.say("please can you reset my nhsmail password, I am Amy Field");
    omar.say("I can read my mail but not send any");
    assert!(!omar.get("/chat").body.contains("Amy Field"));
    let cookie = amy.cookies["chat"].clone();
    assert_eq!(cookie.len(), 32, "128 bits");
    for forged in ["", "0", "../../x", "00000000000000000000000000000000", &cookie.to_uppercase(), &cookie[..31]] {
        let mut evil = Browser::new(&place);
        evil.cookies.insert("chat".into(), forged.to_owned());
        let page = evil.get("/chat");
        assert_eq!((page.status, page.lines()), (200, 0), "{forged}");
    }
    // A cookie that somebody planted before the first word is replaced by it, and is worth nothing a moment later.
    let mut planted = Browser::new(&place);
    planted.cookies.insert("chat".into(), "0123456789abcdef0123456789abcdef".into());
    planted.say("please can you reset my nhsmail password");
    assert_ne!(planted.cookies["chat"], "0123456789abcdef0123456789abcdef");
    let files: Vec<_> = std::fs::read_dir(desk.data()).expect("the folder").collect();
    for file in files.into_iter().map(|file| file.expect("a file").path()).filter(|path| path.is_file()) {
        let bytes = std::fs::read(&file).expect("readable");
        let holds = bytes.windows(32).any(|part| part == cookie.as_bytes());
        assert!(!holds, "{} holds the cookie", file.display());
    }
}

#[test]
fn markup_in_every_field_stays_words() {
    let desk = Desk::with_sample();
    let (_running, place) = open(&desk);
    let mut amy = Browser::new(&place);
    let evil = "</textarea></form><script>alert(1)</script><img src=x onerror=alert(1)>\" onfocus=\"alert(1)";
    let page = amy.say(evil);
    assert!(!page.body.contains("<script>alert") && !page.body.contains("<img"), "{}", page.body);
    let key = amy.get("/chat").key();
    for fields in [
        vec![("key", evil), ("text", "hello")],
        vec![("key", &key), ("text", evil), ("choice", evil)],
        vec![("key", &key), ("text", evil), ("choice", "status")],
        vec![("key", &key), ("text", "x"), ("strange", evil)],
    ] {
        amy.post_form(&fields);
    }
    let name = "x\\\"><script>alert(1)</script>.png";
    let key = amy.get("/chat").key();
    assert_eq!(amy.post_files(&[("key", &key), ("text", "see")], &[(name, "image/png", b"png")]).status, 303);
    let page = amy.get("/chat");
    assert!(!page.body.contains("<script>alert") && !page.body.contains("<img"), "{}", page.body);
    assert!(!page.body.contains(" onfocus=\"alert"), "{}", page.body);
    let odd = amy.send("POST", "/chat", "application/x-www-form-urlencoded", b"text=%FF%00<b>&key=");
    assert!([303, 400, 422].contains(&odd.status), "{}", odd.status);
    assert_eq!(amy.send("POST", "/chat", "text/plain", b"hello").status, 400);
    assert_eq!(amy.send("POST", "/chat", "multipart/form-data", b"hello").status, 400);
}

#[test]
fn files_are_kept_with_the_request_and_too_large_ones_are_refused_with_a_page() {
    let desk = Desk::with_sample();
    let (_running, place) = open(&desk);
    let mut amy = Browser::new(&place);
    let key = amy.get("/chat").key();
    let fields = [("key", key.as_str()), ("text", LOCKED_OUT)];
    let picture = b"\x89PNG not really";
    let secret = b"My password is Winter2026!";
    let files: [(&str, &str, &[u8]); 2] =
        [("..\\..\\shot.png", "image/png", picture), ("notes.txt", "text/plain", secret)];
    assert_eq!(amy.post_files(&fields, &files).status, 303);
    let page = amy.get("/chat");
    assert!(page.body.contains("File: shot.png") && page.body.contains("File: notes.txt"), "{}", page.body);
    let kept = |desk: &Desk| files_below(&desk.data().join("attachments"));
    assert_eq!(kept(&desk).len(), 2);
    assert!(kept(&desk).iter().all(|bytes| !String::from_utf8_lossy(bytes).contains("Winter2026")));

    // A large form is read to its end, so that the browser shows the page that says why.
    let large = vec![7; 20 * 1024 * 1024];
    let key = amy.get("/chat").key();
    let answer = amy.post_files(&[("key", &key), ("text", "here it is")], &[("big.jpg", "image/jpeg", &large)]);
    assert_eq!(answer.status, 413);
    assert!(answer.body.contains("10 MB") && answer.body.contains("here it is</textarea>"), "{}", answer.body);
    assert!(answer.body.contains("href=\"#files\""));

    // The line breaks in the middle: nothing of it is kept.
    let body =
        form(&[("key", &key), ("text", "amy.field@nhs.net")], &[("half.jpg", "image/jpeg", &large[..5_000_000])]);
    let mut stream = amy.connect();
    let media_type = "multipart/form-data; boundary=a-boundary-of-the-form";
    stream.write_all(amy.head("POST", "/chat", media_type, body.len()).as_bytes()).expect("the head");
    stream.write_all(&body[..2_000_000]).expect("a part of it");
    drop(stream);
    assert_eq!(amy.get("/chat").lines(), 2);
    assert_eq!(kept(&desk).len(), 2);
    // The person sends it again from the same page.
    assert_eq!(amy.post_form(&[("key", &key), ("text", "amy.field@nhs.net")]).status, 303);
    assert_eq!(amy.get("/chat").lines(), 4);
}

#[test]
fn a_picture_without_words_goes_to_a_person_and_into_no_closed_request() {
    let desk = Desk::with_sample();
    let (_running, place) = open(&desk);
    let mut amy = Browser::new(&place);
    let key = amy.get("/chat").key();
    assert_eq!(amy.post_files(&[("key", &key), ("text", "asdf")], &[("shot.png", "image/png", b"png")]).status, 303);
    let tickets = desk.run(&["ticket", "list", "--format", "json"]).json();
    assert_eq!(tickets.len(), 1, "{tickets:?}");
    assert_eq!(tickets[0]["state"], "with_agent", "{tickets:?}");
}

fn files_below(folder: &std::path::Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.expect("an entry").path());
    entries
        .flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![std::fs::read(path).expect("a file")] })
        .collect()
}

#[test]
fn who_writes_a_hundred_times_at_once_is_told_to_wait_and_nobody_else_is() {
    let desk = Desk::with_sample();
    let (_running, place) = open(&desk);
    let (mut amy, mut omar) = (Browser::new(&place), Browser::new(&place));
    amy.say("hello");
    omar.get("/chat");
    let key = amy.get("/chat").key();
    let many: Vec<_> = (0..100)
        .map(|n| {
            let (mut amy, key) = (amy.clone(), key.clone());
            std::thread::spawn(move || amy.post_form(&[("key", &key), ("text", &format!("word number {n}"))]).status)
        })
        .collect();
    let page = omar.say(LOCKED_OUT);
    assert!(page.body.contains("e-mail address"), "somebody else is answered meanwhile: {}", page.body);
    let answers: Vec<u16> = many.into_iter().map(|one| one.join().expect("an answer")).collect();
    let (taken, refused) =
        (answers.iter().filter(|one| **one == 303).count(), answers.iter().filter(|one| **one == 429).count());
    assert_eq!(taken + refused, 100, "{answers:?}");
    assert!(taken >= 10 && refused >= 20, "{taken} taken, {refused} told to wait");
    let days = desk.run(&["ledger", "--format", "json"]).json();
    assert!(days.iter().all(|day| day["adds_up"] == true), "{days:?}");
    let words = amy.get("/chat").body.matches("word number").count();
    assert!(words >= taken, "what was taken is there: {words} of {taken}");
}
