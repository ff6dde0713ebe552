//! Settings: everything that an operator may set, as one struct.
//!
//! It owns the keys of the binary itself and gathers those of the crates; where they are read from is `sources`.
//! Invariant: every key has a default, so that no settings at all start a demonstration.

mod rules;
mod sources;

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::audit::AuditSettings;
use crate::bus::BusUrl;
use crate::database::{DatabaseUrl, StoreSettings};
use crate::secret;
use crate::traces::TraceSettings;

pub(crate) use sources::{Problem, Sources};

/// Where a server listens unless told otherwise: for this machine alone.
const LISTEN: &str = "127.0.0.1:8080";

/// What stands in place of a secret wherever settings are printed.
pub(crate) const MASK: &str = "********";

/// The settings of the process.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// The database, as in `sqlite:FILE` or `postgres://ROLE:PASSWORD@HOST/DATABASE`. None: that of the demonstration,
    /// except for `serve`.
    pub(crate) database: Option<DatabaseUrl>,
    /// A file that holds the URL of the database, and with it a password.
    pub(crate) database_file: Option<PathBuf>,
    /// The NATS server by which the nodes of one PostgreSQL tell each other, as in `nats://USER:PASSWORD@HOST:4222`. None:
    /// they tell each other by the database.
    pub(crate) bus: Option<BusUrl>,
    /// A file that holds that URL, and with it a password.
    pub(crate) bus_file: Option<PathBuf>,
    /// The address that a server listens on; port 0 picks a free one.
    pub(crate) listen: String,
    /// What is logged. None: `info` while serving, else `warn`.
    pub(crate) log: Option<String>,
    /// The server that `watch` speaks to. None: the address of `listen`.
    pub(crate) url: Option<String>,
    /// The token that `watch` signs in with.
    pub(crate) token: Option<Secret>,
    /// A file that holds that token.
    pub(crate) token_file: Option<PathBuf>,
    /// A file with the certificates of authorities, in the form of PEM: whom this process trusts when it speaks TLS to an
    /// identity provider, or as `watch` and `health` to a server. None: those of the system.
    pub(crate) ca_file: Option<PathBuf>,
    /// The file with the secret that signs development tokens. None: beside the database file.
    pub(crate) token_secret_file: Option<PathBuf>,
    /// A file with the secret that signed them before; it may be missing.
    pub(crate) token_secret_previous_file: Option<PathBuf>,
    /// Seconds for which the secret before is accepted, from the last change of the file with the present one.
    pub(crate) token_secret_previous_s: u64,
    /// Queues, snapshots and bounds of the engine.
    pub(crate) engine: roadbook_engine::Settings,
    /// What is kept on the bus, and what may wait for it.
    pub(crate) nats: roadbook_bus_nats::Settings,
    /// The database's cache and waits.
    pub(crate) store: StoreSettings,
    /// The way to a collector of traces.
    pub(crate) traces: TraceSettings,
    /// The file of the audit, and what may wait for it.
    pub(crate) audit: AuditSettings,
    /// The identity providers whose tokens are accepted.
    pub(crate) identity: roadbook_server::IdentitySettings,
    /// The transport.
    pub(crate) server: roadbook_server::Settings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            database: None,
            database_file: None,
            bus: None,
            bus_file: None,
            listen: LISTEN.to_owned(),
            log: None,
            url: None,
            token: None,
            token_file: None,
            ca_file: None,
            token_secret_file: None,
            token_secret_previous_file: None,
            token_secret_previous_s: 24 * 60 * 60,
            engine: roadbook_engine::Settings::default(),
            nats: roadbook_bus_nats::Settings::default(),
            store: StoreSettings::default(),
            traces: TraceSettings::default(),
            audit: AuditSettings::default(),
            identity: roadbook_server::IdentitySettings::default(),
            server: roadbook_server::Settings::default(),
        }
    }
}

impl Settings {
    /// The database to work on: the one that is set, else the demonstration's.
    pub(crate) fn database(&self) -> DatabaseUrl {
        self.database
            .clone()
            .unwrap_or_else(DatabaseUrl::demonstration)
    }

    /// The server that a client speaks to: the one that is set, else the one that listens here.
    pub(crate) fn url(&self) -> String {
        let scheme = match self.server.tls.certificate_file {
            Some(_) => "https",
            None => "http",
        };
        let listening = || format!("{scheme}://{}", self.listen);
        self.url.clone().unwrap_or_else(listening)
    }

    /// The file with the secret that signs development tokens.
    pub(crate) fn token_secret_file(&self) -> PathBuf {
        match &self.token_secret_file {
            Some(file) => file.clone(),
            None => self.database().secret_file(),
        }
    }

    /// The database that is written in `database_file` now; none if that is not set.
    pub(crate) fn read_database_file(&self) -> Result<Option<DatabaseUrl>, String> {
        let Some(file) = &self.database_file else {
            return Ok(None);
        };
        let url = secret::read(file).map_err(|error| format!("{error:#}"))?;
        DatabaseUrl::try_from(url).map(Some)
    }

    /// Names the bus that is written in `bus_file`, if that is set.
    fn read_bus_file(&mut self) -> Result<(), String> {
        let Some(file) = &self.bus_file else {
            return Ok(());
        };
        let url = secret::read(file).map_err(|error| format!("{error:#}"))?;
        self.bus = Some(BusUrl::try_from(url)?);
        Ok(())
    }

    /// Every setting by its path, secrets masked.
    pub(crate) fn flat(&self) -> Vec<(String, serde_json::Value)> {
        sources::flat(self)
    }
}

/// A secret: never printed, neither for people nor for machines.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(String);

impl Secret {
    /// The secret itself, for where it is used.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(MASK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_masked_in_every_print() {
        let settings = Settings {
            token: Some(Secret("open sesame".to_owned())),
            ..Settings::default()
        };
        let json = serde_json::to_string(&settings).unwrap();
        assert!(!json.contains("sesame") && json.contains(MASK));
        assert!(!format!("{settings:?}").contains("sesame"));
    }

    #[test]
    fn a_password_in_the_database_url_is_masked_in_every_print() {
        let url = "postgres://eve:sesame@db.example/roadbook".to_owned();
        let settings = Settings {
            database: Some(DatabaseUrl::try_from(url).unwrap()),
            ..Settings::default()
        };
        for shown in [
            serde_json::to_string(&settings).unwrap(),
            format!("{settings:?}"),
            format!("{:?}", settings.flat()),
        ] {
            assert!(!shown.contains("sesame") && shown.contains(MASK), "{shown}");
        }
    }

    #[test]
    fn whoever_signs_in_to_the_bus_is_masked_in_every_print() {
        for url in [
            "nats://eve:sesame@bus.example",
            "nats://sesame@bus.example:4222",
            "tls://eve:sesame@one.bus.example,tls://eve:sesame@two.bus.example",
        ] {
            let settings = Settings {
                bus: Some(BusUrl::try_from(url.to_owned()).unwrap()),
                ..Settings::default()
            };
            for shown in [
                serde_json::to_string(&settings).unwrap(),
                format!("{settings:?}"),
                format!("{:?}", settings.flat()),
            ] {
                assert!(!shown.contains("sesame") && shown.contains(MASK), "{shown}");
                assert!(shown.contains("bus.example"), "{shown}");
            }
        }
    }

    #[test]
    fn the_secret_stands_beside_the_database_unless_told_otherwise() {
        let mut settings = Settings::default();
        let beside = PathBuf::from("roadbook-demo.db.secret");
        assert_eq!(settings.token_secret_file(), beside);
        settings.token_secret_file = Some(PathBuf::from("elsewhere"));
        assert_eq!(settings.token_secret_file(), PathBuf::from("elsewhere"));
    }
}
