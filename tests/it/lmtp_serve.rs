//! The LMTP door of the running desk, as the mail server in front of it sees it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::Connection as _;

use crate::lmtp::SMUGGLING;
use crate::support::{Desk, Running, mail};

const WISH: &str = "Please reset my password, I am locked out.";

/// A mail server that hands mail over.
struct Client {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
}

impl Client {
    /// Connects, and hears the greeting.
    fn connect(running: &Running) -> Client {
        let mut client = Client::connect_unheard(running);
        let greeting = client.hear();
        assert!(greeting.starts_with("220 "), "{greeting}");
        client
    }

    fn connect_unheard(running: &Running) -> Client {
        let place = running.ready["lmtp"].as_str().expect("the door's place");
        let stream = TcpStream::connect(place).expect("it answers");
        // Only so that a test that fails ends.
        stream.set_read_timeout(Some(Duration::from_secs(100))).expect("a limit");
        let reader = BufReader::new(stream.try_clone().expect("a second hold"));
        Client { stream, reader }
    }

    fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("it is taken");
    }

    /// One reply, all its lines; nothing when the desk has closed.
    fn hear(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let before = reply.len();
            let read = self.reader.read_line(&mut reply).expect("a reply");
            if read == 0 || reply.as_bytes().get(before + 3) == Some(&b' ') {
                return reply;
            }
        }
    }

    fn say(&mut self, line: &str) -> String {
        self.send(format!("{line}\r\n").as_bytes());
        self.hear()
    }

    /// Says what leads to the bytes of a mail.
    fn open_mail(&mut self) {
        assert!(self.say("LHLO mx.example").starts_with("250-"));
        assert!(self.say("MAIL FROM:<amy@home.example>").starts_with("250 "));
        assert!(self.say("RCPT TO:<careadmin@nhs.net>").starts_with("250 "));
        assert!(self.say("DATA").starts_with("354 "));
    }

    /// Hands a whole mail over.
    fn deliver(&mut self, mail: &str) -> String {
        self.open_mail();
        self.send(mail.as_bytes());
        self.say(".")
    }

    /// All that is said until the desk closes.
    fn rest(mut self) -> String {
        let mut rest = String::new();
        self.reader.read_to_string(&mut rest).expect("the rest");
        rest
    }
}

fn serve(desk: &Desk) -> Running {
    Running::start_with(desk, &["--lmtp", "127.0.0.1:0"])
}

fn from_amy(id: &str) -> String {
    mail(id, "Amy Field <amy@home.example>", "Locked out", WISH)
}

/// What came in by LMTP, from the ledger, which must add up.
fn counted(desk: &Desk) -> Value {
    let ledger = desk.run(&["ledger", "--format", "json"]);
    assert_eq!(ledger.code, 0, "the ledger adds up: {}", ledger.out);
    ledger.json().into_iter().find(|row| row["door"] == "lmtp").unwrap_or(Value::Null)
}

fn tickets(desk: &Desk) -> usize {
    desk.run(&["ticket", "list", "--all", "--format", "json"]).json().len()
}

#[test]
fn each_recipient_hears_its_own_answer_and_the_same_mail_is_one_ticket() {
    let desk = Desk::new();
    let running = serve(&desk);
    let mut client = Client::connect(&running);
    assert!(client.say("LHLO mx.example").contains("SIZE 35000000"));
    for round in 0..2 {
        client.send(
            b"MAIL FROM:<amy@home.example> SIZE=300 BODY=8BITMIME\r\nRCPT TO:<careadmin@nhs.net>\r\n\
              RCPT TO:<nobody@nhs.net>\r\nRCPT TO:<helpdesk@nhs.net>\r\nDATA\r\n",
        );
        let codes: Vec<String> = (0..5).map(|_| client.hear()[..9].to_owned()).collect();
        assert_eq!(codes, ["250 2.1.0", "250 2.1.5", "550 5.1.1", "250 2.1.5", "354 End t"]);
        client.send(from_amy("one").as_bytes());
        assert!(client.say(".").starts_with("250 2.0.0 "), "round {round}");
        assert!(client.hear().starts_with("250 2.0.0 "), "and the second recipient");
    }
    assert!(client.say("QUIT").starts_with("221 "));
    assert_eq!(client.rest(), "");
    let row = counted(&desk);
    assert_eq!((&row["received"], &row["opened"], &row["duplicate"]), (&2.into(), &1.into(), &1.into()));
    assert_eq!(tickets(&desk), 1);
}

#[test]
fn the_envelope_says_that_a_mail_is_a_bounce_and_what_cannot_be_read_is_kept_too() {
    let desk = Desk::new();
    let mut running = serve(&desk);
    let mut client = Client::connect(&running);
    client.send(b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<postmaster@nhs.net>\r\nDATA\r\n");
    (0..4).for_each(|_| drop(client.hear()));
    client.send(from_amy("null").as_bytes());
    assert!(client.say(".").starts_with("250 "));
    running.hears("decision=\"ignored\"");
    assert!(client.deliver("no mail at all\r\n").starts_with("250 "), "quarantined is kept");
    running.hears("decision=\"quarantined\"");
    let row = counted(&desk);
    assert_eq!((&row["ignored"], &row["quarantined"], &row["opened"]), (&1.into(), &1.into(), &0.into()));
}

#[test]
fn no_smuggled_mail_comes_through_the_socket() {
    let desk = Desk::new();
    let running = serve(&desk);
    for end in SMUGGLING {
        let mut client = Client::connect(&running);
        client.open_mail();
        let second = mail("evil", "Owner <owner@nhs.net>", "Locked out", WISH);
        let smuggled =
            format!("MAIL FROM:<evil@x.example>\r\nRCPT TO:<careadmin@nhs.net>\r\nDATA\r\n{second}\r\n.\r\n");
        client.send(format!("{}{end}{smuggled}", from_amy("bait").trim_end()).as_bytes());
        let rest = client.rest();
        assert!(rest.starts_with("521 5.5.2 ") && rest.lines().count() == 1, "{end:?}: {rest}");
    }
    assert_eq!((counted(&desk), tickets(&desk)), (Value::Null, 0));
    assert!(Client::connect(&running).deliver(&from_amy("honest")).starts_with("250 "));
    assert_eq!(tickets(&desk), 1);
}

#[test]
fn a_mail_whose_sender_goes_away_in_the_midst_of_it_is_no_mail() {
    let desk = Desk::new();
    let running = serve(&desk);
    let text = from_amy("cut");
    let whole = format!("LHLO x\r\nMAIL FROM:<amy@home.example>\r\nRCPT TO:<careadmin@nhs.net>\r\nDATA\r\n{text}.\r\n");
    let cuts = (0..whole.len()).step_by(37).chain(whole.len() - 4..whole.len());
    for cut in cuts {
        let mut client = Client::connect(&running);
        client.send(&whole.as_bytes()[..cut]);
        client.stream.shutdown(Shutdown::Write).expect("it goes away");
        let heard = client.rest();
        assert!(!heard.contains("250 2.0.0 "), "cut at {cut}: {heard}");
    }
    assert_eq!((counted(&desk), tickets(&desk)), (Value::Null, 0));
    assert!(Client::connect(&running).deliver(&text).starts_with("250 "));
    assert_eq!(tickets(&desk), 1);
}

#[test]
fn a_thousand_connections_that_say_nothing_keep_nobody_waiting() {
    let desk = Desk::new();
    let running = serve(&desk);
    // Each of them is an open file of this program too. The desk, which runs already, has seen to itself.
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let most = limit.maximum.unwrap_or(u64::MAX).min(4_096);
    rustix::process::setrlimit(
        rustix::process::Resource::Nofile,
        rustix::process::Rlimit { current: Some(most), maximum: limit.maximum },
    )
    .expect("the limit is raised");
    assert!(most >= 2_300, "this test needs 2,300 open files");
    let idle: Vec<Client> = (0..1_000)
        .map(|n| {
            let mut client = Client::connect(&running);
            match n % 4 {
                0 => {}
                1 => client.send(b"LHL"),
                2 => client.send(b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<careadmin@nhs.net>\r\nDATA\r\nSubject: half"),
                _ => assert!(client.say("LHLO x").starts_with("250-")),
            }
            client
        })
        .collect();
    let begun = Instant::now();
    let mut client = Client::connect(&running);
    assert!(client.deliver(&from_amy("real")).starts_with("250 "));
    println!("with {} idle connections a mail was served in {:?}", idle.len(), begun.elapsed());
    assert_eq!(tickets(&desk), 1);
    // Beyond the limit they are told to come again, and do.
    let mut more: Vec<Client> = (0..250).map(|_| Client::connect_unheard(&running)).collect();
    let turned_away = more.iter_mut().map(Client::hear).filter(|heard| heard.starts_with("421 4.3.2 ")).count();
    assert_eq!(turned_away, 51);
    drop(idle);
    drop(client);
}

#[test]
fn fifty_mails_at_once_are_fifty_tickets() {
    let desk = Desk::new();
    let running = serve(&desk);
    std::thread::scope(|scope| {
        let deliver = |n: u32| Client::connect(&running).deliver(&from_amy(&format!("at-once-{n}")));
        let all: Vec<_> = (0..50).map(|n| scope.spawn(move || deliver(n))).collect();
        for one in all {
            let answer = one.join().expect("it talks");
            assert!(answer.starts_with("250 2.0.0 "), "{answer}");
        }
    });
    assert_eq!(counted(&desk)["opened"], 50);
    assert_eq!(tickets(&desk), 50);
}

#[test]
fn a_mail_as_large_as_may_be_is_taken_and_a_larger_one_is_read_to_its_end() {
    let desk = Desk::new();
    let running = serve(&desk);
    let mut client = Client::connect(&running);
    let head = format!("{}\r\n", from_amy("large"));
    let fill = |size: usize| {
        let line = format!("{}\r\n", "x".repeat(998));
        let mut text = head.clone();
        while text.len() + line.len() <= size {
            text.push_str(&line);
        }
        text.push_str(&"y".repeat(size - text.len() - 2));
        text.push_str("\r\n");
        text
    };
    assert!(client.deliver(&fill(35_000_001)).starts_with("552 5.3.4 "));
    assert!(client.deliver(&fill(35_000_000)).starts_with("250 2.0.0 "), "the same connection is in step");
    assert_eq!(counted(&desk)["received"], 1);
}

/// Holds the database as another program might, while something happens.
fn while_locked<T>(desk: &Desk, happens: impl FnOnce(Box<dyn FnOnce()>) -> T) -> T {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(desk.data().join("caredesk.db"));
    let mut holder = runtime.block_on(sqlx::SqliteConnection::connect_with(&options)).expect("a connection");
    runtime.block_on(sqlx::query("BEGIN IMMEDIATE").execute(&mut holder)).expect("the lock");
    happens(Box::new(move || {
        runtime.block_on(sqlx::query("ROLLBACK").execute(&mut holder)).expect("unlocked");
    }))
}

#[test]
fn while_the_database_is_locked_mail_is_put_off_and_then_taken_once() {
    let desk = Desk::new();
    let running = serve(&desk);
    let mut client = Client::connect(&running);
    while_locked(&desk, |unlock| {
        let answer = client.deliver(&from_amy("held"));
        assert!(answer.starts_with("451 4.3.0 "), "{answer}");
        unlock();
    });
    assert_eq!((counted(&desk), tickets(&desk)), (Value::Null, 0));
    assert!(client.deliver(&from_amy("held")).starts_with("250 "));
    let row = counted(&desk);
    assert_eq!((&row["opened"], &row["duplicate"]), (&1.into(), &0.into()));
}

#[test]
fn a_desk_that_stops_ends_what_it_has_begun_and_takes_nothing_new() {
    let desk = Desk::new();
    let mut running = serve(&desk);
    let mut idle = Client::connect(&running);
    assert!(idle.say("LHLO x").starts_with("250-"));
    let mut half = Client::connect(&running);
    half.open_mail();
    half.send(from_amy("half").as_bytes());
    let mut under_way = Client::connect(&running);
    under_way.open_mail();
    while_locked(&desk, |unlock| {
        under_way.send(format!("{}.\r\n", from_amy("under-way")).as_bytes());
        // Its mark says that the desk has begun to take it.
        let begun = || std::fs::read_dir(desk.data().join("inflight")).is_ok_and(|mut marks| marks.next().is_some());
        while !begun() {
            std::thread::yield_now();
        }
        running.ask_to_stop();
        assert!(idle.rest().starts_with("421 4.3.2 "));
        assert!(half.rest().starts_with("421 4.3.2 "));
        unlock();
    });
    let answers = under_way.rest();
    assert!(answers.starts_with("250 2.0.0 ") && answers.contains("\r\n421 4.3.2 "), "{answers}");
    assert!(running.ends().success());
    assert_eq!(tickets(&desk), 1, "what was acknowledged is kept, and nothing else is");
    let again = serve(&desk);
    assert!(Client::connect(&again).deliver(&from_amy("half")).starts_with("250 "));
    assert!(Client::connect(&again).deliver(&from_amy("under-way")).starts_with("250 "));
    let row = counted(&desk);
    assert_eq!((&row["opened"], &row["duplicate"]), (&2.into(), &1.into()));
}

#[test]
fn the_door_is_off_unless_asked_for_and_never_at_the_port_of_smtp() {
    let desk = Desk::new();
    for port in ["127.0.0.1:25", "0.0.0.0:25", "nonsense"] {
        let ran = desk.run(&["serve", "--lmtp", port]);
        assert_eq!(ran.code, 2, "{port}: {}", ran.err);
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let place = taken.local_addr().expect("its place").to_string();
    let ran = desk.run(&["serve", "--lmtp", &place]);
    assert!(ran.code == 1 && ran.err.contains(&place), "{}", ran.err);
}
