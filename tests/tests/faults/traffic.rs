//! The load under which things fail: clients that edit, and subscribers that come and go.
//!
//! Owns the threads, and who does what on which cell. Invariant: every edit and everything heard is handed to the checker.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use serde_json::Value as Json;

use crate::api::{Api, Place, items, text};
use crate::chance::Chance;
use crate::checker::Seen;
use crate::editor::{Acknowledged, Editor};
use crate::progress::Progress;
use crate::subscriber::{Heard, Subscriber};

/// Strands that are edited, each by two clients, and followed, each by one subscriber.
const STRANDS: usize = 3;
/// Subscribers of everything.
const SUBSCRIBERS_OF_ALL: usize = 2;
/// The column that is edited.
const COLUMN: &str = "notes";

/// Cells of a strand that are needed: one for single edits, and the others for a client each.
const CELLS: usize = 3;

/// A strand with cells that are free to be edited.
struct Strand {
    label: String,
    key: String,
    places: Vec<Place>,
}

/// A load that goes on until it is finished.
pub(crate) struct Traffic {
    progress: Arc<Progress>,
    editors: Vec<JoinHandle<Vec<Acknowledged>>>,
    subscribers: Vec<JoinHandle<Heard>>,
    strands: Vec<Strand>,
    addresses: Vec<String>,
    token: String,
    chance: Chance,
    /// The state that everything began with.
    cursor: String,
    /// Edits beside those of the load.
    singles: Vec<Acknowledged>,
}

impl Traffic {
    /// Begins to edit and to follow, by any of the addresses.
    pub(crate) fn start(addresses: Vec<String>, token: &str, mut chance: Chance) -> Self {
        let road_map = Api::at(&addresses[0], token).unwrap().road_map(&Json::Null);
        let strands: Vec<Strand> = strands(&road_map).take(STRANDS).collect();
        assert_eq!(strands.len(), STRANDS, "the road map has cells to edit");
        let progress = Arc::new(Progress::default());
        let moment = &road_map["state"]["moment"];
        let followed = strands
            .iter()
            .map(|strand| Some((strand.label.clone(), strand.key.clone())));
        let followed = followed.chain(std::iter::repeat_n(None, SUBSCRIBERS_OF_ALL));
        let subscribers: Vec<Subscriber> = followed
            .map(|strand| Subscriber {
                strand,
                token: token.to_owned(),
                addresses: addresses.clone(),
                cursor: text(&moment["cursor"]),
                after: moment["version"].as_u64().unwrap(),
                chance: chance.branch(),
            })
            .collect();
        let places = strands
            .iter()
            .flat_map(|strand| strand.places[1..].iter().map(move |place| (strand, place)));
        let editors: Vec<Editor> = places
            .enumerate()
            .map(|(number, (strand, place))| Editor {
                number,
                place: place.clone(),
                strand: strand.key.clone(),
                cursor: text(&moment["cursor"]),
                token: token.to_owned(),
                addresses: addresses.clone(),
                chance: chance.branch(),
            })
            .collect();
        let begin = |subscriber: Subscriber| {
            let progress = Arc::clone(&progress);
            thread::spawn(move || subscriber.run(&progress))
        };
        let subscribers = subscribers.into_iter().map(begin).collect();
        let begin = |editor: Editor| {
            let progress = Arc::clone(&progress);
            thread::spawn(move || editor.run(&progress))
        };
        let editors = editors.into_iter().map(begin).collect();
        Self {
            progress,
            editors,
            subscribers,
            strands,
            addresses,
            token: token.to_owned(),
            chance,
            cursor: text(&moment["cursor"]),
            singles: Vec::new(),
        }
    }

    /// Waits until more edits are acknowledged from now on.
    #[track_caller]
    pub(crate) fn until_acknowledged(&self, more: usize) {
        self.progress.until_acknowledged(more);
    }

    /// Waits until more tries have come to nothing from now on.
    #[track_caller]
    pub(crate) fn until_failed(&self, more: usize) {
        self.progress.until_failed(more);
    }

    /// Ends the load: every edit is acknowledged, and every subscriber has heard of the last of them.
    pub(crate) fn finish(mut self) -> Seen {
        self.progress.end_editing();
        let of_editors = self.editors.drain(..).map(|editor| editor.join().unwrap());
        let mut acknowledged: Vec<Acknowledged> = of_editors.flatten().collect();
        let mut last_versions = HashMap::new();
        for strand in 0..self.strands.len() {
            let last = self.single(strand, self.addresses.clone());
            last_versions.insert(Some(self.strands[strand].key.clone()), last);
            last_versions.insert(None, last);
        }
        acknowledged.append(&mut self.singles);
        self.progress.end_with(last_versions);
        let heard = self
            .subscribers
            .drain(..)
            .map(|subscriber| subscriber.join().unwrap());
        Seen {
            acknowledged,
            heard: heard.collect(),
            longest_gap: self.progress.longest_gap(),
        }
    }

    /// Makes one edit by a single address, beside the load.
    pub(crate) fn edit_by(&mut self, address: &str) {
        self.single(0, vec![address.to_owned()]);
    }

    /// Makes one edit in a strand, and gives its version.
    fn single(&mut self, strand: usize, addresses: Vec<String>) -> u64 {
        let strand = &self.strands[strand];
        let last = self.singles.last();
        let editor = Editor {
            number: 1000 + self.singles.len(),
            place: strand.places[0].clone(),
            strand: strand.key.clone(),
            cursor: last.map_or(&self.cursor, |edit| &edit.cursor).clone(),
            token: self.token.clone(),
            addresses,
            chance: self.chance.branch(),
        };
        let edit = editor.one(&self.progress);
        let version = edit.version;
        self.singles.push(edit);
        version
    }
}

/// The strands with enough cells that are not shared.
fn strands(road_map: &Json) -> impl Iterator<Item = Strand> {
    let fields = items(&road_map["state"]["fields"]).iter();
    let strands = fields.flat_map(|field| items(&field["strands"]));
    strands.filter_map(|strand| {
        let free = items(&strand["actions"]).iter().filter(|action| {
            let cells = items(&action["cells"]).iter();
            let mut of_column = cells.filter(|span| span["cell"]["column"]["name"] == COLUMN);
            of_column.any(|span| span["span"] == 1)
        });
        let labels = free.map(|action| text(&action["label"]));
        let places: Vec<Place> = labels
            .take(CELLS)
            .map(|label| Place::find(road_map, &label, COLUMN))
            .collect();
        (places.len() == CELLS).then(|| Strand {
            label: text(&strand["label"]),
            key: text(&strand["key"]),
            places,
        })
    })
}
