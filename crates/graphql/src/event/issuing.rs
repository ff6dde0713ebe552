//! Events by which documents go out and presidencies are closed, as objects of the API.
//!
//! It owns their fields beside those of every event.
//! Invariant: numbers are told as they are printed.

use async_graphql::{ID, Object};
use roadbook_domain::Event as Fact;

use super::{Happening, summary};
use crate::cursor::Cursor;
use crate::identity::Name;
use crate::scalar::{DateTime, Day};
use crate::viewer::Capacity;

event_object! {
    /// A revision went out to delegations.
    RevisionIssued {
        /// Its number, as printed.
        async fn number(&self) -> Option<String> {
            match &self.0.event.event {
                Fact::RevisionIssued { revision } => Some(revision.number.printed().to_owned()),
                _ => None,
            }
        }

        /// The date printed on it.
        async fn date(&self) -> Option<Day> {
            match &self.0.event.event {
                Fact::RevisionIssued { revision } => Some(Day(revision.date)),
                _ => None,
            }
        }
    }
}

event_object! {
    /// A presidency was closed, and the state at its end sealed.
    PresidencyClosed {
        /// Term and code, such as "2015H1-LV".
        async fn presidency(&self) -> Option<String> {
            match &self.0.event.event {
                Fact::PresidencyClosed { presidency } => Some(presidency.to_string()),
                _ => None,
            }
        }
    }
}

event_object! {
    /// A corrigendum was issued; the other events of its batch correct what was wrong.
    CorrigendumIssued {
        /// Its number, as printed.
        async fn number(&self) -> Option<String> {
            match &self.0.event.event {
                Fact::CorrigendumIssued { number } => Some(number.printed().to_owned()),
                _ => None,
            }
        }
    }
}
