//! What an answer is based on: recorded while a query is executed, so that its bytes can be given again as long as it holds.
//!
//! It owns what counts as recorded in full; keeping answers is the transport's affair. A resolver at the root says that all
//! it looked at was recorded, and what it looked at is recorded where that is reached, at the gate.
//! Invariant: an answer is given again only if every field of its root said so, and nothing below took it back.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{Context, Value};
use roadbook_engine::Dependency;

/// An answer that looked at more than this is not worth the checks that giving it again would take.
const DEPENDENCIES_MAX: usize = 64;

/// The basis of one answer, filled while its operation runs. The transport gives an empty one with the request.
#[derive(Clone, Debug, Default)]
pub struct Basis(Arc<Mutex<Recorded>>);

/// Everything that an answer depends on.
#[derive(Clone, Debug, Default)]
pub struct Dependencies(Box<[Dependency]>);

#[derive(Debug, Default)]
struct Recorded {
    dependencies: Vec<Dependency>,
    /// The names in the answer of those fields of the root that are recorded in full.
    told: BTreeSet<String>,
    /// Whether something was looked at that is not recorded.
    is_open: bool,
}

impl Basis {
    /// Records something that the answer depends on. It was taken before it was read.
    pub fn depends_on(&self, dependency: Dependency) {
        self.change(|recorded| {
            let mut known = recorded.dependencies.iter();
            if !known.any(|earlier| dependency.is_implied_by(earlier)) {
                recorded.dependencies.push(dependency);
            }
        });
    }

    /// Says that everything that a field of the root depends on is recorded, or will be by the fields below it.
    pub fn told_all(&self, field: &str) {
        self.change(|recorded| recorded.told.insert(field.to_owned()));
    }

    /// Says that something was looked at that is not recorded.
    pub fn is_open(&self) {
        self.change(|recorded| recorded.is_open = true);
    }

    /// All that the data of an answer depends on; none if that was not recorded in full.
    pub fn of(&self, data: &Value) -> Option<Dependencies> {
        let Value::Object(fields) = data else {
            return None;
        };
        self.change(|recorded| {
            let mut fields = fields.keys();
            let is_whole = !recorded.is_open
                && recorded.dependencies.len() <= DEPENDENCIES_MAX
                && fields.all(|field| recorded.told.contains(field.as_str()));
            is_whole.then(|| Dependencies(recorded.dependencies.clone().into()))
        })
    }

    fn change<T>(&self, change: impl FnOnce(&mut Recorded) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Dependencies {
    /// Whether the answer would be the same now.
    pub fn hold(&self) -> bool {
        self.0.iter().all(Dependency::holds)
    }
}

/// Records what is about to be read.
pub(crate) fn depend(ctx: &Context<'_>, on: impl IntoIterator<Item = Dependency>) {
    if let Some(basis) = ctx.data_opt::<Basis>() {
        on.into_iter()
            .for_each(|dependency| basis.depends_on(dependency));
    }
}

/// Says that this field of the root has recorded all that it depends on.
pub(crate) fn tell_all(ctx: &Context<'_>) {
    if let Some(basis) = ctx.data_opt::<Basis>() {
        basis.told_all(&ctx.item.node.response_key().node);
    }
}

/// Says that the answer depends on what is not recorded: it must not be given again.
pub(crate) fn leave_open(ctx: &Context<'_>) {
    if let Some(basis) = ctx.data_opt::<Basis>() {
        basis.is_open();
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::value;
    use roadbook_engine::Changes;

    use super::*;

    #[test]
    fn an_answer_is_based_on_what_all_its_fields_have_told() {
        let basis = Basis::default();
        let changes = Changes::default();
        basis.depends_on(changes.none());
        basis.told_all("a");
        assert!(basis.of(&value!({ "a": 1, "b": 2 })).is_none());
        basis.told_all("b");
        let dependencies = basis.of(&value!({ "a": 1, "b": 2 })).unwrap();
        assert!(dependencies.hold());
        changes.happened();
        assert!(!dependencies.hold());
        assert!(basis.of(&Value::Null).is_none());
    }

    #[test]
    fn what_is_recorded_twice_counts_as_it_was_first() {
        let basis = Basis::default();
        let changes = Changes::default();
        basis.depends_on(changes.none());
        changes.happened();
        // Read again after a change: the answer may hold something of both.
        basis.depends_on(changes.none());
        basis.told_all("a");
        assert!(!basis.of(&value!({ "a": 1 })).unwrap().hold());
    }

    #[test]
    fn an_answer_that_depends_on_something_unrecorded_is_based_on_nothing() {
        let basis = Basis::default();
        basis.told_all("a");
        assert!(basis.of(&value!({ "a": 1 })).is_some());
        basis.is_open();
        assert!(basis.of(&value!({ "a": 1 })).is_none());
    }
}
