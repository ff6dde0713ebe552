//! A whole deployment on this machine, started by `scripts/cluster` from the files of `docs/deploy`.
//!
//! Owns the conversation with the script. Invariant: the deployment ends with the test, however that ends.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value as Json;

use crate::api::text;
use crate::running::{binary, result};

/// A running deployment.
pub(crate) struct Cluster {
    told: Json,
    /// None once it was told to end.
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// It runs until its standard input ends, which it does with this process at the latest.
    running: Child,
}

impl Cluster {
    /// Starts one with the road map of the demonstration, and waits until all of it is healthy.
    pub(crate) fn start(options: &[&str]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/cluster");
        let mut running = Command::new(script)
            .arg("--demo")
            .arg("--roadbook")
            .arg(binary())
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let commands = running.stdin.take();
        let mut answers = BufReader::new(running.stdout.take().unwrap());
        let told = answer(&mut answers);
        Self {
            told,
            commands,
            answers,
            running,
        }
    }

    /// Gives a command, and waits until it is done.
    #[track_caller]
    pub(crate) fn tell(&mut self, command: &str) -> Json {
        println!("{command}");
        let commands = self.commands.as_mut().unwrap();
        writeln!(commands, "{command}").unwrap();
        let answer = answer(&mut self.answers);
        assert!(answer["error"].is_null(), "{command}: {answer}");
        answer
    }

    /// The PostgreSQL that takes writes now.
    #[track_caller]
    pub(crate) fn primary(&mut self) -> String {
        text(&self.tell("primary")["primary"])
    }

    /// Host and port that clients are told: those of the proxy.
    pub(crate) fn front(&self) -> String {
        host_and_port(&self.told["url"])
    }

    /// Hosts and ports of the nodes.
    pub(crate) fn nodes(&self) -> Vec<String> {
        let nodes = self.told["nodes"].as_array().unwrap();
        nodes
            .iter()
            .map(|node| host_and_port(&node["url"]))
            .collect()
    }

    /// The database, by the way that leads to the primary.
    pub(crate) fn database(&self) -> String {
        text(&self.told["database"])
    }

    /// The file of the secret that signs tokens.
    pub(crate) fn token_secret_file(&self) -> String {
        text(&self.told["token_secret_file"])
    }

    /// The folder of the deployment.
    pub(crate) fn folder(&self) -> &Path {
        Path::new(self.told["folder"].as_str().unwrap())
    }

    /// A token of the delegation that holds the presidency.
    #[track_caller]
    pub(crate) fn token(&self) -> String {
        let config = self.folder().join("node-1.toml");
        let config = config.to_str().unwrap();
        let printed = result(
            self.folder(),
            &["token", "--config", config, "--organisation", "GSC"],
        );
        printed.trim().to_owned()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The end of its input is the word to end. The next test has the machine to itself.
        self.commands = None;
        drop(self.running.wait());
    }
}

fn answer(answers: &mut BufReader<ChildStdout>) -> Json {
    let mut line = String::new();
    answers.read_line(&mut line).unwrap();
    assert!(!line.is_empty(), "the deployment has ended; see above");
    serde_json::from_str(&line).unwrap()
}

fn host_and_port(url: &Json) -> String {
    text(url).trim_start_matches("http://").to_owned()
}
