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
    cut_at: Arc<Mutex<Option<&'static [u8]>>>,
}

impl Proxy {
    pub(crate) async fn to(server_port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let cut_at = Arc::<Mutex<Option<&'static [u8]>>>::default();
        let shared = Arc::clone(&cut_at);
        tokio::spawn(async move {
            loop {
                let (node, _) = listener.accept().await.unwrap();
                let server = TcpStream::connect(("127.0.0.1", server_port))
                    .await
                    .unwrap();
                tokio::spawn(pass_on(node, server, Arc::clone(&shared)));
            }
        });
        Self { port, cut_at }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Cuts the connection on which the server says these words next, before the node hears them.
    pub(crate) fn cut_at(&self, words: &'static [u8]) {
        *self.cut_at.lock().unwrap() = Some(words);
    }
}

async fn pass_on(node: TcpStream, server: TcpStream, cut_at: Arc<Mutex<Option<&'static [u8]>>>) {
    let (mut from_node, mut to_node) = node.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let asking = tokio::spawn(async move {
        let _ = tokio::io::copy(&mut from_node, &mut to_server).await;
    });
    let mut heard = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from_server.read(&mut heard).await {
        let heard = &heard[..length];
        let cut = {
            let mut cut_at = cut_at.lock().unwrap();
            let fits = |words: &[u8]| heard.windows(words.len()).any(|part| part == words);
            cut_at.take_if(|words| fits(words)).is_some()
        };
        if cut || to_node.write_all(heard).await.is_err() {
            break;
        }
    }
    asking.abort();
}
