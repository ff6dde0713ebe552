//! Prepared bytes: a server that answers every request with the bytes of a file and does nothing else.
//!
//! It owns that server, which is this same program as a process of its own, so that it has the cores that the measured
//! server has. Invariant: it ends with the process that started it.

use std::convert::Infallible;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Stdio;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Response, server};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use crate::error::{BenchError, within};
use crate::program::START_MAX;

const DOING: &str = "serving prepared bytes";

/// The server.
#[derive(Debug)]
pub(crate) struct Prepared {
    address: SocketAddr,
    _running: Child,
}

impl Prepared {
    /// Starts it on the bytes of a file.
    pub(crate) async fn start(file: &Path) -> Result<Self, BenchError> {
        let own = std::env::current_exe().map_err(BenchError::io(DOING))?;
        let mut running = Command::new(own)
            .arg("--prepared")
            .arg(file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(BenchError::io(DOING))?;
        let output = running.stdout.take();
        let output = output.ok_or_else(|| BenchError::unexpected(DOING, "no standard output"))?;
        let mut lines = BufReader::new(output).lines();
        let first = within(DOING, START_MAX, async {
            lines.next_line().await.map_err(BenchError::io(DOING))
        })
        .await?
        .unwrap_or_default();
        let address = first.parse();
        Ok(Self {
            address: address.map_err(|_| BenchError::unexpected(DOING, &first))?,
            _running: running,
        })
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Serves the bytes of a file, tells where, and ends with the standard input.
pub(crate) async fn serve(file: &Path) -> Result<(), BenchError> {
    let bytes = std::fs::read(file).map_err(BenchError::io(DOING))?;
    let bytes = Bytes::from(bytes);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .map_err(BenchError::io(DOING))?;
    let address = listener.local_addr().map_err(BenchError::io(DOING))?;
    println!("{address}");
    std::io::stdout().flush().map_err(BenchError::io(DOING))?;
    // A thread of its own, which waits for nothing else: whoever started this may end without a word.
    std::thread::spawn(|| {
        let _end = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    loop {
        let (stream, _) = listener.accept().await.map_err(BenchError::io(DOING))?;
        stream.set_nodelay(true).map_err(BenchError::io(DOING))?;
        let bytes = bytes.clone();
        tokio::spawn(async move {
            let answer = service_fn(move |_| {
                let mut response = Response::new(Full::new(bytes.clone()));
                let json = HeaderValue::from_static("application/json");
                response.headers_mut().insert(CONTENT_TYPE, json);
                std::future::ready(Ok::<_, Infallible>(response))
            });
            let served = server::conn::http1::Builder::new();
            // A client that goes away ends its connection, which is no failure.
            drop(served.serve_connection(TokioIo::new(stream), answer).await);
        });
    }
}
