//! A load of edits by several clients at once, and what became of each.
//!
//! Owns the threads and the names of the edits. Invariant: every edit has a text of its own, by which it is found again.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use serde_json::Value as Json;

use crate::api::{Api, Place};
use crate::running::{DATABASE, Server, result};

/// A load on one server.
pub(crate) struct Load<'a> {
    /// Names its edits apart from those of other loads.
    pub(crate) name: String,
    /// One client sets each of these cells, over and over.
    pub(crate) places: &'a [Place],
    pub(crate) token: &'a str,
    /// Edits that must be acknowledged before the end is made.
    pub(crate) acknowledged_min: usize,
}

/// What became of the edits of a load.
#[derive(Default)]
pub(crate) struct Outcome {
    /// Answered as done.
    pub(crate) acknowledged: Vec<String>,
    /// Sent, and not answered as done.
    pub(crate) unanswered: Vec<String>,
}

impl Load<'_> {
    /// Edits until enough is acknowledged, then makes an end of the server in the middle of it.
    pub(crate) fn until(&self, server: &mut Server, end: impl FnOnce(&mut Server)) -> Outcome {
        let count = AtomicUsize::new(0);
        let (enough, reached) = sync_channel(self.places.len());
        let mut outcome = Outcome::default();
        thread::scope(|scope| {
            let mut clients = Vec::new();
            for (client, place) in self.places.iter().enumerate() {
                let api = Api::with(server, self.token);
                let (count, enough) = (&count, enough.clone());
                clients.push(scope.spawn(move || self.edit(client, place, api, count, &enough)));
            }
            drop(enough);
            reached
                .recv()
                .expect("enough edits are acknowledged before the server ends by itself");
            end(server);
            for client in clients {
                let of_client = client.join().unwrap();
                outcome.acknowledged.extend(of_client.acknowledged);
                outcome.unanswered.extend(of_client.unanswered);
            }
        });
        outcome
    }

    /// Sets one cell until the server is gone.
    fn edit(
        &self,
        client: usize,
        place: &Place,
        mut api: Api,
        count: &AtomicUsize,
        enough: &SyncSender<()>,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        let mut base = api.cursor(place);
        for number in 0.. {
            let content = format!("load {} client {client} edit {number}", self.name);
            let Ok(done) = api.try_set(place, &base, &content) else {
                outcome.unanswered.push(content);
                break;
            };
            base = done.cursor;
            outcome.acknowledged.push(content);
            if count.fetch_add(1, Ordering::Relaxed) + 1 == self.acknowledged_min {
                enough.send(()).unwrap();
            }
        }
        outcome
    }
}

/// The texts of all edits in the log, read from the database without a server.
#[track_caller]
pub(crate) fn recorded(folder: &Path) -> HashSet<String> {
    let told = result(folder, &["replay", "--json", "--database", DATABASE]);
    texts(&told).into_iter().collect()
}

/// The texts of the cells that a replay tells of, in order.
pub(crate) fn texts(replay: &str) -> Vec<String> {
    let events = replay
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).unwrap());
    events
        .filter_map(|event| {
            event["payload"]["CellSet"]["content"]["text"]
                .as_str()
                .map(str::to_owned)
        })
        .collect()
}
