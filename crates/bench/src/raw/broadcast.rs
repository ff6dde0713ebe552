//! A plain server of WebSockets that sends every line of its standard input to all of them: what fan-out costs at least.
//!
//! It owns both sides: the server, which is this program in a process of its own so that its use of the machine can be told
//! apart, and the handle by which it is spoken to. Invariant: it does for a socket what any server must, and nothing more.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{broadcast, mpsc};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{accept_async_with_config, client_async_with_config};

use crate::crowd::Crowd;
use crate::error::{BenchError, within};
use crate::process::Process;
use crate::program::START_MAX;

/// Messages that a socket may be behind.
const BEHIND_MAX: usize = 1_024;
/// Bytes read and written at once, as in the server that is measured.
const BUFFER_BYTES: usize = 4 * 1024;
const DOING: &str = "speaking to the plain server of sockets";

/// The server, from outside.
#[derive(Debug)]
pub(crate) struct Broadcaster {
    child: Child,
    lines: ChildStdin,
    address: SocketAddr,
}

impl Broadcaster {
    /// Starts one.
    pub(crate) async fn start() -> Result<Self, BenchError> {
        let program = std::env::current_exe().map_err(BenchError::io(DOING))?;
        let mut child = Command::new(program)
            .arg("--broadcast")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(BenchError::io(DOING))?;
        let (Some(lines), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(BenchError::unexpected(DOING, "no standard input or output"));
        };
        let mut output = BufReader::new(output).lines();
        let first = within(DOING, START_MAX, async {
            output.next_line().await.map_err(BenchError::io(DOING))
        });
        let first = first.await?.unwrap_or_default();
        let address = first
            .parse()
            .map_err(|_| BenchError::unexpected(DOING, &first))?;
        Ok(Self {
            child,
            lines,
            address,
        })
    }

    /// What it uses of the machine.
    pub(crate) fn process(&self) -> Result<Process, BenchError> {
        Process::of(&self.child)
    }

    /// Opens so many sockets.
    pub(crate) async fn gather(&self, sockets: usize) -> Result<Crowd, BenchError> {
        let mut crowd = Crowd::new();
        let url = format!("ws://{}/", self.address);
        for _ in 0..sockets {
            let stream = TcpStream::connect(self.address)
                .await
                .map_err(BenchError::io(DOING))?;
            let opened = client_async_with_config(&url, stream, Some(config())).await;
            let (socket, _response) = opened.map_err(BenchError::socket(DOING))?;
            crowd.join(socket.into_inner());
        }
        Ok(crowd)
    }

    /// Sends a message to all.
    pub(crate) async fn send(&mut self, message: &str) -> Result<(), BenchError> {
        let line = format!("{message}\n");
        self.lines
            .write_all(line.as_bytes())
            .await
            .map_err(BenchError::io(DOING))
    }
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
}

/// Is the server, until its standard input ends. As many threads as the server that is measured has by default.
pub(crate) async fn run() -> Result<(), BenchError> {
    const DOING: &str = "serving sockets";
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .map_err(BenchError::io(DOING))?;
    println!("{}", listener.local_addr().map_err(BenchError::io(DOING))?);
    let (messages, _) = broadcast::channel::<Utf8Bytes>(BEHIND_MAX);
    let (line_by, mut lines) = mpsc::channel(BEHIND_MAX);
    // Reading it may block for ever, which is a thread's affair.
    std::thread::spawn(move || {
        let lines = std::io::stdin().lines().map_while(Result::ok);
        for line in lines {
            if line_by.blocking_send(line).is_err() {
                return;
            }
        }
    });
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted.map_err(BenchError::io(DOING))?;
                tokio::spawn(serve(stream, messages.subscribe()));
            }
            line = lines.recv() => match line {
                // Nobody may listen yet.
                Some(line) => drop(messages.send(line.into())),
                None => return Ok(()),
            }
        }
    }
}

/// Sends what comes until either side has enough.
async fn serve(stream: TcpStream, mut messages: broadcast::Receiver<Utf8Bytes>) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let Ok(mut socket) = accept_async_with_config(stream, Some(config())).await else {
        return;
    };
    loop {
        let message = tokio::select! {
            message = messages.recv() => message,
            received = socket.next() => match received {
                Some(Ok(_)) => continue,
                _ => return,
            }
        };
        let Ok(message) = message else { return };
        if socket.send(Message::Text(message)).await.is_err() {
            return;
        }
    }
}
