//! Fan-out: one durable append, and then a short message to many sockets of the loopback network.
//!
//! It owns both ends of the sockets. Invariant: a message counts only once every socket has received it.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{Appended, PAGE_BYTES};
use crate::error::{BenchError, within};
use crate::samples::{Percentiles, Samples};

/// About as long as a change is told.
const MESSAGE_BYTES: usize = 512;
/// How long a message may take to arrive everywhere.
const MESSAGE_MAX: Duration = Duration::from_secs(10);
const DOING: &str = "measuring a fan-out over the loopback network";

/// Sockets that listen, and those by which they are spoken to.
#[derive(Debug)]
pub(crate) struct FanOut {
    file: Appended,
    speaking: Vec<TcpStream>,
    received: mpsc::Receiver<Instant>,
    /// Ends with this.
    _listening: JoinSet<()>,
}

impl FanOut {
    /// Connects so many sockets.
    pub(crate) async fn open(folder: &Path, sockets: usize) -> Result<Self, BenchError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(BenchError::io(DOING))?;
        let address = listener.local_addr().map_err(BenchError::io(DOING))?;
        let (received_by, received) = mpsc::channel(sockets);
        let mut speaking = Vec::with_capacity(sockets);
        let mut listening = JoinSet::new();
        for _ in 0..sockets {
            let socket = TcpStream::connect(address)
                .await
                .map_err(BenchError::io(DOING))?;
            let (accepted, _) = listener.accept().await.map_err(BenchError::io(DOING))?;
            accepted.set_nodelay(true).map_err(BenchError::io(DOING))?;
            speaking.push(accepted);
            listening.spawn(listen(socket, received_by.clone()));
        }
        Ok(Self {
            file: Appended::create(folder)?,
            speaking,
            received,
            _listening: listening,
        })
    }

    /// Sends so many messages, each after an append, and tells how long it takes from before the append to each receipt.
    pub(crate) async fn measure(&mut self, messages: usize) -> Result<Percentiles, BenchError> {
        let page = [b'x'; PAGE_BYTES];
        let message = [b'x'; MESSAGE_BYTES];
        let mut samples = Samples::default();
        for _ in 0..messages {
            let started = Instant::now();
            self.file.append(&page)?;
            for socket in &mut self.speaking {
                socket
                    .write_all(&message)
                    .await
                    .map_err(BenchError::io(DOING))?;
            }
            for _ in 0..self.speaking.len() {
                let received = within(DOING, MESSAGE_MAX, async {
                    let received = self.received.recv().await;
                    received.ok_or_else(|| BenchError::unexpected(DOING, "no socket listens"))
                });
                samples.push(received.await?.saturating_duration_since(started));
            }
        }
        Ok(samples.percentiles())
    }
}

/// Tells of every whole message; ends when the other side does.
async fn listen(mut socket: TcpStream, received: mpsc::Sender<Instant>) {
    let mut message = [0; MESSAGE_BYTES];
    while socket.read_exact(&mut message).await.is_ok() {
        if received.send(Instant::now()).await.is_err() {
            return;
        }
    }
}
