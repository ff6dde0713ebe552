//! A NATS server of a test, which can be killed and started again where it was.
//!
//! Owns how it is started. Invariant: the server ends with the test, however that ends.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use async_nats::{Client, ConnectOptions};

/// A running server with JetStream.
pub(crate) struct Server {
    /// With a user and a password, as the server wants them.
    pub(crate) url: String,
    /// It runs until its standard input ends, which it does with this process at the latest.
    running: Child,
    said: BufReader<ChildStdout>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// A server that is reached by TLS, whose user may do what a node needs and no more.
    pub(crate) fn start_secure(certificate: &Path, key: &Path) -> Self {
        Self::start_with(&["secure".as_ref(), certificate.as_os_str(), key.as_os_str()])
    }

    fn start_with(arguments: &[&OsStr]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/nats-server");
        let mut running = Command::new(script)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(running.stdout.take().unwrap());
        let mut server = Self {
            url: String::new(),
            running,
            said,
        };
        server.url = server.answer();
        assert!(
            server.url.contains("://roadbook:"),
            "NATS does not start; see above"
        );
        server
    }

    /// Ends the server at once: it gets no chance to write another byte.
    pub(crate) fn kill(&mut self) {
        assert_eq!(self.ask("kill"), "killed");
    }

    /// Starts the server again, at the same address and on what it had stored.
    pub(crate) fn start_again(&mut self) {
        assert_eq!(self.ask("start"), self.url);
    }

    /// A connection of somebody who is no node.
    pub(crate) async fn stranger(&self) -> Client {
        let (_, place) = self.url.rsplit_once('@').unwrap();
        let options = ConnectOptions::new()
            .user_and_password("roadbook".to_owned(), "open sesame".to_owned());
        options.connect(place).await.unwrap()
    }

    fn ask(&mut self, what: &str) -> String {
        let input = self.running.stdin.as_mut().unwrap();
        writeln!(input, "{what}").unwrap();
        self.answer()
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }
}
