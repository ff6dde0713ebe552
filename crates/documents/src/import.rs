//! Reading a road map from a file: bytes become the commands that open it as it stands there.
//!
//! It owns the order of the commands and what an import tells besides; the parts of a file are read beside it.
//! Invariant: what is imported without a diagnostic is accepted by `decide` on an empty stream.

mod columns;
mod contents;
mod document;
mod rows;

use roadbook_domain::presidency::{self, Term};
use roadbook_domain::{
    Base, Batch, Command, Date, Instant, PresidencyKey, Rejection, RoadMapId, Standing, State,
    Version, View, decide,
};
use uuid::Uuid;

use crate::diagnostic::{Diagnostic, Place, Problems};
use crate::reading::{Located, bounds};
use crate::tree;

/// A road map that was read from a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The new road map.
    pub road_map: RoadMapId,
    /// What opens it, in an order in which every command finds what it names: one batch.
    pub commands: Vec<Command>,
    /// The line of the file from which each command comes.
    pub sources: Vec<usize>,
    /// The date of the document, the latest one if the file tells of several: when the road map was so.
    pub date: Option<Date>,
    /// The presidency that issued that document, if the file names the state that held the Presidency on that date.
    pub presidency: Option<PresidencyKey>,
    /// What could not be carried over, such as a redacted text; the file is imported all the same.
    pub remarks: Vec<Diagnostic>,
}

impl Import {
    /// The same road map under another short name.
    pub fn with_slug(mut self, name: &str) -> Self {
        if let Some(Command::OpenRoadMap { slug, .. }) = self.commands.first_mut() {
            name.clone_into(slug);
        }
        self
    }

    /// The short name under which the road map opens.
    pub fn slug(&self) -> &str {
        match self.commands.first() {
            Some(Command::OpenRoadMap { slug, .. }) => slug,
            _ => "",
        }
    }
}

/// Reads a road map in YAML or JSON; `ids` makes the ids of everything in it.
///
/// A file with mistakes gives all that can be told of them, in the order of the file:
/// one diagnostic if its syntax is broken, else every key, value, number and text that breaks a rule.
/// At most [`crate::IMPORT_BYTES_MAX`] bytes are read.
pub fn import(bytes: &[u8], ids: &mut dyn FnMut() -> Uuid) -> Result<Import, Vec<Diagnostic>> {
    let mut draft = Draft::new(ids);
    let Some(root) = tree::read(bytes, &mut draft.problems) else {
        return Err(draft.problems.into_list());
    };
    let Some(mut fields) = Located::root(&root).map(&mut draft.problems) else {
        return Err(draft.problems.into_list());
    };
    // An export says at which moment it was made; that is for its reader.
    fields.take("moment");
    let mut document = document::read(&mut fields, &mut draft);
    let columns = columns::read(&mut fields, &mut document.footnotes, &mut draft);
    rows::read(&mut fields, &columns, &mut draft);
    document.require_footnotes_used(&mut draft.problems);
    let road_map = document.road_map;
    let latest = document.issue(&mut draft);
    fields.finish(&mut draft.problems);
    let (date, presidency) = latest.map_or((None, None), |(place, date, code)| {
        (
            Some(date),
            presidency_on(date, code, place, &mut draft.remarks),
        )
    });
    if draft.problems.is_empty() {
        draft.check();
    }
    if !draft.problems.is_empty() {
        return Err(draft.problems.into_list());
    }
    Ok(Import {
        road_map,
        commands: draft.commands,
        sources: draft.sources.iter().map(|place| place.line).collect(),
        date,
        presidency,
        remarks: draft.remarks.into_list(),
    })
}

/// The presidency of a state on a date; a remark if that state did not hold it.
fn presidency_on(
    date: Date,
    code: Option<String>,
    place: Place,
    remarks: &mut Problems,
) -> Option<PresidencyKey> {
    let code = code?;
    match presidency::find(&format!("{}-{code}", Term::of(date))) {
        Ok(key) => Some(key),
        Err(error) => {
            remarks.note(place, "document.presidency", error.to_string());
            None
        }
    }
}

/// What was read so far.
struct Draft<'i> {
    ids: &'i mut dyn FnMut() -> Uuid,
    commands: Vec<Command>,
    sources: Vec<Place>,
    problems: Problems,
    remarks: Problems,
}

impl<'i> Draft<'i> {
    fn new(ids: &'i mut dyn FnMut() -> Uuid) -> Self {
        Self {
            ids,
            commands: Vec::new(),
            sources: Vec::new(),
            problems: Problems::default(),
            remarks: Problems::default(),
        }
    }

    fn id(&mut self) -> Uuid {
        (self.ids)()
    }

    fn push(&mut self, place: Place, command: Command) {
        self.commands.push(command);
        self.sources.push(place);
    }

    /// Decides the batch on an empty stream, so that no rule of the model is met only when it is too late to name a line.
    fn check(&mut self) {
        let empty = State::default();
        let dates = self.commands.iter().filter_map(|command| match command {
            Command::IssueRevision { revision } => Some(revision.date),
            _ => None,
        });
        // Whether a date lies in the future is for whoever has a clock to say.
        let recorded_at = Instant::end_of_day(dates.max().unwrap_or_default());
        let view = View {
            head: &empty,
            version: Version::ZERO,
            at: None,
            base: None,
            bounds: bounds(),
        };
        let batch = Batch {
            commands: &self.commands,
            base: Base::NOTHING,
            standing: Standing::secretariat(recorded_at),
            effective: recorded_at,
        };
        let refusals = match decide(view, &batch) {
            Ok(_) => return,
            Err(Rejection::Refused(refusals)) => refusals,
            Err(Rejection::Conflicts(_) | Rejection::Needs(_)) => {
                let message = "the file changes one thing twice";
                self.problems.note(Place::START, "", message);
                return;
            }
        };
        for (index, refusal) in refusals {
            let place = index.and_then(|index| self.sources.get(index).copied());
            self.problems
                .note(place.unwrap_or(Place::START), "", refusal.to_string());
        }
    }
}
