//! A minimal client of HTTP/1.1: one connection that is kept alive, one request at a time.
//!
//! It owns just as much of the protocol as this server speaks, so that the load costs the machine little: answers carry
//! their length, and everything but 200 is a failure. Invariant: after an answer the connection holds no byte of it.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::error::BenchError;

/// Room that is made before every read.
const READ_BYTES: usize = 4 * 1024;
/// The longest answer that makes sense here.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The head of an answer is shorter.
const HEAD_BYTES_MAX: usize = 2 * 1024;
/// What stands between the head of an answer and its body.
const HEAD_END: &[u8] = b"\r\n\r\n";

/// What is being done when a connection fails.
const DOING: &str = "a request over HTTP";

/// A connection to the server.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    /// The head of a POST up to the value of its last field, the length.
    post_head: String,
    /// The fields of a GET.
    get_fields: String,
    request: Vec<u8>,
    received: Vec<u8>,
}

impl Connection {
    /// Connects. Every request carries the token.
    pub(crate) async fn open(address: SocketAddr, token: &str) -> Result<Self, BenchError> {
        let stream = TcpStream::connect(address)
            .await
            .map_err(BenchError::io("connecting over HTTP"))?;
        stream
            .set_nodelay(true)
            .map_err(BenchError::io("connecting over HTTP"))?;
        let fields = format!(
            "host: {address}\r\nauthorization: Bearer {token}\r\naccept: application/graphql-response+json\r\n"
        );
        Ok(Self {
            stream,
            post_head: format!(
                "POST /graphql HTTP/1.1\r\n{fields}content-type: application/json\r\ncontent-length: "
            ),
            get_fields: format!("host: {address}\r\n\r\n"),
            request: Vec::new(),
            received: Vec::new(),
        })
    }

    /// Sends a GraphQL request and gives the body of its answer.
    pub(crate) async fn post(&mut self, body: &str) -> Result<&str, BenchError> {
        self.request.clear();
        self.request.extend_from_slice(self.post_head.as_bytes());
        let length = body.len().to_string();
        self.request.extend_from_slice(length.as_bytes());
        self.request.extend_from_slice(HEAD_END);
        self.request.extend_from_slice(body.as_bytes());
        self.exchange().await
    }

    /// The bytes of such a request, to be sent again and again.
    pub(crate) fn request(&self, body: &str) -> Vec<u8> {
        let length = body.len().to_string();
        let head = self.post_head.as_bytes();
        [head, length.as_bytes(), HEAD_END, body.as_bytes()].concat()
    }

    /// Sends such a request and lets its answer pass, of which only the head is looked at.
    pub(crate) async fn drain(&mut self, request: &[u8]) -> Result<(), BenchError> {
        self.stream
            .write_all(request)
            .await
            .map_err(BenchError::io(DOING))?;
        self.received.clear();
        let body_start = loop {
            // It is short, and no body is as long as what has arrived when it is looked for.
            let seen = self.received.len().min(HEAD_BYTES_MAX);
            if let Some(end) = head_end(&self.received[..seen]) {
                break end;
            }
            self.read_more().await?;
        };
        let head = text(&self.received[..body_start])?;
        let length = content_length(head).ok_or_else(|| BenchError::unexpected(DOING, head))?;
        if !head.starts_with("HTTP/1.1 200 ") {
            return Err(BenchError::unexpected(DOING, head));
        }
        while self.received.len() < body_start.saturating_add(length) {
            self.read_more().await?;
        }
        Ok(())
    }

    /// Gets a path and gives the body of its answer.
    pub(crate) async fn get(&mut self, path: &str) -> Result<&str, BenchError> {
        self.request.clear();
        let line = format!("GET {path} HTTP/1.1\r\n");
        self.request.extend_from_slice(line.as_bytes());
        self.request.extend_from_slice(self.get_fields.as_bytes());
        self.exchange().await
    }

    async fn exchange(&mut self) -> Result<&str, BenchError> {
        self.stream
            .write_all(&self.request)
            .await
            .map_err(BenchError::io(DOING))?;
        self.received.clear();
        let body_start = loop {
            if let Some(end) = head_end(&self.received) {
                break end;
            }
            self.read_more().await?;
        };
        let head = text(&self.received[..body_start])?;
        let status = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let length = content_length(head).ok_or_else(|| BenchError::unexpected(DOING, head))?;
        let body_end = body_start.saturating_add(length);
        while self.received.len() < body_end {
            self.read_more().await?;
        }
        let body = text(&self.received[body_start..body_end])?;
        if status == "200" {
            Ok(body)
        } else {
            Err(BenchError::unexpected(DOING, &format!("{status} {body}")))
        }
    }

    async fn read_more(&mut self) -> Result<(), BenchError> {
        if self.received.len() > ANSWER_BYTES_MAX {
            return Err(BenchError::unexpected(DOING, "an answer without end"));
        }
        self.received.reserve(READ_BYTES);
        let read = self.stream.read_buf(&mut self.received).await;
        match read.map_err(BenchError::io(DOING))? {
            0 => Err(BenchError::unexpected(DOING, "the connection was closed")),
            _ => Ok(()),
        }
    }
}

/// Where the body begins, if the head is whole.
fn head_end(received: &[u8]) -> Option<usize> {
    let found = received
        .windows(HEAD_END.len())
        .position(|window| window == HEAD_END)?;
    Some(found + HEAD_END.len())
}

fn content_length(head: &str) -> Option<usize> {
    head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        value.trim().parse().ok().filter(|_| is_length)
    })
}

fn text(bytes: &[u8]) -> Result<&str, BenchError> {
    std::str::from_utf8(bytes).map_err(|_| BenchError::unexpected(DOING, "bytes that are no text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_ends_at_an_empty_line() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(head_end(answer), Some(answer.len() - 2));
        assert_eq!(head_end(&answer[..30]), None);
    }

    #[test]
    fn the_length_is_found_whatever_its_case() {
        assert_eq!(
            content_length("HTTP/1.1 200 OK\r\ndate: x\r\nContent-Length: 17\r\n\r\n"),
            Some(17)
        );
        assert_eq!(content_length("HTTP/1.1 200 OK\r\nx: 17\r\n\r\n"), None);
    }
}
