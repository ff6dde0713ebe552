//! Where settings come from: flags, then `ROADBOOK_*` variables, then the settings file, then defaults.
//!
//! It owns the order and the search for everything that is wrong. Invariant: an unknown key is a problem wherever it
//! stands, and a problem never quotes a secret.

use std::path::PathBuf;

use figment::providers::{Env, Format as _, Serialized, Toml};
use figment::value::{Dict, Value};
use figment::{Figment, Metadata, Profile, Provider as _};
use serde_json::Value as Json;

use super::{Settings, rules};
use crate::arguments::Arguments;
use crate::environment;
use crate::failure::Failure;

/// The settings file that is read if it is there.
const FILE: &str = "roadbook.toml";

/// Keys whose values are never quoted.
const SECRETS: &[&str] = &["token"];

/// Where the settings of one run come from.
#[derive(Debug)]
pub(crate) struct Sources {
    /// The settings file that was asked for, which then must be there.
    file: Option<PathBuf>,
    /// Settings given as flags.
    flags: Vec<(&'static str, String)>,
}

/// One thing that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The key, as in `server.limits.body_bytes_max`; empty for a source as a whole.
    pub(crate) key: String,
    /// Where it was set.
    pub(crate) source: String,
    /// What is wrong with it.
    pub(crate) message: String,
}

/// The settings in force and all that is wrong with what was given.
#[derive(Debug)]
pub(crate) struct Reading {
    /// What was given rightly, over the defaults.
    pub(crate) settings: Settings,
    /// Each key that was given rightly, and where.
    pub(crate) given: Vec<(String, String)>,
    /// What is wrong, in the order of keys.
    pub(crate) problems: Vec<Problem>,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.key.is_empty() {
            write!(f, "{}: {}", self.source, self.message)
        } else {
            write!(f, "{} ({}): {}", self.key, self.source, self.message)
        }
    }
}

impl Sources {
    /// The sources of a run.
    pub(crate) fn of(arguments: &Arguments) -> Self {
        Self {
            file: arguments
                .common
                .config
                .clone()
                .or_else(environment::settings_file),
            flags: arguments.overrides(),
        }
    }

    /// The settings, if nothing is wrong with them.
    pub(crate) fn settings(&self) -> anyhow::Result<Settings> {
        let reading = self.read();
        if reading.problems.is_empty() {
            return Ok(reading.settings);
        }
        let problems: Vec<String> = reading.problems.iter().map(ToString::to_string).collect();
        let message = format!("the settings are wrong:\n  {}", problems.join("\n  "));
        Err(Failure::Usage(message).into())
    }

    /// Reads every source, and goes on after a problem to find the others.
    pub(crate) fn read(&self) -> Reading {
        let variables = Env::prefixed(environment::PREFIX)
            .ignore(&[environment::CONFIG])
            .split("__");
        let mut problems = Vec::new();
        let mut figment = Figment::new();
        if let Some(file) = self.present_file(&mut problems) {
            let with_file = figment.clone().merge(Toml::file_exact(&file));
            match with_file.data() {
                Ok(_) => figment = with_file,
                Err(error) => problems.push(Problem {
                    key: String::new(),
                    source: file.display().to_string(),
                    message: without_quotation(&error.to_string()),
                }),
            }
        }
        figment = figment.merge(variables);
        for (key, value) in &self.flags {
            figment = figment.merge(Serialized::default(key, value));
        }
        self.judge(&figment, problems)
    }

    fn present_file(&self, problems: &mut Vec<Problem>) -> Option<PathBuf> {
        let Some(asked) = &self.file else {
            return Some(PathBuf::from(FILE)).filter(|file| file.is_file());
        };
        if asked.is_file() {
            return Some(asked.clone());
        }
        problems.push(Problem {
            key: String::new(),
            source: asked.display().to_string(),
            message: "there is no such file".to_owned(),
        });
        None
    }

    /// Tries each key by itself, so that one mistake does not hide the next.
    fn judge(&self, figment: &Figment, mut problems: Vec<Problem>) -> Reading {
        let mut given = Vec::new();
        let mut right = Figment::new();
        let dict = figment
            .data()
            .ok()
            .and_then(|mut data| data.remove(&Profile::Default));
        let mut found = Vec::new();
        leaves("", &dict.unwrap_or_default(), &mut found);
        for (key, value) in found {
            let source = self.source_of(&key, figment.get_metadata(value.tag()));
            let alone = Serialized::default(&key, &value);
            match Figment::from(&alone).extract::<Settings>() {
                Ok(_) => {
                    right = right.merge(alone);
                    given.push((key, source));
                }
                Err(error) => {
                    let message = if SECRETS.contains(&key.as_str()) {
                        "it is no text".to_owned()
                    } else {
                        error.kind.to_string()
                    };
                    problems.push(Problem {
                        key,
                        source,
                        message,
                    });
                }
            }
        }
        let mut settings = right.extract::<Settings>().unwrap_or_default();
        let source = |key: &str| {
            let found = given.iter().find(|(given, _)| given == key);
            found.map_or_else(|| "default".to_owned(), |(_, source)| source.clone())
        };
        for (key, message) in rules::broken(&settings) {
            problems.push(Problem {
                source: source(&key),
                key,
                message,
            });
        }
        let database = settings.read_database_file().map(|read| {
            settings.database = read.or_else(|| settings.database.take());
        });
        let bus = settings.read_bus_file();
        for (key, read) in [("database_file", database), ("bus_file", bus)] {
            if let Err(message) = read {
                problems.push(Problem {
                    source: source(key),
                    key: key.to_owned(),
                    message,
                });
            }
        }
        Reading {
            settings,
            given,
            problems,
        }
    }

    fn source_of(&self, key: &str, metadata: Option<&Metadata>) -> String {
        if self.flags.iter().any(|(flag, _)| *flag == key) {
            return format!("--{key}");
        }
        let file = metadata.and_then(|metadata| metadata.source.as_ref()?.file_path());
        match file {
            Some(file) => file.display().to_string(),
            None => format!(
                "{}{}",
                environment::PREFIX,
                key.replace('.', "__").to_uppercase()
            ),
        }
    }
}

/// The first line of a syntax error names the place and the last one the reason; what stands between quotes the file,
/// and a line of it may be a secret.
fn without_quotation(message: &str) -> String {
    let lines: Vec<&str> = message
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    match lines.as_slice() {
        [first, .., last] => format!("{}: {}", first.trim(), last.trim()),
        _ => message.trim().to_owned(),
    }
}

/// Every key that holds a value, or an empty table, with its path.
fn leaves(above: &str, dict: &Dict, found: &mut Vec<(String, Value)>) {
    for (key, value) in dict {
        let path = if above.is_empty() {
            key.clone()
        } else {
            format!("{above}.{key}")
        };
        match value {
            Value::Dict(_, inner) if !inner.is_empty() => leaves(&path, inner, found),
            leaf => found.push((path, leaf.clone())),
        }
    }
}

/// Every setting by its path, secrets masked.
pub(super) fn flat(settings: &Settings) -> Vec<(String, Json)> {
    let mut found = Vec::new();
    // Settings hold texts, numbers and lists only, which JSON can always express.
    flatten(
        "",
        serde_json::to_value(settings).unwrap_or_default(),
        &mut found,
    );
    found
}

fn flatten(above: &str, value: Json, found: &mut Vec<(String, Json)>) {
    match value {
        Json::Object(map) => {
            for (key, value) in map {
                let path = if above.is_empty() {
                    key
                } else {
                    format!("{above}.{key}")
                };
                flatten(&path, value, found);
            }
        }
        leaf => found.push((above.to_owned(), leaf)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str, flags: &[(&'static str, &str)]) -> Reading {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.toml");
        std::fs::write(&file, toml).unwrap();
        let flags = flags.iter().map(|(key, value)| (*key, (*value).to_owned()));
        Sources {
            file: Some(file),
            flags: flags.collect(),
        }
        .read()
    }

    fn keys(reading: &Reading) -> Vec<&str> {
        reading
            .problems
            .iter()
            .map(|problem| problem.key.as_str())
            .collect()
    }

    #[test]
    fn a_flag_goes_before_the_file() {
        let reading = read(
            "listen = \"127.0.0.1:1\"\nlog = \"debug\"",
            &[("listen", "127.0.0.1:2")],
        );
        assert_eq!(reading.problems, []);
        assert_eq!(reading.settings.listen, "127.0.0.1:2");
        assert_eq!(reading.settings.log.as_deref(), Some("debug"));
    }

    #[test]
    fn every_problem_is_told_and_not_only_the_first() {
        let toml = "lisen = \"x\"\ndatabase = \"mysql:x\"\n[engine]\nretries_max = \"many\"\n[server.limits]\nbody_max = 1";
        let reading = read(toml, &[]);
        assert_eq!(
            keys(&reading),
            [
                "database",
                "engine.retries_max",
                "lisen",
                "server.limits.body_max"
            ]
        );
    }

    #[test]
    fn a_bound_of_nothing_is_refused() {
        let reading = read("[engine]\ninbox_edits_max = 0\nretries_max = 0", &[]);
        assert_eq!(keys(&reading), ["engine.inbox_edits_max"]);
    }

    #[test]
    fn a_problem_never_quotes_a_secret() {
        let wrong_kind = read("token = [\"open sesame\"]", &[]);
        assert_eq!(keys(&wrong_kind), ["token"]);
        let broken = read("token = open sesame", &[]);
        assert_eq!(broken.problems.len(), 1);
        for problem in wrong_kind.problems.iter().chain(&broken.problems) {
            assert!(!problem.to_string().contains("sesame"), "{problem}");
        }
    }

    #[test]
    fn the_database_may_be_named_in_a_file_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("database");
        let reading = |text: &str| {
            std::fs::write(&file, text).unwrap();
            read(&format!("database_file = {file:?}"), &[])
        };
        let right = reading("postgres://eve:sesame@db.example/roadbook\n");
        assert_eq!(right.problems, []);
        let database = right.settings.database().to_string();
        assert_eq!(database, "postgres://eve:********@db.example/roadbook");
        let wrong = reading("mysql://eve:sesame@db.example/roadbook");
        assert_eq!(keys(&wrong), ["database_file"]);
        assert!(!wrong.problems[0].to_string().contains("sesame"));
        let twice = read(
            &format!("database = \"sqlite:x.db\"\ndatabase_file = {file:?}"),
            &[],
        );
        assert!(keys(&twice).contains(&"database_file"));
        std::fs::remove_file(&file).unwrap();
        assert_eq!(
            keys(&read(&format!("database_file = {file:?}"), &[])),
            ["database_file"]
        );
    }

    #[test]
    fn the_bus_may_be_named_in_a_file_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bus");
        let reading = |text: &str| {
            std::fs::write(&file, text).unwrap();
            read(&format!("bus_file = {file:?}"), &[])
        };
        let right = reading("nats://eve:sesame@bus.example:4222\n");
        assert_eq!(right.problems, []);
        let bus = right.settings.bus.map(|bus| bus.to_string());
        assert_eq!(bus.as_deref(), Some("nats://********@bus.example:4222"));
        for wrong in ["redis://eve:sesame@bus.example", "nats://eve:sesame@"] {
            let wrong = reading(wrong);
            assert_eq!(keys(&wrong), ["bus_file"]);
            assert!(!wrong.problems[0].to_string().contains("sesame"));
        }
        let twice = read(&format!("bus = \"nats://x\"\nbus_file = {file:?}"), &[]);
        assert!(keys(&twice).contains(&"bus_file"));
    }

    #[test]
    fn a_file_that_was_asked_for_must_be_there() {
        let sources = Sources {
            file: Some(PathBuf::from("/nowhere/at/all.toml")),
            flags: Vec::new(),
        };
        assert!(sources.settings().is_err());
    }
}
