//! A server and a database on it, as a URL names them.
//!
//! Owns the reading of the URL and the name by which the place is told to people. Invariant: the name holds neither
//! role nor password, and nothing prints the URL itself.

use std::fmt;
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;

use super::error::ConnectError;

/// What a URL may set after its `?`. sqlx passes over others, and logs them with their values.
const PARAMETERS: [&str; 12] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

/// A server and a database on it.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) options: PgConnectOptions,
    pub(super) place: String,
}

impl Server {
    /// Reads a URL. What it leaves out is taken from `PGHOST`, `PGPASSWORD` and so on, or from `~/.pgpass`.
    pub(super) fn at(url: &str) -> Result<Self, ConnectError> {
        known_parameters(url)?;
        let options = PgConnectOptions::from_str(url)
            .map_err(|_| ConnectError::Url("it has no such form".to_owned()))?;
        let place = place_of(&options);
        Ok(Self { options, place })
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Server({})", self.place)
    }
}

fn known_parameters(url: &str) -> Result<(), ConnectError> {
    let Some((_, query)) = url.split_once('?') else {
        return Ok(());
    };
    let names = query.split('&').map(|pair| pair.split('=').next());
    let known = |name: &&str| PARAMETERS.contains(name) || name.starts_with("options[");
    match names.flatten().find(|name| !known(name)) {
        // A name alone, without its value, is no secret.
        Some(name) => Err(ConnectError::Url(format!("it has no parameter \"{name}\""))),
        None => Ok(()),
    }
}

fn place_of(options: &PgConnectOptions) -> String {
    let database = options
        .get_database()
        .unwrap_or_else(|| options.get_username());
    match options.get_socket() {
        Some(folder) => format!("the PostgreSQL database {}/{database}", folder.display()),
        None => format!(
            "the PostgreSQL database {}:{}/{database}",
            options.get_host(),
            options.get_port()
        ),
    }
}

#[cfg(test)]
mod tests {
    use sqlx::postgres::PgSslMode;

    use super::*;

    #[test]
    fn the_place_names_neither_role_nor_password() {
        let server = Server::at("postgres://eve:open%20sesame@db.example:5433/roadbook").unwrap();
        assert_eq!(
            server.place,
            "the PostgreSQL database db.example:5433/roadbook"
        );
        assert!(!format!("{server:?}").contains("sesame"));
    }

    #[test]
    fn what_is_wrong_with_a_url_is_told_without_repeating_it() {
        for url in [
            "postgres://eve:sesame@host:port/x",
            "postgres://eve:sesame@host/x?pasword=sesame",
            "postgres://eve:sesame@host/x?sslmode=sesame",
        ] {
            let refused = Server::at(url).unwrap_err();
            assert!(matches!(refused, ConnectError::Url(_)), "{refused:?}");
            assert!(!format!("{refused} {refused:?}").contains("sesame"));
        }
    }

    #[test]
    fn encryption_is_as_the_url_says() {
        for (mode, expected) in [
            ("disable", PgSslMode::Disable),
            ("prefer", PgSslMode::Prefer),
            ("require", PgSslMode::Require),
            ("verify-ca", PgSslMode::VerifyCa),
            ("verify-full", PgSslMode::VerifyFull),
        ] {
            let url = format!("postgres://host/x?sslmode={mode}&sslrootcert=/etc/roadbook/ca.pem");
            let server = Server::at(&url).unwrap();
            let found = server.options.get_ssl_mode();
            assert_eq!(format!("{found:?}"), format!("{expected:?}"));
        }
    }
}
