//! The words of an event: every place where free text stands, in one match.
//!
//! It owns which parts of an event are words; all else is keys, kinds and structure. A new kind of event says here what of
//! it can be redacted. Invariant: whatever a person typed into an event is visited, with the register that it is written to.

use super::REDACTED;
use crate::content::CellContent;
use crate::event::{CellCopy, Event};
use crate::identity::Thing;
use crate::register::Register;
use crate::revision::Revision;

/// Words within an event.
pub(super) enum Text<'a> {
    /// Words that must be there.
    Words(&'a mut String),
    /// Words that may be absent.
    Note(&'a mut Option<String>),
    /// What a cell shows.
    Cell(&'a mut CellContent),
}

impl Text<'_> {
    /// The words; none if there are none, or if they are redacted already.
    pub(super) fn words(&self) -> Option<&str> {
        let words = match self {
            Self::Words(words) => words.as_str(),
            Self::Note(words) => words.as_deref().unwrap_or_default(),
            // A question mark says that nothing is known.
            Self::Cell(CellContent::Question) => "",
            Self::Cell(content) => content.printed(),
        };
        Some(words).filter(|words| !words.trim().is_empty() && *words != REDACTED)
    }

    /// Puts the trace of a redaction in the place of the words.
    pub(super) fn redact(&mut self) {
        match self {
            Self::Words(words) => REDACTED.clone_into(words),
            Self::Note(words) => **words = Some(REDACTED.to_owned()),
            Self::Cell(content) => **content = CellContent::Redacted,
        }
    }
}

type Visit<'v> = &'v mut dyn FnMut(Register, Text<'_>);

/// Shows every text of an event, with the register to which it is written.
pub(super) fn visit_texts(event: &mut Event, visit: Visit<'_>) {
    match event {
        Event::RoadMapOpened { title, .. } | Event::RoadMapRetitled { title } => {
            visit(Register::RoadMapTitle, Text::Words(title));
        }
        Event::FieldAdded { field, title, .. } => {
            visit(Register::Title(Thing::Field(*field)), Text::Words(title));
        }
        Event::StrandAdded {
            strand,
            title,
            source,
            ..
        } => {
            visit(Register::Title(Thing::Strand(*strand)), Text::Words(title));
            visit(Register::Source(*strand), Text::Note(source));
        }
        Event::ActionAdded {
            action,
            wording,
            copies,
            ..
        } => {
            visit(
                Register::Title(Thing::Action(*action)),
                Text::Words(wording),
            );
            visit_copies(copies, visit);
        }
        Event::ColumnAdded {
            column,
            heading,
            footnote,
            ..
        } => {
            visit(
                Register::Title(Thing::Column(*column)),
                Text::Words(heading),
            );
            visit(Register::Footnote(*column), Text::Note(footnote));
        }
        Event::Retitled { thing, title, .. } => {
            visit(Register::Title(*thing), Text::Words(title));
        }
        Event::StrandSourced { strand, source } => {
            visit(Register::Source(*strand), Text::Note(source));
        }
        Event::ColumnFootnoted { column, footnote } => {
            visit(Register::Footnote(*column), Text::Note(footnote));
        }
        Event::CellSet { .. }
        | Event::CellsShared { .. }
        | Event::CellsUnshared { .. }
        | Event::Moved { .. }
        | Event::Restored { .. } => visit_cells(event, visit),
        Event::RevisionIssued { revision } => visit_cover(revision, visit),
        Event::AmendmentProposed { .. } | Event::AmendmentDeclined { .. } => {
            visit_amendment(event, visit);
        }
        Event::RoadMapMarked { .. }
        | Event::CorrigendumIssued { .. }
        | Event::AmendmentWithdrawn { .. }
        | Event::AmendmentAccepted { .. }
        | Event::RoadMapEntrusted { .. }
        | Event::Removed { .. }
        | Event::PresidencyClosed { .. }
        | Event::TextRedacted { .. } => {}
    }
}

fn visit_amendment(event: &mut Event, visit: Visit<'_>) {
    match event {
        Event::AmendmentProposed {
            amendment,
            column,
            action,
            proposal,
        } => {
            let register = || Register::Amendment(*column, *action, *amendment);
            visit(register(), Text::Cell(&mut proposal.base));
            visit(register(), Text::Cell(&mut proposal.content));
        }
        Event::AmendmentDeclined {
            amendment, reason, ..
        } => visit(Register::AmendmentState(*amendment), Text::Words(reason)),
        _ => {}
    }
}

fn visit_cells(event: &mut Event, visit: Visit<'_>) {
    match event {
        Event::CellSet { slot, content, .. } => {
            visit(Register::Text(*slot), Text::Cell(content));
        }
        Event::CellsShared {
            slot,
            content,
            copies,
            ..
        } => {
            visit(Register::Text(*slot), Text::Cell(content));
            visit_copies(copies, visit);
        }
        Event::Moved { copies, .. }
        | Event::Restored { copies, .. }
        | Event::CellsUnshared { copies, .. } => visit_copies(copies, visit),
        _ => {}
    }
}

fn visit_copies(copies: &mut [CellCopy], visit: Visit<'_>) {
    for copy in copies {
        visit(Register::Text(copy.slot), Text::Cell(&mut copy.content));
    }
}

/// Number and date name the document; all else on its cover is words.
fn visit_cover(revision: &mut Revision, visit: Visit<'_>) {
    let register = || Register::Revision(revision.number.canonical());
    let cover = &mut revision.cover;
    for line in [
        &mut cover.kind,
        &mut cover.from,
        &mut cover.to,
        &mut cover.language,
        &mut cover.department,
        &mut cover.drafters,
        &mut cover.presidency,
    ] {
        visit(register(), Text::Note(line));
    }
    for paragraph in &mut cover.intro {
        visit(register(), Text::Words(paragraph));
    }
}
