//! Moments as the API takes and gives them.
//!
//! It owns the input's alternatives and their translation; what they mean is the engine's affair.
//! Invariant: an answer always names the exact moment that was read.

use async_graphql::{InputObject, Object, OneofObject};
use roadbook_domain::Version;
use roadbook_domain::document_number::DocumentNumber;
use roadbook_domain::presidency;
use roadbook_engine::MomentSelector;

use crate::at::At;
use crate::cursor::Cursor;
use crate::fault::bad_argument;
use crate::scalar::{DateTime, Day};

/// Which moment is meant: exactly one of these.
#[derive(OneofObject, Clone)]
pub(crate) enum MomentInput {
    /// The state once this version was recorded.
    Version(u64),
    /// What was known at this instant.
    Recorded(DateTime),
    /// What was so at the end of a day.
    Effective(EffectiveInput),
    /// The state that went out under a document number, such as "6183/2/15 REV 2".
    Revision(String),
    /// The state at the end of a presidency's term.
    Presidency(PresidencyInput),
    /// Exactly the state that an earlier answer's cursor names.
    Cursor(Cursor),
}

/// The end of a day in Brussels.
#[derive(InputObject, Clone)]
pub(crate) struct EffectiveInput {
    /// The day.
    on: Day,
    /// As it was known at this instant; as it is known now if absent.
    known: Option<DateTime>,
}

/// The state at the term's end; sealed: as it was sealed, whatever was corrected since.
#[derive(InputObject, Clone)]
pub(crate) struct PresidencyInput {
    /// Term and code, such as "2015H1-LV".
    key: String,
    /// As it was sealed rather than as it is known now.
    #[graphql(default = false)]
    sealed: bool,
}

impl MomentInput {
    pub(crate) fn selector(&self, epoch: u64) -> async_graphql::Result<MomentSelector> {
        Ok(match self {
            Self::Version(version) => MomentSelector::Version(Version(*version)),
            Self::Recorded(instant) => MomentSelector::Recorded(instant.0),
            Self::Effective(effective) => MomentSelector::Effective {
                on: effective.on.0,
                known: effective.known.map(|instant| instant.0),
            },
            Self::Revision(number) => {
                let number: DocumentNumber = number
                    .parse()
                    .map_err(|error| bad_argument(format!("revision: {error}")))?;
                MomentSelector::Revision(number)
            }
            Self::Presidency(input) => MomentSelector::Presidency {
                key: presidency::find(&input.key)
                    .map_err(|error| bad_argument(format!("presidency: {error}")))?,
                sealed: input.sealed,
            },
            Self::Cursor(cursor) if cursor.epoch != epoch => {
                return Err(bad_argument(
                    "the cursor was given before the log was restored; read anew",
                ));
            }
            Self::Cursor(cursor) => MomentSelector::At {
                version: cursor.version,
                effective: cursor.effective,
            },
        })
    }
}

/// The moment that a state shows.
pub(crate) struct Moment(pub(crate) At);

/// The moment that a state shows.
#[Object]
impl Moment {
    /// The version up to which events are known.
    async fn version(&self) -> u64 {
        self.0.moment().version.0
    }

    /// The instant as of which it is so.
    async fn effective(&self) -> DateTime {
        DateTime(self.0.moment().effective)
    }

    /// Names this moment: the base of an edit, or where to resume.
    async fn cursor(&self) -> Cursor {
        self.0.cursor()
    }

    /// Whether this is the current state, not a past one.
    async fn live(&self) -> bool {
        self.0.moment().live
    }
}
