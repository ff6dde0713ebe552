//! One subscriber that comes and goes: it follows by `roadbook watch`, is ended at any moment, and resumes elsewhere from the
//! last cursor that it read.
//!
//! Owns the cursor. Invariant: what was heard counts once it was read; what an ended process had still to say does not.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::api::text;
use crate::chance::Chance;
use crate::progress::{PATIENCE, Progress};
use crate::running::roadbook;

/// A node that says nothing for so long is left for another one.
const SILENCE_MAX: Duration = Duration::from_secs(5);
/// Lines read on one connection at most.
const LINES_MAX: usize = 200;

/// What a subscriber followed, and what it heard.
pub(crate) struct Heard {
    /// The strand, by its lasting key; none for the whole road map.
    pub(crate) strand: Option<String>,
    /// Where it began.
    pub(crate) after: u64,
    /// The versions in the order in which it was told of them.
    pub(crate) versions: Vec<u64>,
    /// How often it connected.
    pub(crate) connections: u32,
}

/// A follower of a road map or of one strand.
pub(crate) struct Subscriber {
    /// Label and lasting key.
    pub(crate) strand: Option<(String, String)>,
    pub(crate) token: String,
    pub(crate) addresses: Vec<String>,
    /// The state after which it begins.
    pub(crate) cursor: String,
    pub(crate) after: u64,
    pub(crate) chance: Chance,
}

impl Subscriber {
    /// Follows until it has heard of the last version.
    pub(crate) fn run(mut self, progress: &Progress) -> Heard {
        let mut heard = Heard {
            strand: self.strand.as_ref().map(|(_, key)| key.clone()),
            after: self.after,
            versions: Vec::new(),
            connections: 0,
        };
        let mut ending = None;
        while !is_over(&heard, progress) {
            if let Some(last) = progress.last_version(heard.strand.as_ref()) {
                let told = heard.versions.last();
                let (since, then) = ending.get_or_insert_with(|| (Instant::now(), told.copied()));
                assert!(
                    since.elapsed() < PATIENCE,
                    "version {last} is not told: {then:?} was the last one when the traffic ended, and {told:?} is now",
                );
            }
            heard.connections += 1;
            if !self.follow(&mut heard, progress) {
                // A server that does not answer is not to be asked without a pause.
                progress.wait_for_news();
            }
        }
        heard
    }

    /// Follows on one connection for a while, and tells whether anything was heard.
    fn follow(&mut self, heard: &mut Heard, progress: &Progress) -> bool {
        let address = &self.addresses[self.chance.below(self.addresses.len())];
        let url = format!("http://{address}");
        let mut arguments = vec!["watch", "--json", "--url", &url, "--after", &self.cursor];
        if let Some((label, _)) = &self.strand {
            arguments.extend(["--strand", label]);
        }
        let mut watch = roadbook(&std::env::temp_dir(), &arguments)
            // A token on a command line can be seen by others, so this is how one is given.
            .env("ROADBOOK_TOKEN", &self.token)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = lines_of(watch.stdout.take().unwrap());
        let most = 1 + self.chance.below(LINES_MAX);
        let mut read = 0;
        while read < most && !is_over(heard, progress) {
            let Ok(line) = lines.recv_timeout(SILENCE_MAX) else {
                break;
            };
            let item: Json = serde_json::from_str(&line).unwrap();
            self.cursor = text(&item["cursor"]);
            heard
                .versions
                .push(item["event"]["version"].as_u64().unwrap());
            read += 1;
        }
        watch.kill().unwrap();
        watch.wait().unwrap();
        read > 0
    }
}

/// Whether nothing more is to come.
fn is_over(heard: &Heard, progress: &Progress) -> bool {
    let last = progress.last_version(heard.strand.as_ref());
    last.is_some() && heard.versions.last().copied() >= last
}

/// The whole lines of a stream, one at a time: what is not taken is not read.
fn lines_of(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = sync_channel(0);
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        loop {
            let mut line = String::new();
            // A process that is ended can leave half a line behind.
            let is_whole = stream.read_line(&mut line).is_ok() && line.ends_with('\n');
            if !is_whole || sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}
