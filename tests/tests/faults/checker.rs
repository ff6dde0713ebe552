//! The judgement at the end of every test: what clients were told, against what the log holds.
//!
//! Owns what must hold whatever failed. Invariant: it asks the log, the nodes and the program's own `verify`, and trusts no
//! two of them to agree.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::api::{Api, text};
use crate::editor::Acknowledged;
use crate::progress::PATIENCE;
use crate::running::result;
use crate::subscriber::Heard;

/// What the clients of a test saw.
pub(crate) struct Seen {
    pub(crate) acknowledged: Vec<Acknowledged>,
    pub(crate) heard: Vec<Heard>,
    /// The longest time in which nothing was acknowledged.
    pub(crate) longest_gap: Duration,
}

/// Where the truth is found.
pub(crate) struct Truth<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) database: &'a str,
    /// Hosts and ports of the nodes that run.
    pub(crate) nodes: &'a [String],
    pub(crate) token: &'a str,
}

/// An event of the log, as far as it is judged.
struct Recorded {
    version: u64,
    command_id: String,
    text: Option<String>,
}

impl Seen {
    /// Fails if anything is lost, doubled, out of order or different from node to node.
    #[track_caller]
    pub(crate) fn check(&self, truth: &Truth<'_>) {
        let log = truth.log();
        let versions: Vec<u64> = log.iter().map(|event| event.version).collect();
        let dense: Vec<u64> = (1..=log.len() as u64).collect();
        assert_eq!(
            versions, dense,
            "versions have a gap, or one is there twice"
        );
        self.check_edits(&log);
        for heard in &self.heard {
            self.check_heard(heard, &log);
        }
        truth.check_nodes(log.len() as u64);
        truth.verify();
        println!("{}", self.summary());
    }

    /// Every acknowledged edit is there once, where its client was told; and nothing is there that nobody was told of.
    #[track_caller]
    fn check_edits(&self, log: &[Recorded]) {
        let of_load = log.iter().filter(|event| {
            event
                .text
                .as_ref()
                .is_some_and(|text| text.starts_with("editor "))
        });
        let mut by_text: HashMap<&str, &Recorded> = HashMap::new();
        for event in of_load {
            let text = event.text.as_deref().unwrap();
            assert!(
                by_text.insert(text, event).is_none(),
                "{text:?} is there twice"
            );
        }
        for edit in &self.acknowledged {
            let event = by_text.remove(edit.text.as_str());
            let event =
                event.unwrap_or_else(|| panic!("{:?} was acknowledged and is lost", edit.text));
            assert_eq!(
                event.version, edit.version,
                "{:?} is not where its client was told",
                edit.text
            );
            assert_eq!(event.command_id, edit.command_id, "{:?}", edit.text);
        }
        assert!(
            by_text.is_empty(),
            "nobody was told of {:?}",
            by_text.keys()
        );
    }

    /// A subscriber heard of every version that touches what it follows, once and in order. Who touched a strand is known
    /// from the clients: nobody else edits.
    #[track_caller]
    fn check_heard(&self, heard: &Heard, log: &[Recorded]) {
        let mut expected: Vec<u64> = match &heard.strand {
            None => log.iter().map(|event| event.version).collect(),
            Some(strand) => {
                let of_strand = self
                    .acknowledged
                    .iter()
                    .filter(|edit| edit.strand == *strand);
                of_strand.map(|edit| edit.version).collect()
            }
        };
        expected.sort_unstable();
        expected.retain(|version| *version > heard.after);
        let pairs = heard.versions.iter().zip(&expected);
        let differs = pairs
            .enumerate()
            .find(|(_, (heard, expected))| heard != expected);
        assert!(
            heard.versions == expected,
            "a subscriber of {:?} heard {} versions of {}; the first that differs: {differs:?}",
            heard.strand,
            heard.versions.len(),
            expected.len()
        );
    }

    fn summary(&self) -> String {
        let again = self
            .acknowledged
            .iter()
            .filter(|edit| edit.tries > 1)
            .count();
        let connections: u32 = self.heard.iter().map(|heard| heard.connections).sum();
        format!(
            "{} edits acknowledged, {again} of them sent more than once; {} subscribers on {connections} connections; \
             nothing was acknowledged for {} ms at most",
            self.acknowledged.len(),
            self.heard.len(),
            self.longest_gap.as_millis()
        )
    }
}

impl Truth<'_> {
    #[track_caller]
    fn log(&self) -> Vec<Recorded> {
        let told = self.ask(&["replay", "--json"]);
        let events = told
            .lines()
            .map(|line| serde_json::from_str::<Json>(line).unwrap());
        let mut events: Vec<Recorded> = events
            .map(|event| Recorded {
                version: event["version"].as_u64().unwrap(),
                command_id: text(&event["commandId"]),
                text: event["payload"]["CellSet"]["content"]["text"]
                    .as_str()
                    .map(str::to_owned),
            })
            .collect();
        // A replay tells in the order in which things took effect.
        events.sort_by_key(|event| event.version);
        events
    }

    /// Every node shows the same state, once it is as far as the log.
    #[track_caller]
    fn check_nodes(&self, version: u64) {
        let mut first: Option<Json> = None;
        for node in self.nodes {
            let state = self.state_of(node, version);
            let first = first.get_or_insert_with(|| state.clone());
            assert!(
                *first == state,
                "{node} shows another state than {}:\n{state}\n{first}",
                self.nodes[0]
            );
        }
    }

    #[track_caller]
    fn state_of(&self, node: &str, version: u64) -> Json {
        let begun = Instant::now();
        loop {
            let mut api = Api::at(node, self.token).unwrap();
            let mut state = api.road_map(&Json::Null)["state"].take();
            let moment = state["moment"].take();
            if moment["version"].as_u64() >= Some(version) {
                return state;
            }
            assert!(begun.elapsed() < PATIENCE, "{node} stays at {moment}");
        }
    }

    #[track_caller]
    fn verify(&self) {
        let verified: Json = serde_json::from_str(&self.ask(&["verify", "--json"])).unwrap();
        assert_eq!(verified["verified"], true, "{verified}");
    }

    #[track_caller]
    fn ask(&self, command: &[&str]) -> String {
        result(
            self.folder,
            &[command, &["--database", self.database]].concat(),
        )
    }
}

/// That the judgement is worth something: whatever must not happen is found.
mod judging {
    use std::time::Duration;

    use super::{Recorded, Seen};
    use crate::editor::Acknowledged;
    use crate::subscriber::Heard;

    fn recorded(version: u64, text: &str) -> Recorded {
        Recorded {
            version,
            command_id: format!("command {version}"),
            text: Some(format!("editor {text}")),
        }
    }

    fn acknowledged(version: u64, text: &str) -> Acknowledged {
        Acknowledged {
            text: format!("editor {text}"),
            command_id: format!("command {version}"),
            version,
            strand: "strand".to_owned(),
            cursor: String::new(),
            tries: 1,
        }
    }

    fn seen(acknowledged: Vec<Acknowledged>) -> Seen {
        Seen {
            acknowledged,
            heard: Vec::new(),
            longest_gap: Duration::ZERO,
        }
    }

    fn check_heard(versions: &[u64]) {
        let log = [recorded(1, "a"), recorded(2, "b"), recorded(3, "c")];
        let seen = seen(vec![acknowledged(2, "b"), acknowledged(3, "c")]);
        let heard = |strand| Heard {
            strand,
            after: 1,
            versions: versions.to_vec(),
            connections: 1,
        };
        seen.check_heard(&heard(None), &log);
        seen.check_heard(&heard(Some("strand".to_owned())), &log);
    }

    #[test]
    fn what_is_right_is_let_through() {
        let log = [recorded(1, "a"), recorded(2, "b")];
        seen(vec![acknowledged(2, "b"), acknowledged(1, "a")]).check_edits(&log);
        check_heard(&[2, 3]);
    }

    #[test]
    #[should_panic(expected = "is lost")]
    fn a_lost_edit_is_found() {
        seen(vec![acknowledged(1, "a")]).check_edits(&[]);
    }

    #[test]
    #[should_panic(expected = "is there twice")]
    fn an_edit_that_is_done_twice_is_found() {
        let log = [recorded(1, "a"), recorded(2, "a")];
        seen(vec![acknowledged(1, "a")]).check_edits(&log);
    }

    #[test]
    #[should_panic(expected = "nobody was told")]
    fn an_edit_that_nobody_was_told_of_is_found() {
        seen(Vec::new()).check_edits(&[recorded(1, "a")]);
    }

    #[test]
    #[should_panic(expected = "is not where its client was told")]
    fn an_edit_at_another_version_is_found() {
        seen(vec![acknowledged(2, "a")]).check_edits(&[recorded(1, "a")]);
    }

    #[test]
    #[should_panic(expected = "heard 1 versions of 2")]
    fn a_version_that_was_missed_is_found() {
        check_heard(&[2]);
    }

    #[test]
    #[should_panic(expected = "heard 3 versions of 2")]
    fn a_version_that_was_told_twice_is_found() {
        check_heard(&[2, 2, 3]);
    }

    #[test]
    #[should_panic(expected = "the first that differs")]
    fn versions_out_of_order_are_found() {
        check_heard(&[3, 2]);
    }
}
