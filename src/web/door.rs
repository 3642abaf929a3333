//! The door of the pages: connections by HTTP/1.1, none of which may dawdle, and a quiet end when the desk stops.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{Peer, Web};
use crate::desk::stop::Stop;

/// Connections at a time.
const CONNECTIONS: usize = 4_000;
/// For the head of a request.
const HEAD: Duration = Duration::from_secs(15);
/// For requests under way when the desk stops.
const FAREWELL: Duration = Duration::from_secs(10);
/// How long the door rests when the system gives it no connection.
const REST: Duration = Duration::from_millis(200);

/// The door, open but not yet attended.
#[derive(Debug)]
pub struct WebDoor {
    listener: TcpListener,
    address: SocketAddr,
}

impl WebDoor {
    /// Opens the door at `HOST:PORT`; port 0 is any that is free.
    pub async fn open(place: &str) -> io::Result<WebDoor> {
        let listener = TcpListener::bind(place).await?;
        let address = listener.local_addr()?;
        Ok(WebDoor { listener, address })
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Gives pages until the desk stops; then lets requests that are under way come to their end.
    pub async fn run(self, web: Arc<Web>) {
        let router = web.router();
        let mut stop = web.stop.clone();
        let slots = Arc::new(Semaphore::new(CONNECTIONS));
        let mut open = JoinSet::new();
        open.spawn(Arc::clone(&web).keep_forgetting());
        let mut troubled = false;
        loop {
            let accepted = tokio::select! {
                biased;
                () = stop.asked() => break,
                Some(_) = open.join_next() => continue,
                accepted = self.listener.accept() => accepted,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    if !std::mem::replace(&mut troubled, true) {
                        tracing::error!(%error, "the pages get no connection from the system");
                    }
                    stop.sleep(REST).await;
                    continue;
                }
            };
            troubled = false;
            // One too many is closed at once: a browser tries again.
            let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else { continue };
            let router = router.clone().layer(Extension(Peer(peer.ip().to_canonical())));
            let stop = stop.clone();
            open.spawn(async move {
                serve(stream, router, stop).await;
                drop(slot);
            });
        }
        while open.join_next().await.is_some() {}
    }
}

async fn serve(stream: TcpStream, router: Router, mut stop: Stop) {
    // Answers are small and waited for.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    tokio::pin!(connection);
    tokio::select! {
        // A connection that breaks is the browser's business: what it had sent whole is kept.
        _ = connection.as_mut() => return,
        () = stop.asked() => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = tokio::time::timeout(FAREWELL, connection).await;
}
