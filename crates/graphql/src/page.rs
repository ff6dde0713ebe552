//! Pages: the bound on how much one field answers, and the connections that go on from there.
//!
//! It owns the bound and the two ways of paging: by offset in a list that is in memory, by version in a log.
//! Invariant: no field answers more than the bound, and none is cut without saying so.

use async_graphql::OutputType;
use async_graphql::connection::{
    Connection, DefaultConnectionName, DefaultEdgeName, DisableNodesField, Edge, EmptyFields,
};

use crate::cursor::Cursor;
use crate::fault::bad_argument;

/// The most that one page holds.
pub(crate) const FIRST_MAX: usize = 500;

/// A page of a list in memory.
pub(crate) type Listed<Node> = Connection<
    usize,
    Node,
    EmptyFields,
    EmptyFields,
    DefaultConnectionName,
    DefaultEdgeName,
    DisableNodesField,
>;

/// A page of a log.
pub(crate) type Logged<Node> = Connection<
    Cursor,
    Node,
    EmptyFields,
    EmptyFields,
    DefaultConnectionName,
    DefaultEdgeName,
    DisableNodesField,
>;

/// How many are asked for, within the bound.
pub(crate) fn page_size(first: i32) -> async_graphql::Result<usize> {
    usize::try_from(first)
        .ok()
        .filter(|first| *first <= FIRST_MAX)
        .ok_or_else(|| bad_argument(format!("first: ask for 0 to {FIRST_MAX}, not {first}")))
}

/// The page of a list that begins after an offset given as its cursor.
pub(crate) fn listed<Node: OutputType>(
    items: Vec<Node>,
    first: i32,
    after: Option<&str>,
) -> async_graphql::Result<Listed<Node>> {
    let size = page_size(first)?;
    let start = match after {
        None => 0,
        Some(after) => {
            let offset: usize = after
                .parse()
                .map_err(|_| bad_argument("after: take a cursor from an earlier page"))?;
            offset.saturating_add(1)
        }
    };
    let count = items.len();
    let end = start.saturating_add(size).min(count);
    let mut page = Listed::new(start > 0 && count > 0, end < count);
    page.edges = items
        .into_iter()
        .enumerate()
        .skip(start)
        .take(size)
        .map(|(offset, node)| Edge::new(offset, node))
        .collect();
    Ok(page)
}
