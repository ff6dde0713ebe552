//! Wire history: every payload that was ever written is still read, and what is written now is what was written before.
//!
//! `golden/KIND.SCHEMA.json` holds one payload of a kind in a schema version, and is never edited:
//! when a payload changes its shape, the schema version goes up, a file is added, and an upcast reads the old one.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::{fs, io};

use roadbook_engine::{FORMS, Form, PayloadError, decode_directory_payload, decode_payload};
use serde_json::Value;

/// Where the kinds of events are named; a new kind without a file is found by reading its name there.
const EVENT_SOURCES: [&str; 2] = [
    include_str!("../../domain/src/event.rs"),
    include_str!("../../domain/src/directory/event.rs"),
];

struct Golden {
    name: String,
    kind: String,
    schema: u16,
    payload: Vec<u8>,
}

fn golden_files() -> io::Result<Vec<Golden>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let parts: Vec<&str> = name.split('.').collect();
        let [kind, schema, "json"] = parts[..] else {
            panic!("{name} is not named KIND.SCHEMA.json");
        };
        let Ok(schema) = schema.parse() else {
            panic!("{name} names no schema version");
        };
        files.push(Golden {
            kind: kind.to_owned(),
            schema,
            payload: fs::read(entry.path())?,
            name,
        });
    }
    Ok(files)
}

/// Every kind that `Event::kind` can answer.
fn kinds() -> BTreeSet<String> {
    let of_source = |source: &'static str| {
        let after = source.split_once("pub const fn kind(&self)");
        let body = after.and_then(|(_, after)| after.split_once("\n    }\n"));
        let body = body.map_or("", |(body, _)| body);
        body.split('"').skip(1).step_by(2).map(str::to_owned)
    };
    EVENT_SOURCES.into_iter().flat_map(of_source).collect()
}

/// A payload as it is read by whoever knows its kind: the kind, and what would be written of it now.
fn read(kind: &str, schema: u16, payload: &[u8]) -> Result<(&'static str, Value), PayloadError> {
    if EVENT_SOURCES[1].contains(&format!("\"{kind}\"")) {
        let event = decode_directory_payload(kind, schema, payload)?;
        return Ok((event.kind(), serde_json::json!(event)));
    }
    let event = decode_payload(kind, schema, payload)?;
    Ok((event.kind(), serde_json::json!(event)))
}

/// The schema in which a kind is written now.
fn newest(kind: &str) -> u16 {
    let forms = FORMS.all().iter().filter(|form| form.kind == kind);
    forms.map(|form| form.schema).max().unwrap_or_default()
}

#[test]
fn every_kind_of_event_stands_in_the_table_of_forms() {
    let forms = FORMS.all().iter();
    let listed: BTreeSet<String> = forms.map(|form| form.kind.to_owned()).collect();
    assert!(listed.contains("CellSet") && listed.contains("ActionReworded"));
    assert_eq!(listed, kinds());
}

#[test]
fn every_form_has_a_payload() {
    let files = golden_files().unwrap();
    let held: BTreeSet<(&str, u16)> = files
        .iter()
        .map(|file| (file.kind.as_str(), file.schema))
        .collect();
    let name = |form: &Form| (form.kind, form.schema);
    assert_eq!(held, FORMS.all().iter().map(name).collect());
}

#[test]
fn every_payload_that_was_written_is_read_as_its_kind() {
    for file in golden_files().unwrap() {
        let found = read(&file.kind, file.schema, &file.payload);
        let (kind, _) = found.unwrap_or_else(|error| panic!("{}: {error}", file.name));
        assert_eq!(kind, file.kind, "{}", file.name);
    }
}

#[test]
fn what_is_written_now_is_what_was_written_before() {
    for file in golden_files().unwrap() {
        if file.schema < newest(&file.kind) {
            continue;
        }
        let (_, written) = read(&file.kind, file.schema, &file.payload).unwrap();
        let committed: Value = serde_json::from_slice(&file.payload).unwrap();
        assert_eq!(written, committed, "{}", file.name);
    }
}

#[test]
fn a_payload_under_the_kind_of_another_is_damage() {
    for file in golden_files().unwrap() {
        let other = match file.kind.as_str() {
            "CellSet" => "CellsShared",
            "ChairGiven" => "MemberAdmitted",
            kind if EVENT_SOURCES[1].contains(&format!("\"{kind}\"")) => "ChairGiven",
            _ => "CellSet",
        };
        let error = read(other, file.schema, &file.payload).unwrap_err();
        assert!(
            error.to_string().contains(&file.kind),
            "{}: {error}",
            file.name
        );
    }
}

#[test]
fn a_payload_of_a_newer_form_is_refused_rather_than_guessed() {
    for file in golden_files().unwrap() {
        let schema = newest(&file.kind) + 1;
        let later = read(&file.kind, schema, &file.payload);
        assert!(
            matches!(later, Err(PayloadError::NewerSchema { .. })),
            "{later:?}"
        );
        let other = decode_payload("CellSigned", 1, &file.payload);
        assert!(
            matches!(other, Err(PayloadError::NewerKind(_))),
            "{other:?}"
        );
    }
}

#[test]
fn the_error_for_a_damaged_payload_quotes_nothing_of_it() {
    let damaged = br#"{"CellSet":{"column":"a secret remark"}}"#;
    let error = decode_payload("CellSet", 1, damaged).unwrap_err();
    assert!(matches!(error, PayloadError::Damaged(_)), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
}
