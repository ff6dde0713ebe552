//! Reading a GraphQL document within bounds: tokens before parsing, then fields, depth and the like.
//!
//! Whether it fits the schema is the executor's to say. Invariant: no document of a client reaches the parser
//! or the executor before it has been measured.

mod measure;
mod tokens;
mod variables;

use std::sync::atomic::{AtomicBool, Ordering};

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition};
use async_graphql::{Name, Positioned, ServerError};

use crate::digest::Digest;
use crate::failure::Failure;
use crate::settings::Limits;

/// A parsed document within bounds.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) parsed: ExecutableDocument,
    /// The digest of its tokens: the same for documents that differ in white space, commas and comments alone.
    pub(crate) normal: Digest,
    /// How many tokens it has, by which its size in memory is estimated.
    pub(crate) tokens: usize,
    /// Whether it asks what the schema is.
    pub(crate) introspects: bool,
    /// Whether it was executed, and so fits the schema.
    validated: AtomicBool,
}

/// One operation of a document: the one that is asked for.
#[derive(Debug)]
pub(crate) struct Selected<'a> {
    /// Its name; `None` if it is the only one and has none.
    pub(crate) name: Option<&'a str>,
    pub(crate) operation: &'a OperationDefinition,
}

impl<'a> Selected<'a> {
    fn named((name, operation): (&'a Name, &'a Positioned<OperationDefinition>)) -> Self {
        Self {
            name: Some(name.as_str()),
            operation: &operation.node,
        }
    }
}

impl Document {
    /// Parses `query` and checks it against the bounds.
    pub(crate) fn read(query: &str, limits: &Limits) -> Result<Self, Failure> {
        let tokens = tokens::walk(query, limits)?;
        let parsed = parse_query(query).map_err(|error| {
            let ServerError {
                message, locations, ..
            } = error.into();
            Failure::document("GRAPHQL_PARSE_FAILED", message, locations.first().copied())
        })?;
        Ok(Self {
            introspects: measure::check(&parsed, limits)?,
            parsed,
            normal: tokens.digest,
            tokens: tokens.count,
            validated: AtomicBool::new(false),
        })
    }

    /// Whether it is known to fit the schema, whatever its variables: those are checked by themselves.
    pub(crate) fn is_validated(&self) -> bool {
        self.validated.load(Ordering::Relaxed)
    }

    /// Remembers that it fits the schema. Of several operations only the one that ran is known to.
    pub(crate) fn validated(&self) {
        if self.parsed.operations.iter().count() == 1 {
            self.validated.store(true, Ordering::Relaxed);
        }
    }

    /// How often a variable is used anywhere in it.
    pub(crate) fn uses(&self, variable: &str) -> usize {
        variables::uses(&self.parsed, variable)
    }

    /// The operation of this name, or the only one.
    pub(crate) fn select(&self, name: Option<&str>) -> Result<Selected<'_>, Failure> {
        let unknown = |name: &str| {
            Failure::document(
                "OPERATION_RESOLUTION_FAILURE",
                format!("the document has no operation `{name}`"),
                None,
            )
        };
        match (&self.parsed.operations, name) {
            (DocumentOperations::Single(operation), None) => Ok(Selected {
                name: None,
                operation: &operation.node,
            }),
            (DocumentOperations::Single(_), Some(name)) => Err(unknown(name)),
            (DocumentOperations::Multiple(operations), Some(name)) => operations
                .get_key_value(name)
                .map(Selected::named)
                .ok_or_else(|| unknown(name)),
            (DocumentOperations::Multiple(operations), None) => {
                let mut every = operations.iter();
                match (every.next(), every.next()) {
                    (Some(only), None) => Ok(Selected::named(only)),
                    _ => Err(Failure::document(
                        "OPERATION_RESOLUTION_FAILURE",
                        "the document has several operations: say which by `operationName`",
                        None,
                    )),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
