//! Writing a road map: a state becomes a file that can be imported again.
//!
//! It owns which part of a state stands where in the file; how a tree is laid out is `written`'s affair.
//! Invariant: importing what is exported opens a road map that shows the same, and exporting that gives the same bytes.

use roadbook_domain::document_number::DocumentNumber;
use roadbook_domain::outline::{StrandOutline, letter};
use roadbook_domain::{ActionId, CellContent, ColumnId, Outline, Register, Revision, State, Thing};

use crate::vocabulary::{ACTIONS, ACTIONS_HEADING, WORDING, kind_word, marking_word, written_key};
use crate::written::{Format, Written, WrittenMap};

/// Writes what is present in a state; `moment` is a line for the reader on which moment it is.
///
/// The document block is the latest revision, `revisions` are the ones before it, oldest first.
/// Ids, stamps, removed things and retired columns are not in the file; a redacted cell is marked as such.
/// The same state, outline and moment always give the same bytes.
pub fn export(state: &State, outline: &Outline, moment: Option<&str>, format: Format) -> String {
    let footnotes: Vec<ColumnId> = outline
        .columns
        .iter()
        .copied()
        .filter(|column| footnote_of(state, *column).is_some())
        .collect();
    let mut file = WrittenMap::default();
    file.put_some("moment", moment);
    let mut revisions: Vec<&Revision> = state
        .revisions()
        .into_iter()
        .map(|(_, revision)| revision)
        .collect();
    let latest = revisions.pop();
    file.put("document", document(state, latest, &footnotes));
    let older = revisions.into_iter().map(|revision| {
        let mut map = WrittenMap::default();
        put_cover(&mut map, revision, |_| {});
        map.into_written()
    });
    file.put_list("revisions", older.collect());
    file.put_list("columns", columns(state, outline, &footnotes));
    file.put_list("fields", fields(state, outline));
    file.into_written().print(format)
}

fn footnote_of(state: &State, column: ColumnId) -> Option<&str> {
    state.note(&Register::Footnote(column))
}

fn document(state: &State, latest: Option<&Revision>, footnotes: &[ColumnId]) -> Written {
    let mut map = WrittenMap::default();
    map.put_words("slug", state.slug());
    let details = |map: &mut WrittenMap| {
        map.put_words("subject", state.road_map_title());
        map.put_words("distribution", marking_word(state.marking()));
        map.put_some("working_party", state.working_party());
    };
    match latest {
        Some(revision) => put_cover(&mut map, revision, details),
        None => details(&mut map),
    }
    let footnotes = footnotes.iter().enumerate().map(|(index, column)| {
        let heading = state.title(Thing::Column(*column));
        let mut footnote = WrittenMap::default();
        footnote.put("mark", Written::Words(mark(index)));
        let place = format!("the heading of the column \"{heading}\"");
        footnote.put("on", Written::Words(place));
        footnote.put_some("text", footnote_of(state, *column));
        footnote.into_written()
    });
    map.put_list("footnotes", footnotes.collect());
    map.into_written()
}

/// Footnotes are marked by their order.
fn mark(index: usize) -> String {
    (index + 1).to_string()
}

/// The cover of a revision; `details` stand where a cover page has them.
fn put_cover(map: &mut WrittenMap, revision: &Revision, details: impl FnOnce(&mut WrittenMap)) {
    let cover = &revision.cover;
    map.put_some("kind", cover.kind.as_deref());
    map.put_words("number", revision.number.printed());
    map.put("date", Written::Words(revision.date.to_string()));
    map.put_some("from", cover.from.as_deref());
    map.put_some("to", cover.to.as_deref());
    let previous = revision.previous_document.as_ref();
    map.put_some("previous_document", previous.map(DocumentNumber::printed));
    let supersedes = revision.supersedes.as_ref();
    map.put_some("supersedes", supersedes.map(DocumentNumber::printed));
    details(map);
    map.put_some("language", cover.language.as_deref());
    map.put_some("department", cover.department.as_deref());
    map.put_some("drafters", cover.drafters.as_deref());
    map.put_some("presidency", cover.presidency.as_deref());
    let intro = cover
        .intro
        .iter()
        .map(|paragraph| Written::words(paragraph));
    map.put_list("intro", intro.collect());
}

fn columns(state: &State, outline: &Outline, footnotes: &[ColumnId]) -> Vec<Written> {
    let mut actions = WrittenMap::default();
    actions.put_words("key", ACTIONS);
    actions.put_words("heading", ACTIONS_HEADING);
    let mut columns = vec![actions.into_written()];
    for column in &outline.columns {
        let Some((key, kind)) = state.column(*column) else {
            continue;
        };
        let mut map = WrittenMap::default();
        map.put_words("key", &written_key(key));
        map.put_words("heading", state.title(Thing::Column(*column)));
        map.put_words("kind", kind_word(kind));
        let footnote = footnotes.iter().position(|held| held == column);
        if let Some(index) = footnote {
            map.put("footnote", Written::Words(mark(index)));
        }
        columns.push(map.into_written());
    }
    columns
}

fn fields(state: &State, outline: &Outline) -> Vec<Written> {
    let fields = outline.fields.iter().enumerate().map(|(index, field)| {
        let mut map = WrittenMap::default();
        map.put("letter", Written::Words(letter(index)));
        map.put_words("title", state.title(Thing::Field(field.id)));
        let strands = field.strands.iter().enumerate();
        let strands = strands.map(|(index, held)| strand(state, outline, index, held));
        map.put_list("strands", strands.collect());
        map.into_written()
    });
    fields.collect()
}

fn strand(state: &State, outline: &Outline, index: usize, strand: &StrandOutline) -> Written {
    let mut map = WrittenMap::default();
    map.put("number", Written::Number(index + 1));
    map.put_words("title", state.title(Thing::Strand(strand.id)));
    map.put_some("reference", state.note(&Register::Source(strand.id)));
    let actions = strand.actions.iter();
    let actions = actions.map(|held| action(state, outline, *held));
    map.put_list("actions", actions.collect());
    map.put_list("shared_cells", shared_cells(state, outline, strand));
    map.into_written()
}

fn action(state: &State, outline: &Outline, action: ActionId) -> Written {
    let mut map = WrittenMap::default();
    map.put_words(WORDING, state.title(Thing::Action(action)));
    for column in &outline.columns {
        let alone = outline
            .run(state, *column, action)
            .is_some_and(|run| run.span == 1);
        let Some((key, _)) = state.column(*column).filter(|_| alone) else {
            continue;
        };
        if let Some(content) = content(state.cell(*column, action)) {
            map.put(written_key(key).into_owned(), content);
        }
    }
    map.into_written()
}

/// The cells that several actions share, by the first of them and then by column.
fn shared_cells(state: &State, outline: &Outline, strand: &StrandOutline) -> Vec<Written> {
    let mut shared = Vec::new();
    for (index, action) in strand.actions.iter().enumerate() {
        for column in &outline.columns {
            let run = outline.run(state, *column, *action);
            let Some(run) = run.filter(|run| run.span > 1 && run.first == index) else {
                continue;
            };
            let Some((key, _)) = state.column(*column) else {
                continue;
            };
            let numbers = (run.first..run.first + run.span).map(|index| Written::Number(index + 1));
            let mut map = WrittenMap::default();
            map.put_words("column", &written_key(key));
            map.put_list("actions", numbers.collect());
            if let Some(content) = content(state.text(run.slot)) {
                map.put("value", content);
            }
            shared.push(map.into_written());
        }
    }
    shared
}

/// What stands in a cell; nothing if it is blank.
fn content(content: &CellContent) -> Option<Written> {
    let printed = content.printed();
    match content {
        CellContent::Blank => None,
        CellContent::Redacted => {
            let mut map = WrittenMap::default();
            map.put("redacted", Written::Yes);
            Some(map.into_written())
        }
        CellContent::Question | CellContent::Text(_) | CellContent::Due(_) => {
            Some(Written::lines(printed))
        }
        CellContent::Actors(_) => {
            let mut map = WrittenMap::default();
            let (lead, others) = match printed.split_once('\n') {
                Some((lead, others)) => (lead, Some(others)),
                None => (printed, None),
            };
            map.put_words("lead", lead);
            if let Some(others) = others {
                let others = if others.contains('\n') {
                    Written::lines(others)
                } else {
                    Written::words(others)
                };
                map.put("others", others);
            }
            Some(map.into_written())
        }
    }
}
