//! Checking the values of variables against their declared types before anything executes.
//!
//! The executor coerces a variable only where a resolver reads it, in the midst of execution; the specification
//! wants a refusal of the whole request. Invariant: messages name types and places, never the values.

mod input_types;

use async_graphql::parser::types::{BaseType, OperationDefinition, Type};
use async_graphql::{Name, Value, Variables};

use crate::failure::Failure;

use input_types::InputType;
pub(crate) use input_types::InputTypes;

const CODE: &str = "BAD_VARIABLE";

/// Refuses variables that do not fit the definitions of the operation.
pub(crate) fn check(
    operation: &OperationDefinition,
    variables: &Variables,
    types: &InputTypes,
) -> Result<(), Failure> {
    for definition in &operation.variable_definitions {
        let name = &definition.node.name.node;
        let expected = &definition.node.var_type.node;
        let outcome = match variables.get(name) {
            None if expected.nullable || definition.node.default_value.is_some() => Ok(()),
            None => Err(Mismatch::new(format!(
                "expected `{expected}`, found nothing"
            ))),
            Some(value) => fits(value, expected, types),
        };
        if let Err(mismatch) = outcome {
            let place = mismatch.path.iter().rev().cloned().collect::<String>();
            return Err(Failure::document(
                CODE,
                format!("variable `${name}{place}`: {}", mismatch.message),
                Some(definition.pos),
            ));
        }
    }
    Ok(())
}

/// Why a value does not fit, and where within it; the path is collected from the inside out.
struct Mismatch {
    path: Vec<String>,
    message: String,
}

impl Mismatch {
    fn new(message: String) -> Self {
        Self {
            path: Vec::new(),
            message,
        }
    }

    fn at(mut self, step: String) -> Self {
        self.path.push(step);
        self
    }
}

fn fits(value: &Value, expected: &Type, types: &InputTypes) -> Result<(), Mismatch> {
    match (value, &expected.base) {
        (Value::Null, _) if expected.nullable => Ok(()),
        (Value::Null, _) => Err(Mismatch::new(format!("expected `{expected}`, found null"))),
        (Value::List(items), BaseType::List(item)) => {
            items.iter().enumerate().try_for_each(|(index, value)| {
                fits(value, item, types).map_err(|wrong| wrong.at(format!("[{index}]")))
            })
        }
        // A single value stands for a list of one.
        (value, BaseType::List(item)) => fits(value, item, types),
        (value, BaseType::Named(name)) => match types.get(name) {
            Some(named) => fits_named(value, name, named, types),
            // Validation tells about types that do not exist.
            None => Ok(()),
        },
    }
}

fn fits_named(
    value: &Value,
    name: &Name,
    named: &InputType,
    types: &InputTypes,
) -> Result<(), Mismatch> {
    let accepted = match (named, value) {
        (InputType::Object { .. }, Value::Object(_)) => {
            return fits_object(value, name, named, types);
        }
        (InputType::Any, _)
        | (InputType::Boolean, Value::Boolean(_))
        | (InputType::Float, Value::Number(_))
        | (InputType::String | InputType::Id, Value::String(_)) => true,
        // Some of our integers are wider than 32 bits: the resolver knows its range.
        (InputType::Int | InputType::Id, Value::Number(number)) => !number.is_f64(),
        (InputType::Enum(members), Value::String(member)) => members.contains(member.as_str()),
        (InputType::Enum(members), Value::Enum(member)) => members.contains(member.as_str()),
        _ => false,
    };
    if accepted {
        Ok(())
    } else {
        Err(Mismatch::new(format!(
            "expected `{name}`, found {}",
            kind(value)
        )))
    }
}

fn fits_object(
    value: &Value,
    name: &Name,
    named: &InputType,
    types: &InputTypes,
) -> Result<(), Mismatch> {
    let (InputType::Object { fields, one_of }, Value::Object(given)) = (named, value) else {
        return Ok(());
    };
    for (key, value) in given {
        let Some(field) = fields.get(key.as_str()) else {
            // The key may be long and is the client's own; it knows it.
            return Err(
                Mismatch::new(format!("`{name}` has no such field")).at(format!(".{key:.64}"))
            );
        };
        fits(value, &field.expected, types).map_err(|wrong| wrong.at(format!(".{key}")))?;
    }
    if let Some((missing, field)) = fields
        .iter()
        .find(|(key, field)| field.required() && !given.contains_key(key.as_str()))
    {
        return Err(
            Mismatch::new(format!("expected `{}`, found nothing", field.expected))
                .at(format!(".{missing}")),
        );
    }
    if *one_of && (given.len() != 1 || given.values().any(|value| *value == Value::Null)) {
        return Err(Mismatch::new(format!(
            "`{name}` takes exactly one field, not null"
        )));
    }
    Ok(())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Boolean(_) => "a boolean",
        Value::Binary(_) => "bytes",
        Value::Enum(_) => "an enum value",
        Value::List(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests;
