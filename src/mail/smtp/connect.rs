//! A connection to the relay, up to the point at which letters can go: reached, encrypted as its address demands, and
//! known by user and password.

use std::io;
use std::sync::Arc;

use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use super::wire::Wire;
use super::{Failure, Kind, Password, RelayAddress, Security};
use crate::fault::{self, Point};
use crate::tls::trusting_the_machine;

/// All that is needed to reach the relay.
#[derive(Debug)]
pub(super) struct Way {
    pub address: RelayAddress,
    pub password: Option<Password>,
    tls: Option<Arc<ClientConfig>>,
}

impl Way {
    /// Certificates are read once. A machine without any cannot speak TLS, and says so at once.
    pub(super) fn new(address: RelayAddress, password: Option<Password>) -> Result<Way, String> {
        let tls = match address.security {
            Security::Plain => None,
            Security::StartTls | Security::Tls => Some(Arc::new(trusting_the_machine()?)),
        };
        Ok(Way { address, password, tls })
    }

    /// Opens a connection.
    pub(super) async fn open(&self) -> Result<AsyncSmtpConnection, Failure> {
        let connection = self.greet().await?;
        fault::at(Point::RelayReached);
        let (Some(user), Some(password)) = (&self.address.user, &self.password) else { return Ok(connection) };
        let mut connection = connection;
        let credentials = Credentials::new(user.clone(), password.0.clone());
        match connection.auth(DEFAULT_MECHANISMS, &credentials).await {
            Ok(answer) if answer.has_code(235) => Ok(connection),
            // The relay's words are not repeated: they may hold what it was told.
            Ok(_) => Err(Failure::no_relay("the relay did not take our user name and password")),
            Err(error) => {
                let code = error.status().map_or_else(String::new, |code| format!(" ({code})"));
                Err(Failure::no_relay(format!("the relay did not take our user name and password{code}")))
            }
        }
    }

    async fn greet(&self) -> Result<AsyncSmtpConnection, Failure> {
        let reach = TcpStream::connect((self.address.host.as_str(), self.address.port));
        let tcp = reach.await.map_err(|error| Failure::no_relay(format!("the relay cannot be reached: {error}")))?;
        // Each command waits for its answer: nothing is gained by collecting bytes, and the final dot would wait.
        tcp.set_nodelay(true).map_err(|error| broken(&error))?;
        let peer = tcp.peer_addr().map_err(|error| broken(&error))?;
        let hello = hello();
        match (self.address.security, &self.tls) {
            (Security::Plain, _) | (_, None) => speak(Wire::new(tcp, peer), &hello).await,
            (Security::Tls, Some(tls)) => {
                let encrypted = self.encrypt(tls, tcp).await?;
                speak(Wire::new(encrypted, peer), &hello).await
            }
            (Security::StartTls, Some(tls)) => {
                let mut open = Wire::new(tcp, peer);
                ask_for_tls(&mut open, &hello).await?;
                // lettre would go on reading from its buffer what was sent in the open ahead of encryption.
                let tcp = open.into_stream().map_err(|error| broken(&error))?;
                let encrypted = self.encrypt(tls, tcp).await?;
                speak(Wire::greeted(encrypted, peer), &hello).await
            }
        }
    }

    async fn encrypt(&self, tls: &Arc<ClientConfig>, tcp: TcpStream) -> Result<TlsStream<TcpStream>, Failure> {
        let name = ServerName::try_from(self.address.host.clone())
            .map_err(|_| Failure::no_relay("the relay's name cannot stand in a certificate"))?;
        let encrypted = TlsConnector::from(Arc::clone(tls)).connect(name, tcp).await;
        encrypted.map_err(|error| Failure::no_relay(format!("the line to the relay cannot be encrypted: {error}")))
    }
}

async fn ask_for_tls(open: &mut Wire<TcpStream>, hello: &ClientId) -> Result<(), Failure> {
    let greeting = open.hear().await.map_err(|error| broken(&error))?;
    if greeting.code != "220" {
        return Err(Failure::of_code(&greeting.code, &greeting.lines.join(" ")).about_the_relay());
    }
    let offers = open.ask(&format!("EHLO {hello}\r\n")).await.map_err(|error| broken(&error))?;
    if offers.code != "250" {
        return Err(Failure::of_code(&offers.code, &offers.lines.join(" ")).about_the_relay());
    }
    if !offers.lines.iter().any(|line| line.eq_ignore_ascii_case("STARTTLS")) {
        return Err(Failure::no_relay("the relay offers no STARTTLS, and nothing is said to it in the open"));
    }
    let begins = open.ask("STARTTLS\r\n").await.map_err(|error| broken(&error))?;
    if begins.code != "220" {
        return Err(Failure::of_code(&begins.code, &begins.lines.join(" ")).about_the_relay());
    }
    Ok(())
}

async fn speak<S>(wire: Wire<S>, hello: &ClientId) -> Result<AsyncSmtpConnection, Failure>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Sync + Unpin + std::fmt::Debug + 'static,
{
    let connection = AsyncSmtpConnection::connect_with_transport(Box::new(wire), hello).await;
    connection.map_err(|error| Failure::of(&error).about_the_relay())
}

/// The machine's name, if it is one that relays take; else the form for those who have none.
fn hello() -> ClientId {
    match ClientId::default() {
        ClientId::Domain(name)
            if name.contains('.') && crate::mail::address::addr_spec(&format!("a@{name}")).is_some() =>
        {
            ClientId::Domain(name)
        }
        _ => ClientId::Ipv4([127, 0, 0, 1].into()),
    }
}

fn broken(error: &io::Error) -> Failure {
    Failure { kind: Kind::NoRelay, because: super::plain(&format!("the talk with the relay broke off: {error}")) }
}
