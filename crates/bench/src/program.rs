//! The program under load: how the built binary is started, asked for a token, and ended.
//!
//! It owns the processes and the folder with their databases. Invariant: no process and no file outlives the run.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::arguments::Arguments;
use crate::error::{BenchError, within};
use crate::process::Process;

/// As whom the load signs in: the Secretariat may date changes into the past.
const ORGANISATION: &str = "GSC";
/// How long a server may take to print its address.
pub(crate) const START_MAX: Duration = Duration::from_mins(2);
/// How long a server may take to stop gently, its last snapshots included.
const STOP_MAX: Duration = Duration::from_mins(10);
/// Lines of what a server logged that are told after a failure.
const LAST_LINES: usize = 10;

/// The binary, and the folder in which it works.
#[derive(Debug)]
pub(crate) struct Program {
    binary: PathBuf,
    folder: TempDir,
    log: Option<String>,
    settings: Vec<(String, String)>,
}

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
    /// Kept open: a server that cannot print would stop.
    _output: Lines<BufReader<ChildStdout>>,
}

impl Program {
    /// Finds the binary and makes the folder.
    pub(crate) fn prepare(arguments: &Arguments) -> Result<Self, BenchError> {
        let binary = fs::canonicalize(&arguments.binary).map_err(BenchError::io(
            "finding the binary (build it with `cargo build --release`, or name it by --binary)",
        ))?;
        let making = "making a folder for the databases (name another place by --folder)";
        let place = fs::canonicalize(&arguments.folder).map_err(BenchError::io(making))?;
        let folder = tempfile::Builder::new()
            .prefix("bench-")
            .tempdir_in(place)
            .map_err(BenchError::io(making))?;
        Ok(Self {
            binary,
            folder,
            log: arguments.log.clone(),
            settings: arguments.setting.clone(),
        })
    }

    /// The binary under load.
    pub(crate) fn binary(&self) -> &Path {
        &self.binary
    }

    /// The folder with the databases.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file of a database.
    pub(crate) fn database_file(&self, database: &str) -> PathBuf {
        self.folder().join(format!("{database}.db"))
    }

    /// Starts a server on a database, which is made if it is not there. Settings are given as `ROADBOOK_*` variables.
    ///
    /// When this returns, its address accepts connections.
    pub(crate) async fn serve(
        &self,
        database: &str,
        settings: &[(&str, &str)],
    ) -> Result<Server, BenchError> {
        self.serve_on(database, &self.file_url(database), settings)
            .await
    }

    /// Makes a database with the road map of 2015 and what happened to it.
    pub(crate) async fn fill(&self, database: &str) -> Result<(), BenchError> {
        let url = self.file_url(database);
        let listen = ["demo", "--listen", "127.0.0.1:0"];
        self.start(database, &url, &listen, &[]).await?.stop().await
    }

    /// Starts a server, under a name for its log, on the database of a URL.
    pub(crate) async fn serve_on(
        &self,
        name: &str,
        url: &str,
        settings: &[(&str, &str)],
    ) -> Result<Server, BenchError> {
        let listen = ["serve", "--dev", "--listen", "127.0.0.1:0"];
        self.start(name, url, &listen, settings).await
    }

    async fn start(
        &self,
        name: &str,
        url: &str,
        arguments: &[&str],
        settings: &[(&str, &str)],
    ) -> Result<Server, BenchError> {
        const DOING: &str = "starting the server";
        let said = fs::File::create(self.folder().join(format!("{name}.log")))
            .map_err(BenchError::io(DOING))?;
        let mut command = self.command(url);
        command
            .args(arguments)
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(said)
            .kill_on_drop(true);
        if let Some(log) = &self.log {
            command.args(["--log", log]);
        }
        let mut child = command.spawn().map_err(BenchError::io(DOING))?;
        let output = child.stdout.take();
        let output = output.ok_or_else(|| BenchError::unexpected(DOING, "no standard output"))?;
        let mut output = BufReader::new(output).lines();
        let first = within(DOING, START_MAX, async {
            let line = output.next_line().await.map_err(BenchError::io(DOING))?;
            line.ok_or_else(|| BenchError::unexpected(DOING, "it ended without a word"))
        })
        .await?;
        let address = first
            .strip_prefix("http://")
            .and_then(|address| address.trim_end_matches('/').parse().ok())
            .ok_or_else(|| BenchError::unexpected(DOING, &first))?;
        Ok(Server {
            child,
            address,
            _output: output,
        })
    }

    /// A token for the server of a database, which must have been started once.
    pub(crate) async fn token(&self, database: &str) -> Result<String, BenchError> {
        self.token_on(&self.file_url(database)).await
    }

    /// A token for the servers of the database of a URL.
    pub(crate) async fn token_on(&self, url: &str) -> Result<String, BenchError> {
        const DOING: &str = "asking for a token";
        let mut command = self.command(url);
        command.args(["token", "--organisation", ORGANISATION]);
        let output = command.output().await.map_err(BenchError::io(DOING))?;
        let token = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if output.status.success() && !token.is_empty() {
            return Ok(token);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(BenchError::unexpected(DOING, &said))
    }

    /// Runs a command on a database that nobody serves, and gives what it printed.
    pub(crate) async fn run(
        &self,
        database: &str,
        arguments: &[&str],
        settings: &[(&str, &str)],
    ) -> Result<String, BenchError> {
        const DOING: &str = "running a command";
        let mut command = self.command(&self.file_url(database));
        command.args(arguments).envs(settings.iter().copied());
        let output = command.output().await.map_err(BenchError::io(DOING))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(BenchError::unexpected(DOING, &said))
    }

    /// The end of what each server logged, for the reader of a failure.
    pub(crate) fn last_words(&self) -> String {
        let mut words = String::new();
        for entry in fs::read_dir(self.folder()).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_none_or(|extension| extension != "log") {
                continue;
            }
            let logged = fs::read_to_string(&path).unwrap_or_default();
            let lines: Vec<&str> = logged.lines().collect();
            let first = lines.len().saturating_sub(LAST_LINES);
            for line in &lines[first..] {
                words.push_str("server: ");
                words.push_str(line);
                words.push('\n');
            }
        }
        words
    }

    fn file_url(&self, database: &str) -> String {
        format!("sqlite:{}", self.database_file(database).display())
    }

    /// The binary on a database, in the folder and with no settings but those that were asked for.
    fn command(&self, url: &str) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .current_dir(self.folder())
            .env_clear()
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .args(["--database", url]);
        command
    }
}

impl Server {
    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it uses of the machine.
    pub(crate) fn process(&self) -> Result<Process, BenchError> {
        Process::of(&self.child)
    }

    /// What of it is in memory, in MiB.
    pub(crate) fn resident_mib(&self) -> Result<f64, BenchError> {
        Ok(self.process()?.resident_kib()? / 1024.0)
    }

    /// Ends it at once, as a loss of power would.
    pub(crate) async fn kill(mut self) -> Result<(), BenchError> {
        self.child
            .kill()
            .await
            .map_err(BenchError::io("ending the server"))
    }

    /// Asks it to stop and waits until it has, so that its snapshots are written.
    pub(crate) async fn stop(mut self) -> Result<(), BenchError> {
        const DOING: &str = "stopping the server";
        let id = self.child.id();
        let id = id.ok_or_else(|| BenchError::unexpected(DOING, "it has ended by itself"))?;
        // The standard library sends no other signal than the one that cannot be heard.
        let asked = Command::new("sh")
            .args(["-c", "kill -TERM \"$0\"", &id.to_string()])
            .status()
            .await
            .map_err(BenchError::io(DOING))?;
        if !asked.success() {
            return Err(BenchError::unexpected(DOING, "the signal was not sent"));
        }
        let ended = within(DOING, STOP_MAX, async {
            self.child.wait().await.map_err(BenchError::io(DOING))
        })
        .await?;
        if ended.success() {
            Ok(())
        } else {
            Err(BenchError::unexpected(DOING, &ended.to_string()))
        }
    }
}
