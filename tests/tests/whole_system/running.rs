//! The binary under test, and a process of it that is ended with the test.
//!
//! Owns where the binary is, how it is started, stopped and killed. Invariant: no process outlives its test.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use tempfile::TempDir;

use crate::http::Http;
use crate::output::Lines;

/// A free port of this machine alone.
pub(crate) const ANY_PORT: &str = "127.0.0.1:0";

/// The database of a test, in its folder.
pub(crate) const DATABASE: &str = "sqlite:test.db";

/// What a server says of itself that takes everything on.
pub(crate) const READY: &str = "{\"status\":\"ready\"}\n";

/// A folder that is gone after the test.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// The binary beside the tests of the same build, or the one that whoever runs the tests names.
#[expect(
    clippy::disallowed_methods,
    reason = "which binary is tested is said by whoever runs the tests, not by a setting of the program"
)]
pub(crate) fn binary() -> PathBuf {
    if let Some(named) = std::env::var_os("TESTED_ROADBOOK") {
        return named.into();
    }
    let tests = std::env::current_exe().unwrap();
    let build = tests.parent().and_then(Path::parent).unwrap();
    let binary = build.join(format!("roadbook{}", std::env::consts::EXE_SUFFIX));
    assert!(
        binary.is_file(),
        "{} is missing: run `cargo build` first, as scripts/test does",
        binary.display()
    );
    binary
}

/// A call of the binary in a folder, with no settings but those of the call.
pub(crate) fn roadbook<A: AsRef<OsStr>>(folder: &Path, arguments: &[A]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).current_dir(folder).env_clear();
    command
}

/// Runs the binary to its end.
pub(crate) fn run<A: AsRef<OsStr>>(folder: &Path, arguments: &[A]) -> Output {
    roadbook(folder, arguments).output().unwrap()
}

/// Runs the binary, which must succeed, and gives its standard output.
#[track_caller]
pub(crate) fn result<A: AsRef<OsStr>>(folder: &Path, arguments: &[A]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs the binary, which must end with a code, and gives what it said on standard error.
#[track_caller]
pub(crate) fn refusal<A: AsRef<OsStr>>(folder: &Path, arguments: &[A], code: i32) -> String {
    let output = run(folder, arguments);
    assert_eq!(output.status.code(), Some(code), "{}", said(&output));
    String::from_utf8(output.stderr).unwrap()
}

/// What a process said, for the message of a failed test.
pub(crate) fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!(
        "{}\n{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(err)
    )
}

/// A process that goes on until it is ended.
pub(crate) struct Running {
    child: Child,
    pub(crate) out: Lines,
    pub(crate) err: Lines,
}

impl Running {
    /// Starts a call.
    pub(crate) fn start(mut command: Command) -> Self {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self {
            out: Lines::of(child.stdout.take().unwrap()),
            err: Lines::of(child.stderr.take().unwrap()),
            child,
        }
    }

    /// The demonstration on the database of the test, once it serves.
    #[track_caller]
    pub(crate) fn demo(folder: &Path) -> Server {
        let arguments = [
            "demo",
            "--listen",
            ANY_PORT,
            "--database",
            DATABASE,
            "--log",
            "warn",
        ];
        Server::of(Self::start(roadbook(folder, &arguments)))
    }

    /// A server on the database of the test, once it serves.
    #[track_caller]
    pub(crate) fn serve(folder: &Path, listen: &str) -> Server {
        Server::of(Self::start(roadbook(folder, &serve_arguments(listen))))
    }

    /// The number of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks the process to stop, and waits until it has.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        terminate(self.id());
        self.wait()
    }

    /// Ends the process at once: it gets no chance to write another byte.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.wait();
    }

    /// Waits for the end of the process.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended long ago, which is what both calls then say.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The arguments of a server on the database of the test.
pub(crate) fn serve_arguments(listen: &str) -> [&str; 8] {
    [
        "serve",
        "--dev",
        "--listen",
        listen,
        "--database",
        DATABASE,
        "--log",
        "warn",
    ]
}

/// Sends a process the signal by which an operator stops it.
pub(crate) fn terminate(process: u32) {
    signal("-TERM", process);
}

/// Sends a process the signal by which an operator has it read its secrets again.
pub(crate) fn hang_up(process: u32) {
    signal("-HUP", process);
}

fn signal(name: &str, process: u32) {
    let sent = Command::new("kill")
        .arg(name)
        .arg(process.to_string())
        .status();
    assert!(
        sent.is_ok_and(|status| status.success()),
        "kill {name} {process} failed"
    );
}

/// A process that serves.
pub(crate) struct Server {
    pub(crate) process: Running,
    /// The first line that it printed.
    pub(crate) url: String,
}

impl Server {
    /// Waits until a process has said where it serves.
    #[track_caller]
    pub(crate) fn of(process: Running) -> Self {
        let url = process.out.nth(0);
        assert!(
            url.starts_with("http://"),
            "the first line is no URL: {url}"
        );
        Self { process, url }
    }

    /// Gets a page, and gives its status and body.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let answer = Http::connect(self.address()).unwrap().get(path).unwrap();
        (answer.status, answer.body)
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }
}
