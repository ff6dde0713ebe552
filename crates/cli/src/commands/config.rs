//! `roadbook config check`: prints the settings in force, and everything that is wrong with what was given.
//!
//! It owns the print; the search for problems is that of every command.
//! Invariant: no secret is printed.

use serde_json::{Map, Value as Json, json};

use crate::arguments::ConfigCommand;
use crate::failure::Failure;
use crate::settings::{Problem, Settings, Sources};
use crate::{doors, terminal};

/// Runs the command.
pub(crate) fn run(command: &ConfigCommand, sources: &Sources) -> anyhow::Result<()> {
    let ConfigCommand::Check { json: as_json } = command;
    let mut reading = sources.read();
    reading.problems.extend(missing_files(&reading.settings));
    let settings = reading.settings.flat();
    let source = |key: &str| {
        let found = reading.given.iter().find(|(given, _)| given == key);
        found.map_or("default", |(_, source)| source.as_str())
    };
    if *as_json {
        let settings: Map<String, Json> = settings
            .iter()
            .map(|(key, value)| {
                (
                    key.clone(),
                    json!({ "value": value, "source": source(key) }),
                )
            })
            .collect();
        let problems: Vec<Json> = reading
            .problems
            .iter()
            .map(|problem| json!({ "key": problem.key, "source": problem.source, "message": problem.message }))
            .collect();
        let report = json!({ "settings": settings, "problems": problems });
        terminal::print(&format!("{report:#}\n"))?;
    } else {
        let lines = settings
            .iter()
            .map(|(key, value)| format!("{key} = {value}  # {}\n", source(key)));
        terminal::print(&lines.collect::<String>())?;
    }
    if reading.settings.identity.issuers.is_empty() {
        terminal::say(doors::NOBODY);
    }
    if reading.problems.is_empty() {
        return Ok(());
    }
    let problems: Vec<String> = reading.problems.iter().map(ToString::to_string).collect();
    Err(Failure::Usage(format!(
        "the settings are wrong:\n  {}",
        problems.join("\n  ")
    ))
    .into())
}

/// Files that are named and not there. A command that does not need them is not held up by that.
fn missing_files(settings: &Settings) -> Vec<Problem> {
    [
        ("ca_file", &settings.ca_file),
        (
            "server.trusted_documents_file",
            &settings.server.trusted_documents_file,
        ),
        (
            "server.tls.certificate_file",
            &settings.server.tls.certificate_file,
        ),
        ("server.tls.key_file", &settings.server.tls.key_file),
        ("token_file", &settings.token_file),
        ("token_secret_file", &settings.token_secret_file),
    ]
    .into_iter()
    .filter_map(|(key, file)| Some((key, file.as_ref().filter(|file| !file.is_file())?)))
    .map(|(key, file)| Problem {
        key: key.to_owned(),
        source: file.display().to_string(),
        message: "there is no such file".to_owned(),
    })
    .collect()
}
