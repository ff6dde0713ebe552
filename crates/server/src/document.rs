//! Reading a GraphQL document within bounds: tokens before parsing, then fields, depth and the like.
//!
//! Whether it fits the schema is the executor's to say. Invariant: no document of a client reaches the parser
//! or the executor before it has been measured.

mod measure;
mod tokens;

use async_graphql::ServerError;
use async_graphql::parser::parse_query;
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType,
};

use crate::failure::Failure;
use crate::settings::Limits;

/// A parsed document within bounds, and which of its operations is asked for.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) parsed: ExecutableDocument,
    /// The selected operation's name; `None` if it is the only one and has none.
    pub(crate) name: Option<String>,
    pub(crate) kind: OperationType,
}

impl Document {
    /// Parses `query`, checks it against the bounds, and selects the operation `name`, or the only one.
    pub(crate) fn read(query: &str, name: Option<&str>, limits: &Limits) -> Result<Self, Failure> {
        tokens::check(query, limits)?;
        let parsed = parse_query(query).map_err(|error| {
            let ServerError {
                message, locations, ..
            } = error.into();
            Failure::document("GRAPHQL_PARSE_FAILED", message, locations.first().copied())
        })?;
        measure::check(&parsed, limits)?;
        let (name, kind) = select(&parsed, name)?;
        Ok(Self { parsed, name, kind })
    }

    /// The selected operation.
    pub(crate) fn operation(&self) -> Option<&OperationDefinition> {
        match (&self.parsed.operations, &self.name) {
            (DocumentOperations::Single(operation), _) => Some(&operation.node),
            (DocumentOperations::Multiple(operations), Some(name)) => operations
                .get(name.as_str())
                .map(|operation| &operation.node),
            (DocumentOperations::Multiple(_), None) => None,
        }
    }
}

fn select(
    parsed: &ExecutableDocument,
    name: Option<&str>,
) -> Result<(Option<String>, OperationType), Failure> {
    let unknown = |name: &str| {
        Failure::document(
            "OPERATION_RESOLUTION_FAILURE",
            format!("the document has no operation `{name}`"),
            None,
        )
    };
    match (&parsed.operations, name) {
        (DocumentOperations::Single(operation), None) => Ok((None, operation.node.ty)),
        (DocumentOperations::Single(_), Some(name)) => Err(unknown(name)),
        (DocumentOperations::Multiple(operations), Some(name)) => operations
            .get(name)
            .map(|operation| (Some(name.to_owned()), operation.node.ty))
            .ok_or_else(|| unknown(name)),
        (DocumentOperations::Multiple(operations), None) => {
            let mut every = operations.iter();
            match (every.next(), every.next()) {
                (Some((name, operation)), None) => Ok((Some(name.to_string()), operation.node.ty)),
                _ => Err(Failure::document(
                    "OPERATION_RESOLUTION_FAILURE",
                    "the document has several operations: say which by `operationName`",
                    None,
                )),
            }
        }
    }
}

#[cfg(test)]
mod tests;
