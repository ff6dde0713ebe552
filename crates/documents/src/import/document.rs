//! The document block and the older revisions: title, marking, cover pages, footnotes.
//!
//! It owns how they are read; which column a footnote hangs on is told by the columns.
//! Invariant: revisions are issued oldest first, and the one in the document block last.

use roadbook_domain::directory::is_key;
use roadbook_domain::document_number::DocumentNumber;
use roadbook_domain::revision::Cover;
use roadbook_domain::{Command, Date, Marking, Revision, RoadMapId};

use super::Draft;
use crate::diagnostic::{Place, Problems};
use crate::reading::{Fields, check_words};
use crate::vocabulary::{is_name, marking_of_word, slug_of};

/// What a cover can say only together with a number.
const COVER_KEYS: &[&str] = &[
    "kind",
    "date",
    "from",
    "to",
    "previous_document",
    "supersedes",
    "language",
    "department",
    "drafters",
    "presidency",
    "intro",
];

/// A footnote of the document.
pub(super) struct Footnote {
    place: Place,
    path: String,
    pub(super) mark: String,
    pub(super) text: String,
    /// Whether a column refers to it.
    pub(super) used: bool,
}

/// What the document block and the older revisions say.
pub(super) struct Document {
    pub(super) road_map: RoadMapId,
    pub(super) footnotes: Vec<Footnote>,
    revisions: Vec<(Place, Revision)>,
    /// Whether the last revision is that of the document block.
    is_numbered: bool,
}

/// Reads both and opens the road map.
pub(super) fn read(root: &mut Fields<'_>, draft: &mut Draft<'_>) -> Document {
    let road_map = RoadMapId(draft.id());
    let mut document = Document {
        road_map,
        footnotes: Vec::new(),
        revisions: Vec::new(),
        is_numbered: false,
    };
    for older in root.items("revisions", &mut draft.problems) {
        let Some(mut fields) = older.map(&mut draft.problems) else {
            continue;
        };
        let revision = revision(&mut fields, &mut draft.problems);
        document.add(revision, fields.place, &fields.path, &mut draft.problems);
        fields.finish(&mut draft.problems);
    }
    let block = root.required("document", &mut draft.problems);
    let Some(mut fields) = block.and_then(|block| block.map(&mut draft.problems)) else {
        return document;
    };
    open(road_map, &mut fields, draft);
    document.footnotes = footnotes(&mut fields, &mut draft.problems);
    if fields.has("number") {
        let revision = revision(&mut fields, &mut draft.problems);
        document.is_numbered = revision.is_some();
        document.add(revision, fields.place, &fields.path, &mut draft.problems);
    } else {
        refuse_cover(&mut fields, &mut draft.problems);
        if !document.revisions.is_empty() {
            let message = "older revisions need a later one: give the number of this document";
            draft.problems.note(fields.place, &fields.path, message);
        }
    }
    fields.finish(&mut draft.problems);
    document
}

impl Document {
    fn add(
        &mut self,
        revision: Option<Revision>,
        place: Place,
        path: &str,
        problems: &mut Problems,
    ) {
        let Some(revision) = revision else {
            return;
        };
        let number = &revision.number;
        if self
            .revisions
            .iter()
            .any(|(_, held)| held.number == *number)
        {
            let message = format!("the revision {number} stands in this file a second time");
            problems.note(place, path, message);
        }
        self.revisions.push((place, revision));
    }

    /// Complains about footnotes that hang on nothing: their text would be lost.
    pub(super) fn require_footnotes_used(&self, problems: &mut Problems) {
        for footnote in self.footnotes.iter().filter(|footnote| !footnote.used) {
            let message = format!("no column refers to the footnote \"{}\"", footnote.mark);
            problems.note(footnote.place, &footnote.path, message);
        }
    }

    /// Issues the revisions once everything else is said; tells the place, date and presidency of the document block.
    pub(super) fn issue(self, draft: &mut Draft<'_>) -> Option<(Place, Date, Option<String>)> {
        let latest = self.revisions.last().filter(|_| self.is_numbered);
        let latest =
            latest.map(|(place, latest)| (*place, latest.date, latest.cover.presidency.clone()));
        for (place, revision) in self.revisions {
            let revision = Box::new(revision);
            draft.push(place, Command::IssueRevision { revision });
        }
        latest
    }
}

fn open(road_map: RoadMapId, fields: &mut Fields<'_>, draft: &mut Draft<'_>) {
    let title = fields.title("subject", &mut draft.problems);
    let title = title.unwrap_or_default();
    let slug = slug(fields, &mut draft.problems).unwrap_or_else(|| slug_of(&title));
    let marking = marking(fields, &mut draft.problems);
    let working_party = working_party(fields, &mut draft.problems);
    let command = Command::OpenRoadMap {
        road_map,
        slug,
        title,
        marking,
        working_party,
    };
    draft.push(fields.place, command);
}

fn slug(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<String> {
    let value = fields.take("slug")?;
    let slug = value.words(problems)?;
    if !is_name(slug) {
        let message = "a short name has 1 to 64 lower-case letters, digits, hyphens or underscores, and begins with a letter";
        value.note(problems, message);
    }
    Some(slug.to_owned())
}

/// The marking; LIMITE if the file names none, the safer of the two.
fn marking(fields: &mut Fields<'_>, problems: &mut Problems) -> Marking {
    let Some(value) = fields.take("distribution") else {
        return Marking::Limite;
    };
    let Some(word) = value.words(problems) else {
        return Marking::Limite;
    };
    marking_of_word(word).unwrap_or_else(|| {
        // A marking of classified information is refused by its name.
        if check_words(&value, word, problems).is_some() {
            let message = format!("\"{word}\" is no distribution; write PUBLIC or LIMITE");
            value.note(problems, message);
        }
        Marking::Limite
    })
}

/// The working party that the road map is entrusted to; whether there is such a one is for whoever has the directory to say.
fn working_party(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<String> {
    let value = fields.take("working_party")?;
    let key = value.words(problems)?;
    if !is_key(key) {
        let message = "a working party is named by its key: 2 to 32 capital letters, digits or hyphens, as in FOP";
        value.note(problems, message);
    }
    Some(key.to_owned())
}

fn footnotes(fields: &mut Fields<'_>, problems: &mut Problems) -> Vec<Footnote> {
    let mut footnotes: Vec<Footnote> = Vec::new();
    for item in fields.items("footnotes", problems) {
        let Some(mut fields) = item.map(problems) else {
            continue;
        };
        let mark = fields.title("mark", problems);
        // On what it hangs follows from the column that refers to it.
        fields.take("on");
        let text = fields.title("text", problems);
        fields.finish(problems);
        let (Some(mark), Some(text)) = (mark, text) else {
            continue;
        };
        if footnotes.iter().any(|held| held.mark == mark) {
            let message = format!("the mark \"{mark}\" is used for an earlier footnote");
            item.note(problems, message);
        }
        footnotes.push(Footnote {
            place: item.place(),
            path: item.path,
            mark,
            text,
            used: false,
        });
    }
    footnotes
}

fn refuse_cover(fields: &mut Fields<'_>, problems: &mut Problems) {
    for key in COVER_KEYS {
        if let Some(value) = fields.take(key) {
            let message = "a cover is kept with its number only; give the number of the document";
            value.note(problems, message);
        }
    }
    fields.take("number");
}

fn revision(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Revision> {
    if !fields.has("number") {
        fields.required("number", problems);
    }
    let own_number = number("number", fields, problems);
    let date = fields.date("date", problems);
    let previous_document = number("previous_document", fields, problems);
    let supersedes = number("supersedes", fields, problems);
    let cover = Cover {
        kind: fields.note("kind", problems),
        from: fields.note("from", problems),
        to: fields.note("to", problems),
        language: fields.note("language", problems),
        department: fields.note("department", problems),
        drafters: fields.note("drafters", problems),
        presidency: fields.note("presidency", problems),
        intro: intro(fields, problems),
    };
    Some(Revision {
        number: own_number?,
        date: date?,
        previous_document,
        supersedes,
        cover,
    })
}

fn intro(fields: &mut Fields<'_>, problems: &mut Problems) -> Vec<String> {
    let mut paragraphs = Vec::new();
    for item in fields.items("intro", problems) {
        if let Some(words) = item.words(problems) {
            check_words(&item, words, problems);
            paragraphs.push(words.to_owned());
        }
    }
    paragraphs
}

fn number(
    key: &'static str,
    fields: &mut Fields<'_>,
    problems: &mut Problems,
) -> Option<DocumentNumber> {
    let value = fields.take(key)?;
    let words = value.words(problems)?;
    match words.parse() {
        Ok(number) => Some(number),
        Err(error) => {
            let message = format!("\"{words}\" is no document number: {error}");
            value.note(problems, message);
            None
        }
    }
}
