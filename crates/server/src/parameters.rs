//! The parameters of a GraphQL request as they come over the wire: a JSON object, or the query of a URL.
//!
//! It checks their shape and size; what the document says is read elsewhere.
//! Invariant: parameters are read from one object, never from an array of them.

use std::borrow::Cow;

use async_graphql::{Extensions, Variables};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::digest::Digest;
use crate::failure::{Cause, Failure};
use crate::settings::Limits;

/// The parameters of one request. `query` may only be absent if `persisted` is given.
pub(crate) struct Parameters {
    pub(crate) query: Option<String>,
    pub(crate) operation_name: Option<String>,
    pub(crate) variables: Variables,
    pub(crate) extensions: Extensions,
    pub(crate) persisted: Option<Digest>,
    /// Where a subscription is to go on, in place of what its variables say.
    pub(crate) resume_after: Option<String>,
}

/// The parameters before their types are checked, so that each complaint can name its parameter.
#[derive(Default, Deserialize)]
struct Raw<'a> {
    #[serde(borrow, default)]
    query: Option<Cow<'a, RawValue>>,
    #[serde(borrow, default, rename = "operationName")]
    operation_name: Option<Cow<'a, RawValue>>,
    #[serde(borrow, default)]
    variables: Option<Cow<'a, RawValue>>,
    #[serde(borrow, default)]
    extensions: Option<Cow<'a, RawValue>>,
}

#[derive(Deserialize)]
struct ClientExtensions {
    #[serde(default, rename = "persistedQuery")]
    persisted_query: Option<PersistedQuery>,
}

#[derive(Deserialize)]
struct PersistedQuery {
    version: u32,
    #[serde(rename = "sha256Hash")]
    sha256_hash: String,
}

/// Parameters from a JSON object: the body of a POST, or the payload of `subscribe`.
pub(crate) fn from_json(bytes: &[u8], limits: &Limits) -> Result<Parameters, Failure> {
    let text =
        std::str::from_utf8(bytes).map_err(|_| Failure::bad_request("the body is not UTF-8"))?;
    match text.trim_start().as_bytes().first() {
        None => {
            return Err(Failure::bad_request(
                "the body is empty; expected a JSON object",
            ));
        }
        Some(b'[') => {
            return Err(Failure::new(
                Cause::BadRequest,
                "BATCH_REFUSED",
                "batches are not supported: send one operation per request",
            ));
        }
        Some(_) => {}
    }
    let raw: Raw<'_> = serde_json::from_str(text).map_err(|error| {
        Failure::bad_request(format!(
            "the body is not a JSON object of a GraphQL request: {error}"
        ))
    })?;
    check(&raw, limits)
}

/// Parameters from the query of a URL, where `variables` and `extensions` are JSON.
pub(crate) fn from_url(query: &str, limits: &Limits) -> Result<Parameters, Failure> {
    let mut raw = Raw::default();
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        let (place, value) = match key.as_ref() {
            "query" => (&mut raw.query, quoted(&value)?),
            "operationName" => (&mut raw.operation_name, quoted(&value)?),
            "variables" => (&mut raw.variables, json(&key, value)?),
            "extensions" => (&mut raw.extensions, json(&key, value)?),
            // Other parameters belong to whoever put them there, as the specification says.
            _ => continue,
        };
        if place.replace(value).is_some() {
            return Err(Failure::bad_request(format!(
                "the parameter `{key}` is given twice"
            )));
        }
    }
    check(&raw, limits)
}

fn quoted(value: &str) -> Result<Cow<'static, RawValue>, Failure> {
    serde_json::value::to_raw_value(value)
        .map(Cow::Owned)
        .map_err(|_| Failure::internal())
}

fn json(key: &str, value: Cow<'_, str>) -> Result<Cow<'static, RawValue>, Failure> {
    if value.is_empty() {
        return RawValue::from_string("null".to_owned())
            .map(Cow::Owned)
            .map_err(|_| Failure::internal());
    }
    RawValue::from_string(value.into_owned())
        .map(Cow::Owned)
        .map_err(|error| {
            Failure::bad_request(format!("the parameter `{key}` is not JSON: {error}"))
        })
}

fn check(raw: &Raw<'_>, limits: &Limits) -> Result<Parameters, Failure> {
    if let Some(variables) = &raw.variables
        && variables.get().len() > limits.variables_bytes_max
    {
        return Err(Failure::beyond(
            "limits.variables_bytes_max",
            limits.variables_bytes_max,
            "the variables are longer",
        ));
    }
    let client: Option<ClientExtensions> = typed("extensions", "a map", raw.extensions.as_deref())?;
    let parameters = Parameters {
        query: typed("query", "a string", raw.query.as_deref())?,
        // GraphiQL and others send an empty name for none.
        operation_name: typed("operationName", "a string", raw.operation_name.as_deref())?
            .filter(|name: &String| !name.is_empty()),
        variables: typed("variables", "a map", raw.variables.as_deref())?.unwrap_or_default(),
        extensions: typed("extensions", "a map", raw.extensions.as_deref())?.unwrap_or_default(),
        persisted: client
            .and_then(|extensions| extensions.persisted_query)
            .as_ref()
            .map(hash)
            .transpose()?,
        resume_after: None,
    };
    if parameters.query.is_none() && parameters.persisted.is_none() {
        return Err(Failure::bad_request("the parameter `query` is missing"));
    }
    Ok(parameters)
}

/// A parameter of its type; `null` is the same as absent.
fn typed<T: DeserializeOwned>(
    name: &str,
    expected: &str,
    raw: Option<&RawValue>,
) -> Result<Option<T>, Failure> {
    let Some(raw) = raw else { return Ok(None) };
    // A derived struct would also accept an array, field by field.
    if expected == "a map" && !raw.get().starts_with(['{', 'n']) {
        return Err(Failure::bad_request(format!(
            "the parameter `{name}` must be {expected}"
        )));
    }
    serde_json::from_str(raw.get())
        .map_err(|_| Failure::bad_request(format!("the parameter `{name}` must be {expected}")))
}

fn hash(persisted: &PersistedQuery) -> Result<Digest, Failure> {
    if persisted.version != 1 {
        return Err(Failure::bad_request(
            "`extensions.persistedQuery.version` must be 1",
        ));
    }
    Digest::from_hexadecimal(&persisted.sha256_hash).ok_or_else(|| {
        Failure::bad_request("`extensions.persistedQuery.sha256Hash` must be 64 hexadecimal digits")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(body: &str) -> String {
        let Err(failure) = from_json(body.as_bytes(), &Limits::default()) else {
            panic!("accepted: {body}")
        };
        assert_eq!(failure.cause, Cause::BadRequest);
        failure.errors[0].message.clone()
    }

    #[test]
    fn each_complaint_names_its_parameter() {
        assert!(message(r#"{"query": 1}"#).contains("`query` must be a string"));
        assert!(message(r#"{"query": "{a}", "operationName": {}}"#).contains("`operationName`"));
        assert!(
            message(r#"{"query": "{a}", "variables": []}"#).contains("`variables` must be a map")
        );
        assert!(
            message(r#"{"query": "{a}", "extensions": [1]}"#)
                .contains("`extensions` must be a map")
        );
        assert!(message("{}").contains("`query` is missing"));
        assert!(message("").contains("empty"));
        assert!(message(r#"{"query": "{a}", "query": "{b}"}"#).contains("duplicate field"));
    }

    #[test]
    fn null_is_the_same_as_absent() {
        let body = br#"{"query":"{a}","operationName":null,"variables":null,"extensions":null}"#;
        assert!(from_json(body, &Limits::default()).is_ok());
    }

    #[test]
    fn a_parameter_given_twice_in_a_url_is_refused() {
        assert!(from_url("query={a}&query={b}", &Limits::default()).is_err());
    }

    #[test]
    fn a_url_carries_variables_as_json() {
        let parameters = from_url(
            "query=%7Ba%7D&variables=%7B%22x%22%3A1%7D&other=1",
            &Limits::default(),
        )
        .ok()
        .unwrap();
        assert_eq!(parameters.query.as_deref(), Some("{a}"));
        assert!(parameters.variables.contains_key("x"));
    }

    #[test]
    fn long_variables_break_their_bound() {
        let limits = Limits {
            variables_bytes_max: 10,
            ..Limits::default()
        };
        let Err(failure) = from_json(
            br#"{"query":"{a}","variables":{"x":"0123456789"}}"#,
            &limits,
        ) else {
            panic!()
        };
        assert_eq!(failure.code(), "LIMIT_EXCEEDED");
    }
}
