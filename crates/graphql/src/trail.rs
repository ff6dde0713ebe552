//! What an operation has looked at: the trail that it leaves for an audit.
//!
//! It owns what is remembered; whether and where that is written down is the transport's affair.
//! Invariant: it holds ids and codes, and no text.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::Context;
use roadbook_domain::Marking;

use crate::at::At;
use crate::payload::{Refusal, RefusalCode};

/// An operation that looks at more road maps is told apart by their number alone.
const IDS_MAX: usize = 32;

/// The trail of one operation, filled while it runs. The transport gives an empty one with the request.
#[derive(Clone, Debug, Default)]
pub struct Trail(Arc<Mutex<Footprints>>);

/// What was left so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Footprints {
    /// The ids of road maps marked LIMITE that were looked at; of many the first.
    pub limite: Vec<String>,
    /// How many more there were.
    pub more: usize,
    /// Whether something was refused because the caller may not do it.
    pub not_allowed: bool,
}

impl Trail {
    /// What the operation has left so far.
    pub fn footprints(&self) -> Footprints {
        self.change(|footprints| footprints.clone())
    }

    /// Leaves what an operation has left before whose answer is given again.
    pub fn leave(&self, footprints: &Footprints) {
        self.change(|left| left.clone_from(footprints));
    }

    fn change<T>(&self, change: impl FnOnce(&mut Footprints) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn look_at(&self, at: &At) {
        if at.state().marking() != Marking::Limite {
            return;
        }
        let id = at.road_map_id().to_string();
        self.change(|footprints| {
            if footprints.limite.contains(&id) {
                return;
            }
            if footprints.limite.len() < IDS_MAX {
                footprints.limite.push(id);
            } else {
                footprints.more += 1;
            }
        });
    }
}

/// Notes road maps that are about to be shown.
pub(crate) fn note<'a>(ctx: &Context<'_>, shown: impl IntoIterator<Item = &'a At>) {
    if let Some(trail) = ctx.data_opt::<Trail>() {
        shown.into_iter().for_each(|at| trail.look_at(at));
    }
}

/// Notes whether something was refused for want of a right.
pub(crate) fn note_refusals(ctx: &Context<'_>, refusals: &[Refusal]) {
    let is_not_allowed = |refusal: &Refusal| refusal.code == RefusalCode::NotAllowed;
    if let Some(trail) = ctx.data_opt::<Trail>()
        && refusals.iter().any(is_not_allowed)
    {
        trail.change(|footprints| footprints.not_allowed = true);
    }
}
