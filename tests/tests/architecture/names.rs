//! Names of types that say nothing: what is everywhere called a manager is nowhere a concept.

use syn::visit::{self, Visit};
use syn::{Ident, ItemEnum, ItemStruct, ItemTrait, ItemType};

use crate::assert_kept;
use crate::source::sources;

const EMPTY_ENDINGS: &[&str] = &["Manager", "Service", "Handler", "Data", "Info"];

/// Fixed by a specification that we follow: the connections of GraphQL.
const FIXED_ELSEWHERE: &[&str] = &["PageInfo"];

/// Collects the declared types of one file.
#[derive(Default)]
struct Types {
    found: Vec<(String, usize)>,
}

impl Types {
    fn note(&mut self, name: &Ident) {
        self.found
            .push((name.to_string(), name.span().start().line));
    }
}

impl<'ast> Visit<'ast> for Types {
    fn visit_item_enum(&mut self, node: &'ast ItemEnum) {
        self.note(&node.ident);
        visit::visit_item_enum(self, node);
    }

    fn visit_item_struct(&mut self, node: &'ast ItemStruct) {
        self.note(&node.ident);
        visit::visit_item_struct(self, node);
    }

    fn visit_item_trait(&mut self, node: &'ast ItemTrait) {
        self.note(&node.ident);
        visit::visit_item_trait(self, node);
    }

    fn visit_item_type(&mut self, node: &'ast ItemType) {
        self.note(&node.ident);
        visit::visit_item_type(self, node);
    }
}

#[test]
fn no_type_is_called_manager_service_handler_data_or_info() {
    let mut violations = Vec::new();
    for source in sources() {
        let mut types = Types::default();
        types.visit_file(&source.syntax());
        for (name, line) in types.found {
            if is_empty(&name) {
                violations.push(format!("{}:{line}: `{name}`", source.place));
            }
        }
    }
    assert_kept(
        "a type is named after what it is in the domain or in event sourcing",
        &violations,
    );
}

#[test]
fn an_empty_ending_is_found_and_a_fixed_name_is_not() {
    assert!(is_empty("StreamManager"));
    assert!(!is_empty("Metadata"));
    assert!(!is_empty("PageInfo"));
}

fn is_empty(name: &str) -> bool {
    !FIXED_ELSEWHERE.contains(&name) && EMPTY_ENDINGS.iter().any(|ending| name.ends_with(ending))
}
