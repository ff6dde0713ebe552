//! The input types of the schema, learnt once from the executor by introspection.
//!
//! The transport knows executors, not schemas; introspection is what every executor offers.
//! Invariant: a type that could not be learnt accepts every value.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::Type;
use async_graphql::{Executor, Request};
use serde::Deserialize;

/// Six levels of `ofType` reach `[[Name!]!]!`, the deepest that a schema of ours would use.
const INTROSPECTION: &str = "{ __schema { types { kind name isOneOf enumValues(includeDeprecated: true) { name } \
     inputFields(includeDeprecated: true) { name defaultValue type { ...t ofType { ...t ofType { ...t ofType { ...t \
     ofType { ...t ofType { ...t } } } } } } } } } } fragment t on __Type { kind name }";

/// Input types by name.
#[derive(Debug, Default)]
pub(crate) struct InputTypes(HashMap<String, InputType>);

/// What a value of an input type may be.
#[derive(Debug)]
pub(super) enum InputType {
    /// A scalar of the schema's own: its resolver judges.
    Any,
    Int,
    Float,
    String,
    Boolean,
    Id,
    Enum(HashSet<String>),
    Object {
        fields: HashMap<String, InputField>,
        one_of: bool,
    },
}

/// A field of an input object.
#[derive(Debug)]
pub(super) struct InputField {
    pub(super) expected: Type,
    has_default: bool,
}

impl InputField {
    pub(super) fn required(&self) -> bool {
        !self.expected.nullable && !self.has_default
    }
}

impl InputTypes {
    /// Asks the executor. One that does not answer introspection gives the built-in scalars only.
    pub(crate) async fn learn(executor: &impl Executor) -> Self {
        let response = executor.execute(Request::new(INTROSPECTION)).await;
        let mut types = response
            .data
            .into_json()
            .ok()
            .and_then(|answer| serde_json::from_value::<Answer>(answer).ok())
            .map_or_else(HashMap::new, |answer| {
                answer
                    .schema
                    .types
                    .into_iter()
                    .filter_map(input_type)
                    .collect::<HashMap<_, _>>()
            });
        for (name, scalar) in [
            ("Int", InputType::Int),
            ("Float", InputType::Float),
            ("String", InputType::String),
            ("Boolean", InputType::Boolean),
            ("ID", InputType::Id),
        ] {
            types.insert(name.to_owned(), scalar);
        }
        Self(types)
    }

    pub(super) fn get(&self, name: &str) -> Option<&InputType> {
        self.0.get(name)
    }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "__schema")]
    schema: AnsweredSchema,
}

#[derive(Deserialize)]
struct AnsweredSchema {
    types: Vec<AnsweredType>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnsweredType {
    kind: String,
    name: String,
    is_one_of: Option<bool>,
    enum_values: Option<Vec<AnsweredName>>,
    input_fields: Option<Vec<AnsweredField>>,
}

#[derive(Deserialize)]
struct AnsweredName {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnsweredField {
    name: String,
    default_value: Option<String>,
    #[serde(rename = "type")]
    expected: AnsweredReference,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnsweredReference {
    kind: String,
    name: Option<String>,
    of_type: Option<Box<AnsweredReference>>,
}

impl AnsweredReference {
    /// The type as it is written in a document, such as `[ID!]!`.
    fn written(&self) -> Option<String> {
        let inner = || self.of_type.as_ref()?.written();
        match self.kind.as_str() {
            "NON_NULL" => Some(format!("{}!", inner()?)),
            "LIST" => Some(format!("[{}]", inner()?)),
            _ => self.name.clone(),
        }
    }
}

fn input_type(answered: AnsweredType) -> Option<(String, InputType)> {
    let learnt = match answered.kind.as_str() {
        "SCALAR" => InputType::Any,
        "ENUM" => InputType::Enum(
            answered
                .enum_values?
                .into_iter()
                .map(|member| member.name)
                .collect(),
        ),
        "INPUT_OBJECT" => {
            let mut fields = HashMap::new();
            for field in answered.input_fields? {
                let expected = Type::new(&field.expected.written()?)?;
                fields.insert(
                    field.name,
                    InputField {
                        expected,
                        has_default: field.default_value.is_some(),
                    },
                );
            }
            InputType::Object {
                fields,
                one_of: answered.is_one_of.unwrap_or(false),
            }
        }
        _ => return None,
    };
    Some((answered.name, learnt))
}
