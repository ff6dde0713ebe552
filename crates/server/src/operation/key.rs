//! What an operation asks, as a key: two operations with equal keys ask the same, whoever asks.
//!
//! It owns the canonical form of variables. Who asks is no part of it: whoever shares an answer between callers adds
//! what tells them apart. Invariant: operations that could be answered otherwise have different keys.

use std::collections::BTreeMap;

use async_graphql::{Value, Variables};
use serde::{Serialize, Serializer};

use crate::digest::Digest;
use crate::document::Document;

/// A document, which of its operations, and the variables.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct OperationKey {
    /// White space and comments do not count, literals do.
    document: Digest,
    name: Option<Box<str>>,
    /// JSON without white space, its keys in order at every level.
    variables: Box<[u8]>,
}

impl OperationKey {
    /// The key of an operation.
    pub(crate) fn of(document: &Document, name: Option<&str>, variables: &Variables) -> Self {
        Self::of_all_but(document, name, variables, None)
    }

    /// The key of an operation that asks the same whatever one of its variables is.
    pub(crate) fn of_all_but(
        document: &Document,
        name: Option<&str>,
        variables: &Variables,
        left_out: Option<&str>,
    ) -> Self {
        let counted = variables
            .iter()
            .filter(|(name, _)| left_out != Some(name.as_str()))
            .map(|(name, value)| (name.as_str(), Canonical(value)));
        let counted: BTreeMap<&str, Canonical<'_>> = counted.collect();
        Self {
            document: document.normal,
            name: name.map(Box::from),
            // Keys are strings and every value came from JSON, so there is nothing that JSON could not express.
            variables: serde_json::to_vec(&counted).unwrap_or_default().into(),
        }
    }

    /// What it takes up in memory besides itself.
    pub(crate) fn held_bytes(&self) -> usize {
        let name = self.name.as_deref().map_or(0, str::len);
        name + self.variables.len()
    }
}

/// A value whose objects are written with their keys in order: a client may send them in any.
struct Canonical<'a>(&'a Value);

impl Serialize for Canonical<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(object) => {
                let ordered = object
                    .iter()
                    .map(|(name, value)| (name.as_str(), Canonical(value)));
                let ordered: BTreeMap<&str, Canonical<'_>> = ordered.collect();
                serializer.collect_map(ordered)
            }
            Value::List(list) => serializer.collect_seq(list.iter().map(Canonical)),
            plain => plain.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::settings::Limits;

    fn key(query: &str, variables: serde_json::Value) -> OperationKey {
        let document = Document::read(query, &Limits::default()).unwrap();
        OperationKey::of(&document, None, &Variables::from_json(variables))
    }

    #[test]
    fn white_space_commas_and_comments_do_not_count() {
        let plain = key("query Q($a: Int, $b: [Int]) { f(a: $a, b: $b) }", json!({}));
        let spaced = "# first\nquery Q ( $a:Int $b:[Int]\r\n)\t{ f(a: $a b: $b), # last\n}";
        assert_eq!(plain, key(spaced, json!({})));
    }

    #[test]
    fn literals_and_names_count() {
        let one = key(r#"{ f(a: 1, b: "x y") }"#, json!({}));
        for other in [
            r#"{ f(a: 2, b: "x y") }"#,
            r#"{ f(a: -1, b: "x y") }"#,
            r#"{ f(a: 1, b: "x  y") }"#,
            r#"{ f(a: 1, b: "x y ") }"#,
            r#"{ g(a: 1, b: "x y") }"#,
            r#"{ f(a: 1, b: "x y") ff }"#,
        ] {
            assert_ne!(one, key(other, json!({})), "{other}");
        }
        assert_ne!(key("{ a b }", json!({})), key("{ ab }", json!({})));
    }

    #[test]
    fn a_quotation_mark_does_not_hide_what_follows_it() {
        let one = key(r#"{ f(a: "\" # b", c: 1) }"#, json!({}));
        assert_ne!(one, key(r#"{ f(a: "\" # b", c: 2) }"#, json!({})));
        let block = "{ f(a: \"\"\"x # \\\"\"\" y\"\"\", c: 1) }";
        let other = "{ f(a: \"\"\"x # \\\"\"\" y\"\"\", c: 2) }";
        assert_ne!(key(block, json!({})), key(other, json!({})));
    }

    #[test]
    fn the_order_of_keys_does_not_count_and_their_values_do() {
        let query = "query($a: A) { f(a: $a) }";
        let one = key(
            query,
            json!({ "a": { "x": [1, { "p": 1, "q": "2" }], "y": null } }),
        );
        let same = serde_json::from_str(r#"{"a":{"y":null,"x":[1,{"q":"2","p":1}]}}"#).unwrap();
        assert_eq!(one, key(query, same));
        for other in [
            json!({ "a": { "x": [1, { "p": 1, "q": 2 }], "y": null } }),
            json!({ "a": { "x": [{ "p": 1, "q": "2" }, 1], "y": null } }),
            json!({ "a": { "x": [1, { "p": 1, "q": "2" }] } }),
            json!({ "a": { "x": [1.0, { "p": 1, "q": "2" }], "y": null } }),
            json!({}),
        ] {
            assert_ne!(one, key(query, other.clone()), "{other}");
        }
    }

    #[test]
    fn the_operation_of_a_document_counts() {
        let document = Document::read("query A { a } query B { b }", &Limits::default()).unwrap();
        let of = |name| OperationKey::of(&document, Some(name), &Variables::default());
        assert_ne!(of("A"), of("B"));
    }

    #[test]
    fn a_variable_that_is_left_out_does_not_count() {
        let query = "subscription($after: C, $a: Int) { f(after: $after, a: $a) }";
        let document = Document::read(query, &Limits::default()).unwrap();
        let of = |variables| {
            let variables = Variables::from_json(variables);
            OperationKey::of_all_but(&document, None, &variables, Some("after"))
        };
        assert_eq!(of(json!({ "after": "x", "a": 1 })), of(json!({ "a": 1 })));
        assert_ne!(
            of(json!({ "after": "x", "a": 1 })),
            of(json!({ "after": "x", "a": 2 }))
        );
    }
}
