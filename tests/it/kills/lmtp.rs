//! A mail server in front of the desk: hands a mail over by LMTP, and believes nothing but a 250.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Only so that a test that fails ends.
const PATIENCE: Duration = Duration::from_secs(60);

/// Hands a mail over, to the desk and to a stranger whom it must refuse. Says whether the mail server may forget it.
pub fn hand_over(place: &str, mail: &[u8]) -> bool {
    answer(place, mail).is_ok_and(|answer| answer.starts_with("250 "))
}

/// The answer to the whole mail.
pub fn answer(place: &str, mail: &[u8]) -> io::Result<String> {
    let stream = TcpStream::connect(place)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut client = Client { reader: BufReader::new(stream.try_clone()?), stream };
    client.hear()?;
    client.say("LHLO mx.example")?;
    client.say("MAIL FROM:<bounces@home.example>")?;
    client.say("RCPT TO:<careadmin@nhs.net>")?;
    let stranger = client.say("RCPT TO:<stranger@elsewhere.example>")?;
    assert!(stranger.starts_with("550 "), "{stranger}");
    client.say("DATA")?;
    // In pieces, so that the desk can die between them. No line of these mails begins with a dot.
    for piece in mail.chunks(200) {
        client.stream.write_all(piece)?;
        client.stream.flush()?;
    }
    let answer = client.say(".")?;
    // Whatever comes of it, the mail has its answer.
    let _ = client.say("QUIT");
    Ok(answer)
}

struct Client {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
}

impl Client {
    fn say(&mut self, line: &str) -> io::Result<String> {
        self.stream.write_all(format!("{line}\r\n").as_bytes())?;
        self.hear()
    }

    /// One reply, all its lines.
    fn hear(&mut self) -> io::Result<String> {
        let mut reply = String::new();
        loop {
            let before = reply.len();
            if self.reader.read_line(&mut reply)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if reply.as_bytes().get(before + 3) == Some(&b' ') {
                return Ok(reply);
            }
        }
    }
}
