//! Kinds of commands: what is wanted, without the particulars.
//!
//! It owns the list of kinds, their names and how a sentence tells them; who may do what is `rights`' affair.
//! Invariant: every command has one kind, and every kind has a command.

use crate::command::Command;

macro_rules! kinds {
    ($($(#[$docs:meta])* $kind:ident => $deed:literal,)*) => {
        /// What kind of thing is to be done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum CommandKind {
            $($(#[$docs])* $kind,)*
        }

        impl CommandKind {
            /// Every kind, in the order of the table of rights.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// Its name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => stringify!($kind),)*
                }
            }

            /// What is done, as it follows "may".
            pub const fn deed(self) -> &'static str {
                match self {
                    $(Self::$kind => $deed,)*
                }
            }
        }

        impl Command {
            /// What kind of command it is; one that may be kept as an amendment is of the kind that is tried first.
            pub const fn kind(&self) -> CommandKind {
                match self {
                    $(Self::$kind { .. } => CommandKind::$kind,)*
                    Self::SetCellOrPropose { .. } => CommandKind::SetCell,
                }
            }
        }
    };
}

kinds! {
    /// Begin a road map.
    OpenRoadMap => "open a road map",
    /// Give the road map another title or marking.
    ChangeDetails => "change the title or marking",
    /// Add a field.
    AddField => "add a field",
    /// Add a strand.
    AddStrand => "add a strand",
    /// Add an action.
    AddAction => "add an action",
    /// Add a column.
    AddColumn => "add a column",
    /// Give a field, strand or column another title, an action another wording.
    Retitle => "change a title, heading or wording",
    /// Say where a strand comes from.
    SetSource => "change the source of a strand",
    /// Hang a footnote on a column's heading, or take it off.
    SetFootnote => "change a footnote",
    /// Let something stand elsewhere.
    Move => "move something",
    /// Remove something; a column is retired.
    Remove => "remove something",
    /// Bring something back to where it stood.
    Restore => "restore something",
    /// Set what a cell shows.
    SetCell => "set a cell",
    /// Let consecutive actions share one cell.
    ShareCells => "let actions share a cell",
    /// Split a shared cell.
    UnshareCells => "split a shared cell",
    /// Give this moment a document number.
    IssueRevision => "issue a revision",
    /// Close a presidency whose term has ended, and seal its last state.
    ClosePresidency => "close a presidency",
    /// Say by which document the batch corrects what was wrong.
    IssueCorrigendum => "issue a corrigendum",
    /// Propose a text for a cell.
    ProposeAmendment => "propose an amendment",
    /// Take back what one's own organisation proposed.
    WithdrawAmendment => "withdraw this amendment",
    /// Put an amendment into its cell.
    AcceptAmendment => "accept an amendment",
    /// Do not put an amendment into its cell.
    DeclineAmendment => "decline an amendment",
}
