//! Where a document uses its variables.
//!
//! It counts places in the text, so a fragment's count once however often it is spread. Invariant: no place is missed.

use async_graphql::Positioned;
use async_graphql::parser::types::{Directive, ExecutableDocument, Selection, SelectionSet};
use async_graphql_value::Value;

/// In how many places a variable is used.
pub(super) fn uses(document: &ExecutableDocument, variable: &str) -> usize {
    let operations = document.operations.iter().map(|(_, operation)| {
        let operation = &operation.node;
        in_selection(&operation.selection_set.node, variable)
            + in_directives(&operation.directives, variable)
    });
    let fragments = document.fragments.values().map(|fragment| {
        in_selection(&fragment.node.selection_set.node, variable)
            + in_directives(&fragment.node.directives, variable)
    });
    operations.sum::<usize>() + fragments.sum::<usize>()
}

fn in_selection(selection: &SelectionSet, variable: &str) -> usize {
    let items = selection.items.iter().map(|item| match &item.node {
        Selection::Field(field) => {
            let field = &field.node;
            let arguments = field.arguments.iter();
            arguments
                .map(|(_, value)| in_value(&value.node, variable))
                .sum::<usize>()
                + in_directives(&field.directives, variable)
                + in_selection(&field.selection_set.node, variable)
        }
        Selection::InlineFragment(fragment) => {
            in_directives(&fragment.node.directives, variable)
                + in_selection(&fragment.node.selection_set.node, variable)
        }
        Selection::FragmentSpread(spread) => in_directives(&spread.node.directives, variable),
    });
    items.sum()
}

fn in_directives(directives: &[Positioned<Directive>], variable: &str) -> usize {
    let arguments = directives.iter().flat_map(|it| &it.node.arguments);
    arguments
        .map(|(_, value)| in_value(&value.node, variable))
        .sum()
}

fn in_value(value: &Value, variable: &str) -> usize {
    match value {
        Value::Variable(name) => usize::from(name == variable),
        Value::List(list) => list.iter().map(|value| in_value(value, variable)).sum(),
        Value::Object(object) => object.values().map(|value| in_value(value, variable)).sum(),
        _ => 0,
    }
}
