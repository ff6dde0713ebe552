//! What the caller may do with an object, so that a client shows only what will work.
//!
//! It owns the way from an object to the domain's answer, and the names of commands in the API.
//! Invariant: in a past moment nothing is allowed, since commands are about what stands now.

use async_graphql::{Context, Enum};
use roadbook_domain::CommandKind as DomainKind;
use roadbook_domain::rights::{Subject, offered};

use crate::at::At;
use crate::query::viewer;

/// The kinds of commands about a subject that the caller may give now.
pub(crate) fn allowed(
    ctx: &Context<'_>,
    at: &At,
    subject: Subject,
) -> async_graphql::Result<Vec<CommandKind>> {
    if !at.moment().live {
        return Ok(Vec::new());
    }
    let viewer = viewer(ctx)?;
    let standing = at.standing(&viewer.organisation);
    let offered = offered(&standing, at.state(), subject);
    Ok(offered.into_iter().map(CommandKind::from).collect())
}

/// A kind of command.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "DomainKind")]
pub(crate) enum CommandKind {
    /// Begin a road map.
    OpenRoadMap,
    /// Give the road map another title or marking.
    ChangeDetails,
    /// Add a field.
    AddField,
    /// Add a strand.
    AddStrand,
    /// Add an action.
    AddAction,
    /// Add a column.
    AddColumn,
    /// Give it other words.
    Retitle,
    /// Say where a strand comes from.
    SetSource,
    /// Hang a footnote on a column's heading, or take it off.
    SetFootnote,
    /// Let it stand elsewhere.
    Move,
    /// Remove it; a column is retired.
    Remove,
    /// Bring it back to where it stood.
    Restore,
    /// Set what a cell shows.
    SetCell,
    /// Let actions share a cell.
    ShareCells,
    /// Split a cell that actions share.
    UnshareCells,
    /// Give this moment a document number.
    IssueRevision,
    /// Close a presidency whose term has ended.
    ClosePresidency,
    /// Say by which document an edit corrects what was wrong.
    IssueCorrigendum,
    /// Propose a text for a cell.
    ProposeAmendment,
    /// Take back what one's own organisation proposed.
    WithdrawAmendment,
    /// Put an amendment into its cell.
    AcceptAmendment,
    /// Do not put an amendment into its cell.
    DeclineAmendment,
}
