//! Bad input and a bad machine: a clear answer, the right exit code, nothing half done.

use crate::support::{Desk, MONDAY, mail};

const AMY: &str = "Amy Field <amy@home.example>";

#[test]
fn any_bytes_at_all_are_kept_and_seen_by_an_agent() {
    let desk = Desk::with_sample();
    let mut nested = String::from("Message-ID: <n@x.example>\r\nFrom: a@x.example\r\n");
    for n in 0..20_000 {
        nested.push_str(&format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"));
    }
    let hostile: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b"\0\0\0\0".to_vec(),
        b"From: a@x.example\r\nFrom: b@x.example\r\n\r\nhello".to_vec(),
        b"Fr om: owner@nhs.net\r\nFrom: evil@x.example\r\n\r\nhello".to_vec(),
        vec![0xff; 70_000],
        nested.into_bytes(),
        "a: b\r\n".repeat(20_000).into_bytes(),
    ];
    let count = hostile.len();
    for bytes in hostile {
        let ran = desk.run_with(&["ingest", "--format", "json", "--now", MONDAY], &bytes);
        let result = ran.one();
        assert_eq!(result["decision"], "quarantined", "{result}");
        assert!(result["class"].is_null() && result["because"].as_str().is_some_and(|why| !why.is_empty()));
    }
    assert_eq!(desk.run(&["ticket", "list", "--quarantine", "--format", "json"]).json().len(), count);
    assert!(desk.sent().is_empty(), "nobody is answered");
    let next = desk.ingest(&mail("next", AMY, "Locked out", "Please reset my password, I am locked out."));
    assert_eq!(next["decision"], "flow");
    assert_eq!(desk.run(&["ledger"]).code, 0);
}

#[test]
fn robots_are_never_answered() {
    let desk = Desk::with_sample();
    for (n, header) in [
        "Auto-Submitted: auto-replied",
        "Precedence: bulk",
        "List-Id: <news.list.example>",
        "Return-Path: <>",
        "List-Unsubscribe: <mailto:off@list.example>",
    ]
    .into_iter()
    .enumerate()
    {
        let robot =
            format!("{header}\r\n{}", mail(&format!("robot{n}"), AMY, "Locked out", "Please reset my password"));
        let result = desk.ingest(&robot);
        assert_eq!(result["decision"], "ignored", "{header}: {result}");
        assert!(result["ticket"].is_null(), "{header}");
    }
    let own = desk.ingest(&mail("own", "The desk <careadmin@nhs.net>", "Locked out", "Please reset my password"));
    assert_eq!(own["decision"], "ignored");
    assert!(desk.sent().is_empty());
}

#[test]
fn a_password_in_a_mail_is_kept_nowhere_and_its_sender_is_told() {
    let desk = Desk::with_sample();
    let result = desk.ingest(&mail(
        "secret",
        AMY,
        "Locked out",
        "Please reset my password, I am locked out. My password is Tr0ub4dor&3 and it fails.",
    ));
    assert!(!result.to_string().contains("Tr0ub4dor"), "{result}");
    let letter = result["letters"][0]["text"].as_str().expect("a letter");
    assert!(letter.contains("password") && letter.contains("removed"), "{letter}");
    for file in ["caredesk.db", "caredesk.db-wal"] {
        if let Ok(bytes) = std::fs::read(desk.data().join(file)) {
            let secret = b"Tr0ub4dor";
            assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{file} holds the password");
        }
    }
}

#[test]
fn a_locked_database_says_try_later_and_keeps_nothing() {
    let desk = Desk::with_sample();
    let database = desk.data().join("caredesk.db");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&database);
    let ran = runtime.block_on(async {
        use sqlx::Connection as _;
        let mut holder = sqlx::SqliteConnection::connect_with(&options).await.expect("a connection");
        let held = holder.begin_with("BEGIN IMMEDIATE").await.expect("the lock");
        let same = mail("held", AMY, "Locked out", "Please reset my password, I am locked out.");
        let ran = tokio::task::block_in_place(|| desk.run_with(&["ingest", "--format", "json"], same.as_bytes()));
        held.rollback().await.expect("the lock is given back");
        ran
    });
    assert_eq!(ran.code, 75, "{}{}", ran.out, ran.err);
    assert!(ran.out.is_empty() && ran.err.contains("try again later"), "{}", ran.err);
    assert_eq!(desk.run(&["ticket", "list", "--all", "--format", "json"]).json().len(), 0);
    let again = desk.ingest(&mail("held", AMY, "Locked out", "Please reset my password, I am locked out."));
    assert_eq!(again["duplicate"], false, "what was not kept is new");
}

#[test]
fn a_folder_that_cannot_be_written_says_try_later() {
    let desk = Desk::new();
    let file = desk.data();
    std::fs::write(&file, "a file where the folder should be").expect("a file");
    let ran = desk.run_with(&["ingest"], mail("one", AMY, "Hello", "Please reset my password").as_bytes());
    assert_eq!(ran.code, 75, "{}", ran.err);
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
}

#[test]
fn a_full_disk_says_try_later_and_the_next_mail_is_served() {
    let desk = Desk::with_sample();
    let big = mail("big", AMY, "Locked out", &"Please reset my password, I am locked out. ".repeat(40_000));
    std::fs::create_dir_all(desk.data()).expect("a folder");
    let file = desk.data().join("big.eml");
    std::fs::write(&file, &big).expect("a file");
    // No file may grow beyond this many blocks of 512 bytes: to the desk the disk is full.
    let program = desk.command(&["ingest", "--format", "json", file.to_str().expect("a path")]);
    let words: Vec<String> = std::iter::once(program.get_program())
        .chain(program.get_args())
        .map(|word| format!("'{}'", word.to_string_lossy()))
        .collect();
    let output = std::process::Command::new("sh")
        .args(["-c", &format!("trap '' XFSZ; ulimit -f 300; exec {}", words.join(" "))])
        .output()
        .expect("a shell");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(75), "{}{err}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(desk.run(&["ticket", "list", "--all", "--format", "json"]).json().len(), 0, "nothing half done");
    let next = desk.ingest(&mail("next", AMY, "Locked out", "Please reset my password, I am locked out."));
    assert_eq!((next["decision"].as_str(), next["duplicate"].as_bool()), (Some("flow"), Some(false)));
}

#[test]
fn a_wrong_word_on_the_command_line_is_a_usage_error() {
    let desk = Desk::with_sample();
    assert_eq!(desk.run(&["no-such-command"]).code, 2);
    assert_eq!(desk.run(&["ticket", "show", "CD-0000-0001"]).code, 2);
    assert_eq!(desk.run(&["directory", "import", "no-such-file.yaml"]).code, 2);
    let opened = desk.ingest(&mail("one", AMY, "Locked out", "Please reset my password, I am locked out."));
    let reference = opened["ticket"].as_str().expect("a reference");
    let ran = desk.act(reference, &["done"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("no open task"), "{}", ran.err);
}

#[test]
fn what_is_not_answered_can_be_read_by_an_agent() {
    let desk = Desk::with_sample();
    let list = format!(
        "List-Id: <news.list.example>\r\n{}",
        mail("list", AMY, "Spring news", "Our spring party is on Friday.")
    );
    assert_eq!(desk.ingest(&list)["decision"], "ignored");
    let filed = desk.run(&["ticket", "list", "--filed", "--format", "json"]).one();
    assert_eq!(filed["subject"], "Spring news");
    assert!(filed["text"].as_str().is_some_and(|text| text.contains("spring party")), "{filed}");
}

#[test]
fn a_bounce_of_our_letter_is_filed_with_its_request_and_answered_by_nobody() {
    let desk = Desk::with_sample();
    let opened = desk.ingest(&mail("one", AMY, "Password", "Please reset my nhsmail password."));
    let letter = opened["letters"][0]["message_id"].as_str().expect("a Message-ID");
    let bounce = format!(
        "Return-Path: <>\r\nMessage-ID: <b@mx.example>\r\nFrom: Mail Delivery System <mailer-daemon@mx.example>\r\n\
         To: careadmin@nhs.net\r\nSubject: Undelivered Mail Returned to Sender\r\nIn-Reply-To: <{letter}>\r\n\
         Date: Mon, 2 Mar 2026 09:05:00 +0000\r\n\r\nUser unknown\r\n"
    );
    let result = desk.ingest(&bounce);
    assert_eq!((result["decision"].as_str(), result["class"].as_str()), (Some("ignored"), Some("bounce")));
    assert_eq!(result["ticket"], opened["ticket"]);
    assert!(result["letters"].as_array().is_some_and(Vec::is_empty));
    let story = desk.run(&["ticket", "explain", opened["ticket"].as_str().expect("a reference")]);
    assert!(story.out.contains("could not be delivered"), "{}", story.out);
    assert_eq!(desk.sent().len(), 1);
}

#[test]
fn a_stranger_cannot_have_us_send_their_words_to_somebody() {
    let desk = Desk::with_sample();
    for (n, name) in
        ["<b>Win now</b>", "win at www.prize.example", "{{ ticket.reference }}", "call 09011 123456"].iter().enumerate()
    {
        let from = format!("\"{name}\" <victim@home.example>");
        let result = desk.ingest(&mail(
            &format!("x{n}"),
            &from,
            "buy now {{7*7}}",
            "Please reset my nhsmail password. ${x} buy now",
        ));
        let letter = result["letters"][0].clone();
        let said = format!("{}{}", letter["subject"], letter["text"]);
        assert!(!said.contains(name) && !said.contains("buy now") && !said.contains("49"), "{said}");
        assert!(said.contains("Hello"), "{said}");
    }
}
