//! The environment of the process, beyond the settings that it may hold.
//!
//! It owns the two variables that are no settings. Invariant: no other file of the workspace reads the environment,
//! but for the settings, which come through one prefix.

use std::ffi::OsString;
use std::path::PathBuf;

/// The prefix of every variable that is a setting.
pub(crate) const PREFIX: &str = "ROADBOOK_";
/// What follows the prefix in the one variable that is no setting but names the file with them.
pub(crate) const CONFIG: &str = "config";

/// The settings file that `ROADBOOK_CONFIG` names.
pub(crate) fn settings_file() -> Option<PathBuf> {
    variable("ROADBOOK_CONFIG").map(PathBuf::from)
}

/// Whether `NO_COLOR` asks for plain text (see no-color.org: any value but an empty one).
pub(crate) fn wants_no_color() -> bool {
    variable("NO_COLOR").is_some()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the binary reads the environment and hands on what it found"
)]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}
