//! A NATS server of a test, which can be killed and started again where it was.
//!
//! Owns how it is started. Invariant: the server ends with the test, however that ends.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A running NATS server.
pub(crate) struct Nats {
    /// With a user and a password, as its server wants them.
    pub(crate) url: String,
    /// It runs until its standard input ends, which it does with this process at the latest.
    running: Child,
    said: BufReader<ChildStdout>,
}

/// The password in the URL of every server of a test.
pub(crate) const PASSWORD: &str = "open%20sesame";

impl Nats {
    /// Starts a server that can keep messages.
    pub(crate) fn start() -> Self {
        Self::of_kind("jetstream")
    }

    /// Starts a server without JetStream.
    pub(crate) fn plain() -> Self {
        Self::of_kind("plain")
    }

    fn of_kind(kind: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/nats-server");
        let mut running = Command::new(script)
            .arg(kind)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(running.stdout.take().unwrap());
        let mut nats = Self {
            url: String::new(),
            running,
            said,
        };
        nats.url = nats.answer();
        assert!(
            nats.url.starts_with("nats://") && nats.url.contains(PASSWORD),
            "NATS does not start; see above"
        );
        nats
    }

    /// Ends the server at once: it gets no chance to write another byte.
    pub(crate) fn kill(&mut self) {
        assert_eq!(self.ask("kill"), "killed");
    }

    /// Starts the server again, at the same address and on what it had stored.
    pub(crate) fn start_again(&mut self) {
        assert_eq!(self.ask("start"), self.url);
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
