//! A small HTTP client: one connection that is kept open, whole requests, whole answers.
//!
//! Owns as much of HTTP/1.1 as the tests need. Invariant: an answer is given only once its last byte is there.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::output::DEADLINE;

/// An open connection.
pub(crate) struct Http {
    stream: BufReader<TcpStream>,
    address: String,
    /// Header lines that every post bears besides.
    headers: String,
}

/// The answer to a request.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Http {
    /// Connects to host and port.
    pub(crate) fn connect(address: &str) -> io::Result<Self> {
        Self::connect_with(address, DEADLINE)
    }

    /// Connects to host and port, and waits for answers no longer than that.
    pub(crate) fn connect_with(address: &str, patience: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
            address: address.to_owned(),
            headers: String::new(),
        })
    }

    /// Lets every post from now on bear one more header.
    pub(crate) fn bear(&mut self, name: &str, value: &str) {
        self.headers += &[name, ": ", value, "\r\n"].concat();
    }

    /// Posts JSON, in one write.
    pub(crate) fn post(
        &mut self,
        path: &str,
        token: Option<&str>,
        body: &str,
    ) -> io::Result<Answer> {
        let authorization = token.map_or_else(String::new, |token| {
            format!("Authorization: Bearer {token}\r\n")
        });
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\n{authorization}{}Accept: application/graphql-response+json\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            self.headers,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        self.answer()
    }

    /// Gets a page.
    pub(crate) fn get(&mut self, path: &str) -> io::Result<Answer> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address);
        self.stream.get_mut().write_all(request.as_bytes())?;
        self.answer()
    }

    fn answer(&mut self) -> io::Result<Answer> {
        let status = self.line()?;
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.ok_or_else(|| malformed("the status line"))?;
        let mut length = None;
        let mut is_chunked = false;
        loop {
            let header = self.line()?;
            if header.is_empty() {
                break;
            }
            let (name, value) = header
                .split_once(':')
                .ok_or_else(|| malformed("a header"))?;
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().ok(),
                "transfer-encoding" => is_chunked = value.trim().eq_ignore_ascii_case("chunked"),
                _ => {}
            }
        }
        let body = if is_chunked {
            self.chunks()?
        } else {
            self.bytes(length.unwrap_or(0))?
        };
        let body = String::from_utf8(body).map_err(|_| malformed("the body"))?;
        Ok(Answer { status, body })
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let size = self.line()?;
            let size = usize::from_str_radix(size.trim(), 16).map_err(|_| malformed("a chunk"))?;
            body.extend(self.bytes(size)?);
            self.line()?;
            if size == 0 {
                return Ok(body);
            }
        }
    }

    fn bytes(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("{what} of the answer is malformed"),
    )
}
