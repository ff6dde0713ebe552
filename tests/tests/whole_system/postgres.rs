//! A PostgreSQL server of a test, and nodes on it.
//!
//! Owns how they are started. Invariant: the server ends with the test, however that ends.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::certificates::Pair;
use crate::running::{ANY_PORT, Running, Server, result, roadbook};

/// A running PostgreSQL with an empty database.
pub(crate) struct Postgres {
    pub(crate) url: String,
    /// It runs until its standard input ends, which it does with this process at the latest.
    _running: Child,
}

impl Postgres {
    /// Starts a server of a version, 15 or 18.
    pub(crate) fn start(version: u32) -> Self {
        Self::start_with(version, &[])
    }

    /// Starts a server that is connected to by TLS alone.
    pub(crate) fn start_secure(version: u32, pair: &Pair) -> Self {
        let files = [pair.certificate.as_os_str(), pair.key.as_os_str()];
        Self::start_with(version, &[&["secure".as_ref()], &files[..]].concat())
    }

    fn start_with(version: u32, options: &[&OsStr]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/postgres-server");
        let mut running = Command::new(script)
            .arg(version.to_string())
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(running.stdout.take().unwrap())
            .read_line(&mut url)
            .unwrap();
        let url = url.trim().to_owned();
        assert!(
            url.starts_with("postgres://"),
            "PostgreSQL {version} does not start; see above"
        );
        Self {
            url,
            _running: running,
        }
    }

    /// A node that serves the demonstration, which it records first if nobody has.
    #[track_caller]
    pub(crate) fn demo(&self, folder: &Path) -> Server {
        Server::of(self.node(folder, &["demo"], &[]))
    }

    /// A node that serves what is there.
    #[track_caller]
    pub(crate) fn serve(&self, folder: &Path) -> Server {
        Server::of(self.node(folder, &["serve", "--dev"], &[]))
    }

    /// A node that runs a command that serves, with settings given as variables.
    pub(crate) fn node(
        &self,
        folder: &Path,
        command: &[&str],
        settings: &[(&str, &str)],
    ) -> Running {
        let listening = ["--listen", ANY_PORT, "--database", &self.url];
        let mut call = roadbook(folder, &[command, &listening].concat());
        call.env("ROADBOOK_LOG", "warn");
        call.envs(settings.iter().copied());
        Running::start(call)
    }

    /// The result of a command on the database.
    #[track_caller]
    pub(crate) fn result(&self, folder: &Path, command: &[&str]) -> String {
        result(folder, &[command, &["--database", &self.url]].concat())
    }
}
