//! Setting a value: the register that the client read is compared with the one that is there.
//!
//! It owns the rule for cells, titles, sources, footnotes and details; how two texts merge is `merge`'s affair.
//! Invariant: a value that its author did not see is never overwritten unseen.

use uuid::Uuid;

use super::lifecycle::checked_working_party;
use super::merging::{Combined, merge_contents};
use super::scratch::{Scratch, Seen, Stop};
use super::{Conflict, ConflictPlace, Outcome};
use crate::amendment::Proposal;
use crate::command::Command;
use crate::content::{CellContent, check_text};
use crate::event::Event;
use crate::identity::{ActionId, ColumnId, Thing, Version};
use crate::refusal::Refusal;
use crate::register::{Marking, Register, Stamped, Value};

/// Whether two versions of a value may be combined.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Merging {
    /// Words: changes in different places are combined.
    ByWords,
    /// A closed value: one of the two, never a mixture.
    Never,
}

pub(super) fn set(scratch: &mut Scratch<'_>, command: &Command) -> Result<Outcome, Stop> {
    match command {
        Command::SetCell {
            column,
            action,
            content,
        }
        | Command::SetCellOrPropose {
            column,
            action,
            content,
            ..
        } => set_cell(scratch, *column, *action, content),
        Command::Retitle { thing, title } => {
            scratch.require_present(*thing)?;
            let title = checked_title(scratch, thing.noun(), title)?;
            let subjects = scratch.subjects_of(*thing);
            let slot = Field {
                register: Register::Title(*thing),
                place: ConflictPlace::Title(*thing),
                merging: Merging::ByWords,
                subjects,
            };
            set_words(scratch, slot, &title, |title, merged_from| {
                Event::Retitled {
                    thing: *thing,
                    title,
                    merged_from,
                }
            })
        }
        Command::SetSource { strand, source } => {
            let thing = Thing::Strand(*strand);
            let register = Register::Source(*strand);
            set_note(scratch, thing, register, source.as_deref(), |source| {
                Event::StrandSourced {
                    strand: *strand,
                    source,
                }
            })
        }
        Command::SetFootnote { column, footnote } => {
            let thing = Thing::Column(*column);
            let register = Register::Footnote(*column);
            set_note(scratch, thing, register, footnote.as_deref(), |footnote| {
                Event::ColumnFootnoted {
                    column: *column,
                    footnote,
                }
            })
        }
        Command::ChangeDetails {
            title,
            marking,
            working_party,
        } => change_details(
            scratch,
            title.as_deref(),
            *marking,
            working_party.as_deref(),
        ),
        _ => unreachable!("only commands that set a value are handed over"),
    }
}

/// A title as it is stored: trimmed, not empty, within its bound and free of what no text may hold.
pub(super) fn checked_title(
    scratch: &Scratch<'_>,
    place: &'static str,
    title: &str,
) -> Result<String, Stop> {
    let title = title.trim();
    if title.is_empty() {
        return Err(Refusal::EmptyTitle(place).into());
    }
    check_text(title, scratch.bounds().title_chars_max)
        .map_err(|error| Refusal::Content { place, error })?;
    Ok(title.to_owned())
}

/// A source or footnote as it is stored; an empty one is none.
pub(super) fn checked_note(
    scratch: &Scratch<'_>,
    place: &'static str,
    note: Option<&str>,
) -> Result<Option<String>, Stop> {
    match note.map(str::trim) {
        None | Some("") => Ok(None),
        Some(note) => checked_title(scratch, place, note).map(Some),
    }
}

/// A cell's content as a column of this kind reads it.
pub(super) fn read_content(
    scratch: &Scratch<'_>,
    column: ColumnId,
    printed: &str,
) -> Result<CellContent, Stop> {
    let (_, kind) = scratch
        .at()
        .column(column)
        .ok_or(Refusal::NotFound(Thing::Column(column)))?;
    CellContent::read(kind, printed).map_err(|error| {
        Refusal::Content {
            place: "cell",
            error,
        }
        .into()
    })
}

pub(super) fn set_cell(
    scratch: &mut Scratch<'_>,
    column: ColumnId,
    action: ActionId,
    printed: &str,
) -> Result<Outcome, Stop> {
    scratch.require_present(Thing::Action(action))?;
    scratch.require_present(Thing::Column(column))?;
    let yours = read_content(scratch, column, printed)?;
    require_same_slot(scratch, column, action, &yours)?;
    let slot = scratch.at().slot(column, action);
    let register = Register::Text(slot);
    let place = ConflictPlace::Cell(column, action);
    let (content, merged_from) = match scratch.seen(&register)? {
        Seen::Same => (yours, Vec::new()),
        Seen::Newer => return Err(Refusal::BaseIsLater.into()),
        Seen::Redacted => return Err(redacted(scratch, &register, place, yours)),
        Seen::Older(read) => {
            let base = read.as_ref().map_or(CellContent::Blank, content_of);
            let theirs = scratch.at().text(slot);
            match merge_contents(&base, theirs, &yours) {
                Combined::Yours => (yours, Vec::new()),
                Combined::Theirs => return Ok(Outcome::Unchanged),
                Combined::Merged(content) => (content, merged_from(scratch, &register, read)),
                Combined::Conflict => {
                    let theirs = theirs.clone();
                    return Err(conflict(scratch, &register, place, base, theirs, yours));
                }
            }
        }
    };
    write_text(scratch, column, action, content, merged_from)
}

/// Puts a proposed text into its cell: merged, from what its proposer saw, with what is there.
pub(super) fn accept_text(
    scratch: &mut Scratch<'_>,
    column: ColumnId,
    action: ActionId,
    proposal: Proposal,
) -> Result<Outcome, Stop> {
    let slot = scratch.at().slot(column, action);
    let register = Register::Text(slot);
    let (base, yours) = (proposal.base, proposal.content);
    let theirs = scratch.at().text(slot).clone();
    if slot != proposal.slot || yours == CellContent::Redacted {
        let place = ConflictPlace::Sharing(column, action);
        return Err(conflict(scratch, &register, place, base, theirs, yours));
    }
    let met = scratch.at().stamp(&register).unwrap_or_default();
    let (content, merged_from) = match merge_contents(&base, &theirs, &yours) {
        Combined::Yours => (yours, Vec::new()),
        Combined::Theirs => return Ok(Outcome::Unchanged),
        Combined::Merged(content) => (content, vec![proposal.base_stamp.version, met.version]),
        Combined::Conflict => {
            let place = ConflictPlace::Cell(column, action);
            return Err(conflict(scratch, &register, place, base, theirs, yours));
        }
    };
    write_text(scratch, column, action, content, merged_from)
}

/// Writes a text into the slot that a cell shows, unless it stands there.
fn write_text(
    scratch: &mut Scratch<'_>,
    column: ColumnId,
    action: ActionId,
    content: CellContent,
    merged_from: Vec<Version>,
) -> Result<Outcome, Stop> {
    let slot = scratch.at().slot(column, action);
    if content == *scratch.at().text(slot) {
        return Ok(Outcome::Unchanged);
    }
    let subjects = cell_subjects(scratch, column, action);
    let register = Register::Text(slot);
    // A later share or split takes the place of the text just as a later text does.
    let in_front = [Register::Slot(column, action), register];
    let outcome = outcome_of(scratch, &in_front, &merged_from);
    let event = Event::CellSet {
        column,
        action,
        slot,
        content,
        merged_from,
    };
    scratch.emit(event, subjects)?;
    Ok(outcome)
}

/// The client's slot must be the one that is there, else the cell was shared or split meanwhile.
pub(super) fn require_same_slot(
    scratch: &Scratch<'_>,
    column: ColumnId,
    action: ActionId,
    yours: &CellContent,
) -> Result<(), Stop> {
    let register = Register::Slot(column, action);
    match scratch.seen(&register)? {
        Seen::Same | Seen::Redacted => Ok(()),
        Seen::Newer => Err(Refusal::BaseIsLater.into()),
        Seen::Older(_) => {
            let base = scratch.base_state()?;
            if base.slot(column, action) == scratch.at().slot(column, action) {
                return Ok(());
            }
            let place = ConflictPlace::Sharing(column, action);
            let read = base.cell(column, action).clone();
            let theirs = scratch.at().cell(column, action).clone();
            Err(conflict(
                scratch,
                &register,
                place,
                read,
                theirs,
                yours.clone(),
            ))
        }
    }
}

/// The actions that show a cell, those in which they stand, and the column.
pub(super) fn cell_subjects(
    scratch: &Scratch<'_>,
    column: ColumnId,
    action: ActionId,
) -> Vec<Uuid> {
    let mut subjects = scratch.subjects_of(Thing::Action(action));
    subjects.push(column.0);
    let at = scratch.at();
    let slot = at.slot(column, action);
    // An action's own slot is shown by nobody else, so the run need not be looked for.
    if slot.minted > Version::ZERO {
        for other in super::sharing::run_of(at, column, action) {
            if other != action {
                subjects.push(other.0);
            }
        }
    }
    subjects
}

pub(super) fn conflict(
    scratch: &Scratch<'_>,
    register: &Register,
    place: ConflictPlace,
    base: CellContent,
    theirs: CellContent,
    yours: CellContent,
) -> Stop {
    let their_version = scratch
        .at()
        .stamp(register)
        .map_or(Version::ZERO, |stamp| stamp.version);
    Stop::Conflict(Box::new(Conflict {
        command: 0,
        place,
        base,
        theirs,
        yours,
        their_version,
    }))
}

/// The value lost its words after the author has read it: a person must say what is to stand there now.
pub(super) fn redacted(
    scratch: &Scratch<'_>,
    register: &Register,
    place: ConflictPlace,
    yours: CellContent,
) -> Stop {
    let trace = CellContent::Redacted;
    conflict(scratch, register, place, trace.clone(), trace, yours)
}

fn content_of(held: &Stamped) -> CellContent {
    match &*held.value {
        Value::Text(content) => content.clone(),
        Value::Words(words) | Value::Note(Some(words)) => CellContent::of_words(words),
        Value::Marking(marking) => CellContent::of_words(match marking {
            Marking::Public => "PUBLIC",
            Marking::Limite => "LIMITE",
        }),
        _ => CellContent::Blank,
    }
}

fn merged_from(scratch: &Scratch<'_>, register: &Register, read: Option<Stamped>) -> Vec<Version> {
    let read = read.map_or(Version::ZERO, |held| held.stamp.version);
    let met = scratch.at().stamp(register);
    vec![read, met.map_or(Version::ZERO, |stamp| stamp.version)]
}

/// What became of a value, given the registers that can stand in front of it with a later effect.
fn outcome_of(scratch: &Scratch<'_>, in_front: &[Register], merged_from: &[Version]) -> Outcome {
    let later = in_front
        .iter()
        .find_map(|register| scratch.later_in_head(register));
    match later {
        Some(stamp) => Outcome::ShadowedByLater(stamp.version),
        None if merged_from.is_empty() => Outcome::Applied,
        None => Outcome::Merged,
    }
}

/// A register of words to be set: where it is, how it merges, and what it touches.
struct Field {
    register: Register,
    place: ConflictPlace,
    merging: Merging,
    subjects: Vec<Uuid>,
}

fn set_words(
    scratch: &mut Scratch<'_>,
    field: Field,
    yours: &str,
    event: impl FnOnce(String, Vec<Version>) -> Event,
) -> Result<Outcome, Stop> {
    let register = &field.register;
    let theirs = scratch
        .at()
        .get(register)
        .map_or(CellContent::Blank, content_of);
    let (words, merged_from) = match scratch.seen(register)? {
        Seen::Same => (yours.to_owned(), Vec::new()),
        Seen::Newer => return Err(Refusal::BaseIsLater.into()),
        Seen::Redacted => {
            let yours = CellContent::of_words(yours);
            return Err(redacted(scratch, register, field.place, yours));
        }
        Seen::Older(read) => {
            let base = read.as_ref().map_or(CellContent::Blank, content_of);
            let wanted = CellContent::of_words(yours);
            match merge_contents(&base, &theirs, &wanted) {
                Combined::Yours => (yours.to_owned(), Vec::new()),
                Combined::Theirs => return Ok(Outcome::Unchanged),
                Combined::Merged(content) if field.merging == Merging::ByWords => {
                    let from = merged_from(scratch, register, read);
                    (content.printed().to_owned(), from)
                }
                Combined::Merged(_) | Combined::Conflict => {
                    return Err(conflict(
                        scratch,
                        register,
                        field.place,
                        base,
                        theirs,
                        wanted,
                    ));
                }
            }
        }
    };
    if words == theirs.printed() {
        return Ok(Outcome::Unchanged);
    }
    let outcome = outcome_of(scratch, std::slice::from_ref(register), &merged_from);
    scratch.emit(event(words, merged_from), field.subjects)?;
    Ok(outcome)
}

fn set_note(
    scratch: &mut Scratch<'_>,
    thing: Thing,
    register: Register,
    note: Option<&str>,
    event: impl FnOnce(Option<String>) -> Event,
) -> Result<Outcome, Stop> {
    scratch.require_present(thing)?;
    let note = checked_note(scratch, thing.noun(), note)?;
    let field = Field {
        register,
        place: ConflictPlace::Note(thing),
        merging: Merging::Never,
        subjects: scratch.subjects_of(thing),
    };
    set_words(scratch, field, note.as_deref().unwrap_or(""), |words, _| {
        event(Some(words).filter(|words| !words.is_empty()))
    })
}

fn change_details(
    scratch: &mut Scratch<'_>,
    title: Option<&str>,
    marking: Option<Marking>,
    working_party: Option<&str>,
) -> Result<Outcome, Stop> {
    let changes_access = marking.is_some() || working_party.is_some();
    if changes_access && scratch.is_backdated() && !scratch.opens() {
        return Err(Refusal::AccessBackdated.into());
    }
    let mut outcome = Outcome::Unchanged;
    if let Some(title) = title {
        let title = checked_title(scratch, "road map", title)?;
        let field = Field {
            register: Register::RoadMapTitle,
            place: ConflictPlace::RoadMapTitle,
            merging: Merging::ByWords,
            subjects: Vec::new(),
        };
        outcome = set_words(scratch, field, &title, |title, _| Event::RoadMapRetitled {
            title,
        })?;
    }
    if let Some(marking) = marking {
        let field = Field {
            register: Register::RoadMapMarking,
            place: ConflictPlace::RoadMapMarking,
            merging: Merging::Never,
            subjects: Vec::new(),
        };
        let words = content_of(&Stamped {
            stamp: crate::register::Stamp::default(),
            value: std::sync::Arc::new(Value::Marking(marking)),
        });
        let marked = set_words(scratch, field, words.printed(), |_, _| {
            Event::RoadMapMarked { marking }
        })?;
        if marked != Outcome::Unchanged {
            outcome = marked;
        }
    }
    if let Some(key) = working_party {
        let field = Field {
            register: Register::RoadMapWorkingParty,
            place: ConflictPlace::RoadMapWorkingParty,
            merging: Merging::Never,
            subjects: Vec::new(),
        };
        let key = checked_working_party(key)?;
        let entrusted = set_words(scratch, field, &key, |working_party, _| {
            Event::RoadMapEntrusted { working_party }
        })?;
        if entrusted != Outcome::Unchanged {
            outcome = entrusted;
        }
    }
    Ok(outcome)
}
