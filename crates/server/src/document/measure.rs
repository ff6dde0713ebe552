//! Measuring a parsed document with its fragments expanded, without expanding them.
//!
//! Twenty fragments that each use the next one twice are a million fields; validation and execution would visit
//! them all. Each fragment is measured once and counted as often as it is used.
//! Invariant: the work is linear in the length of the document.

use std::collections::HashMap;

use async_graphql::Positioned;
use async_graphql::parser::types::{
    ExecutableDocument, FragmentDefinition, Selection, SelectionSet,
};

use crate::failure::Failure;
use crate::settings::Limits;

/// The fields that tell what the schema is; `__typename` tells what an answer is.
const INTROSPECTION: [&str; 2] = ["__schema", "__type"];

/// The size of a selection, its fragments expanded. Sums saturate: too many is too many.
#[derive(Clone, Copy, Default)]
struct Size {
    depth: usize,
    fields: usize,
    root_fields: usize,
    aliases: usize,
    directives: usize,
    /// Whether it asks what the schema is.
    introspects: bool,
}

impl Size {
    /// This selection and `other` beside each other.
    fn beside(&mut self, other: Size) {
        self.depth = self.depth.max(other.depth);
        self.fields = self.fields.saturating_add(other.fields);
        self.root_fields = self.root_fields.saturating_add(other.root_fields);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
        self.introspects |= other.introspects;
    }
}

/// Refuses a document that is too deep, too wide, or whose fragments use themselves. Whether it asks what the schema is.
pub(super) fn check(document: &ExecutableDocument, limits: &Limits) -> Result<bool, Failure> {
    let mut measuring = Measuring {
        fragments: &document.fragments,
        known: HashMap::new(),
    };
    let mut whole = Size::default();
    for (_, operation) in document.operations.iter() {
        let mut size = measuring.selection(&operation.node.selection_set.node)?;
        size.directives = size
            .directives
            .saturating_add(operation.node.directives.len());
        for variable in &operation.node.variable_definitions {
            size.directives = size
                .directives
                .saturating_add(variable.node.directives.len());
        }
        // The root fields run at once, or one by one; those of another operation do not run.
        whole.root_fields = whole.root_fields.max(size.root_fields);
        whole.beside(Size {
            root_fields: 0,
            ..size
        });
    }
    // Fragments that no operation uses are refused by validation, but only after it has visited them.
    for name in document.fragments.keys() {
        let fragment = measuring.fragment(name)?;
        whole.beside(Size {
            root_fields: 0,
            ..fragment
        });
    }
    for (found, rule, bound, what) in [
        (
            whole.depth,
            "limits.query_depth_max",
            limits.query_depth_max,
            "the query is deeper",
        ),
        (
            whole.fields,
            "limits.query_fields_max",
            limits.query_fields_max,
            "the query has more fields",
        ),
        (
            whole.root_fields,
            "limits.query_root_fields_max",
            limits.query_root_fields_max,
            "the query has more root fields",
        ),
        (
            whole.aliases,
            "limits.query_aliases_max",
            limits.query_aliases_max,
            "the query has more aliases",
        ),
        (
            whole.directives,
            "limits.query_directives_max",
            limits.query_directives_max,
            "the query has more directives",
        ),
    ] {
        if found > bound {
            return Err(Failure::beyond(rule, bound, what));
        }
    }
    Ok(whole.introspects)
}

struct Measuring<'a> {
    fragments: &'a HashMap<async_graphql::Name, Positioned<FragmentDefinition>>,
    /// `None` while the fragment is being measured: meeting it again means that it uses itself.
    known: HashMap<&'a str, Option<Size>>,
}

impl<'a> Measuring<'a> {
    fn selection(&mut self, selection: &'a SelectionSet) -> Result<Size, Failure> {
        let mut size = Size::default();
        for item in &selection.items {
            match &item.node {
                Selection::Field(field) => {
                    let under = self.selection(&field.node.selection_set.node)?;
                    size.beside(Size {
                        depth: under.depth + 1,
                        fields: under.fields.saturating_add(1),
                        root_fields: 1,
                        aliases: under
                            .aliases
                            .saturating_add(usize::from(field.node.alias.is_some())),
                        directives: under.directives.saturating_add(field.node.directives.len()),
                        introspects: under.introspects
                            || INTROSPECTION.contains(&field.node.name.node.as_str()),
                    });
                }
                Selection::InlineFragment(fragment) => {
                    let mut under = self.selection(&fragment.node.selection_set.node)?;
                    under.directives = under
                        .directives
                        .saturating_add(fragment.node.directives.len());
                    size.beside(under);
                }
                Selection::FragmentSpread(spread) => {
                    let mut under = self.fragment(&spread.node.fragment_name.node)?;
                    under.directives = under
                        .directives
                        .saturating_add(spread.node.directives.len());
                    size.beside(under);
                }
            }
        }
        Ok(size)
    }

    /// A fragment that does not exist has no size: validation names it.
    fn fragment(&mut self, name: &str) -> Result<Size, Failure> {
        let Some((name, fragment)) = self.fragments.get_key_value(name) else {
            return Ok(Size::default());
        };
        match self.known.get(name.as_str()) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => {
                return Err(Failure::document(
                    "GRAPHQL_VALIDATION_FAILED",
                    format!("the fragment `{name}` uses itself"),
                    Some(fragment.pos),
                ));
            }
            None => {}
        }
        self.known.insert(name.as_str(), None);
        let mut size = self.selection(&fragment.node.selection_set.node)?;
        size.directives = size
            .directives
            .saturating_add(fragment.node.directives.len());
        self.known.insert(name.as_str(), Some(size));
        Ok(size)
    }
}
