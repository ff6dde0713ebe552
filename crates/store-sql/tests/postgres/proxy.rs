//! A network between a node and its server that fails at a chosen moment.
//!
//! Owns one listening port and what is passed on. Invariant: nothing that comes after the words waited for reaches the
//! node, and the server got everything that the node had sent.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Passes everything on until it is told what to wait for.
pub(crate) struct Proxy {
    port: u16,
    end_at: Arc<Mutex<Option<End>>>,
}

/// How a connection is to end.
#[derive(Clone, Copy)]
struct End {
    /// When the server says this.
    at: &'static [u8],
    /// Without a word: nothing passes any more, and both ends think that it is open.
    silently: bool,
}

impl Proxy {
    pub(crate) async fn to(server_port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let end_at = Arc::<Mutex<Option<End>>>::default();
        let shared = Arc::clone(&end_at);
        tokio::spawn(async move {
            loop {
                let (node, _) = listener.accept().await.unwrap();
                let server = TcpStream::connect(("127.0.0.1", server_port))
                    .await
                    .unwrap();
                tokio::spawn(pass_on(node, server, Arc::clone(&shared)));
            }
        });
        Self { port, end_at }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Cuts the connection on which the server says these words next, before the node hears them.
    pub(crate) fn cut_at(&self, at: &'static [u8]) {
        let silently = false;
        *self.end_at.lock().unwrap() = Some(End { at, silently });
    }

    /// Lets the connection on which the server says these words next fall silent, before the node hears them.
    pub(crate) fn silence_at(&self, at: &'static [u8]) {
        let silently = true;
        *self.end_at.lock().unwrap() = Some(End { at, silently });
    }
}

async fn pass_on(node: TcpStream, server: TcpStream, end_at: Arc<Mutex<Option<End>>>) {
    let (mut from_node, mut to_node) = node.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let asking = tokio::spawn(async move {
        let _ = tokio::io::copy(&mut from_node, &mut to_server).await;
    });
    let mut heard = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from_server.read(&mut heard).await {
        let heard = &heard[..length];
        let end = {
            let mut end_at = end_at.lock().unwrap();
            let fits = |words: &[u8]| heard.windows(words.len()).any(|part| part == words);
            end_at.take_if(|end| fits(end.at))
        };
        if end.is_some_and(|end| end.silently) {
            std::future::pending::<()>().await;
        }
        if end.is_some() || to_node.write_all(heard).await.is_err() {
            break;
        }
    }
    asking.abort();
}
