//! Counts of actions at a moment, as an object of the API.
//!
//! It owns nothing but the shape; what counts as what is the domain's affair.
//! Invariant: all counts of one object are of the same moment and day.

use async_graphql::Object;
use roadbook_domain::ActionId;
use roadbook_domain::presidency::{self, Term};
use roadbook_domain::statistics::{Statistics as Counts, left_behind, statistics};

use crate::at::At;
use crate::fault::bad_argument;
use crate::scalar::Day;

/// Counts of actions at a moment.
pub(crate) struct Statistics {
    at: At,
    actions: Vec<ActionId>,
    counts: Counts,
}

impl Statistics {
    pub(crate) fn new(at: At, actions: Vec<ActionId>, on: Option<Day>) -> Self {
        let day = on.map_or_else(|| at.day(), |day| day.0);
        let counts = statistics(at.state(), at.outline(), actions.iter().copied(), day);
        Self {
            at,
            actions,
            counts,
        }
    }
}

/// Counts of actions at a moment. An action counts once in each, whoever shares its cells.
#[Object]
impl Statistics {
    /// All of them.
    async fn actions(&self) -> usize {
        self.counts.actions
    }

    /// Printed as completed.
    async fn completed(&self) -> usize {
        self.counts.completed
    }

    /// Printed as on-going.
    async fn ongoing(&self) -> usize {
        self.counts.ongoing
    }

    /// Due before the day, and neither completed nor on-going.
    async fn overdue(&self) -> usize {
        self.counts.overdue
    }

    /// With nothing in the due column that can be understood.
    async fn without_date(&self) -> usize {
        self.counts.without_date
    }

    /// With a blank progress cell.
    async fn without_progress(&self) -> usize {
        self.counts.without_progress
    }

    /// Those of which neither the wording nor any cell has changed in effect since the end of a presidency's term, such as "2015H1-LV".
    async fn left_behind(&self, since: String) -> async_graphql::Result<usize> {
        let term = term(&since)?;
        let actions = self.actions.iter().copied();
        Ok(left_behind(self.at.state(), actions, term).len())
    }
}

/// The term of a presidency that an argument `since` names.
pub(crate) fn term(since: &str) -> async_graphql::Result<Term> {
    let key = presidency::find(since);
    let key = key.map_err(|error| bad_argument(format!("since: {error}")))?;
    Ok(key.term())
}
