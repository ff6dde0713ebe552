//! Durability: what was acknowledged is there, whatever happens to the process.

use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

use crate::api::{Api, Place, token};
use crate::load::{Load, recorded};
use crate::running::{
    ANY_PORT, DATABASE, Running, Server, binary, folder, result, serve_arguments, terminate,
};

/// How often the server is killed in the middle of a load.
const ROUNDS: usize = 50;
/// Clients that edit at once.
const CLIENTS: usize = 4;

#[test]
fn kill_minus_nine_loses_nothing() {
    let folder = folder();
    let folder = folder.path();
    let mut server = Running::demo(folder);
    let token = token(folder, "GSC");
    let road_map = Api::with(&server, &token).road_map(&Json::Null);
    let places = Place::several(&road_map, "notes", CLIENTS);
    server.process.kill();
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let mut server = Running::serve(folder, ANY_PORT);
        let load = Load {
            name: format!("of round {round}"),
            places: &places,
            token: &token,
            // Another number in each round, so that the kill meets every stage of a commit.
            acknowledged_min: 3 + (round * 7) % 29,
        };
        let outcome = load.until(&mut server, |server| server.process.kill());
        acknowledged.extend(outcome.acknowledged);
    }
    result(folder, &["verify", "--database", DATABASE]);
    let recorded = recorded(folder);
    let lost: Vec<&String> = acknowledged
        .iter()
        .filter(|edit| !recorded.contains(*edit))
        .collect();
    assert!(
        lost.is_empty(),
        "{} of {} acknowledged edits are lost: {lost:?}",
        lost.len(),
        acknowledged.len()
    );
}

/// In the text of the edit that is traced, and nowhere else.
const MARKER: &str = "traced-edit-4711";

#[test]
fn an_answer_follows_the_sync_of_its_append() {
    let folder = folder();
    let folder = folder.path();
    Running::demo(folder).process.stop();
    let file = folder.join("trace");
    let mut traced = Command::new("strace");
    traced
        .args(["-f", "-y", "-s", "4096", "-e"])
        .arg("trace=fdatasync,fsync,pwrite64,write,writev,sendto,sendmsg,read,recvfrom,recvmsg")
        .arg("-o")
        .arg(&file)
        .arg(binary())
        .args(serve_arguments(ANY_PORT))
        .current_dir(folder);
    let mut watching = Tracer {
        server: Server::of(Running::start(traced)),
        file: &file,
        has_ended: false,
    };
    let mut api = Api::of(&watching.server, folder, "GSC");
    let road_map = api.road_map(&Json::Null);
    api.set(&Place::find(&road_map, "B.5.1", "notes"), MARKER);
    assert!(watching.stop(), "the server stops well");
    let trace = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = trace.lines().collect();

    let request = lines
        .iter()
        .position(|line| line.contains(MARKER))
        .expect("the request is in the trace");
    let answer = after(&lines, request, |line| {
        is_sent(line) && line.contains("EditDone")
    });
    let answer = answer.expect("the answer is in the trace");
    let append = after(&lines, request, |line| {
        is_written(line) && line.contains("test.db-wal")
    });
    let append = append.expect("the append is in the trace");
    let sync = after(&lines, append, |line| {
        is_sync(line) && line.contains("test.db-wal")
    });
    let sync = sync.expect("the append is synced");
    let synced = completed(&lines, sync).expect("the sync is completed");
    let order =
        format!("request {request}, append {append}, sync {sync} to {synced}, answer {answer}");
    assert!(
        request < append && append < sync && synced < answer,
        "{order}"
    );
}

/// A server beneath strace. Ending strace alone would leave the server behind.
struct Tracer<'a> {
    server: Server,
    file: &'a Path,
    has_ended: bool,
}

impl Tracer<'_> {
    /// Every line of the trace begins with the number of a thread; the first one is that of the process.
    fn traced(&self) -> Option<u32> {
        let trace = std::fs::read_to_string(self.file).ok()?;
        trace.split_whitespace().next()?.parse().ok()
    }

    fn stop(&mut self) -> bool {
        terminate(self.traced().expect("the trace names the process"));
        let status = self.server.process.wait();
        self.has_ended = true;
        status.success()
    }
}

impl Drop for Tracer<'_> {
    fn drop(&mut self) {
        if let Some(process) = self.traced().filter(|_| !self.has_ended) {
            drop(
                Command::new("kill")
                    .arg("-KILL")
                    .arg(process.to_string())
                    .output(),
            );
        }
    }
}

fn after(lines: &[&str], from: usize, fits: impl Fn(&str) -> bool) -> Option<usize> {
    let found = lines[from + 1..].iter().position(|line| fits(line));
    found.map(|offset| from + 1 + offset)
}

/// SQLite writes by one call or the other, as it was compiled.
fn is_written(line: &str) -> bool {
    line.contains("pwrite64(") || line.contains(" write(")
}

fn is_sent(line: &str) -> bool {
    ["sendto(", "sendmsg(", "write(", "writev("]
        .iter()
        .any(|call| line.contains(call))
}

fn is_sync(line: &str) -> bool {
    line.contains("fdatasync(") || line.contains("fsync(")
}

/// The line on which a call returned 0: its own, or that on which its thread goes on.
fn completed(lines: &[&str], call: usize) -> Option<usize> {
    let line = lines[call];
    if !line.contains("<unfinished ...>") {
        return line.trim_end().ends_with("= 0").then_some(call);
    }
    let thread = line.split_whitespace().next()?;
    let resumed = after(lines, call, |line| {
        line.split_whitespace().next() == Some(thread) && line.contains("sync resumed>")
    })?;
    lines[resumed]
        .trim_end()
        .ends_with("= 0")
        .then_some(resumed)
}
