//! The URL of a PostgreSQL database, which may hold a password.
//!
//! It owns the mask; what the URL means is the store's affair. Invariant: only `reveal` gives the password away.

use std::fmt;

use crate::settings::MASK;

/// A URL as it was given.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PostgresUrl(String);

impl PostgresUrl {
    /// The URL itself, for where a connection is made.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for PostgresUrl {
    fn from(url: String) -> Self {
        Self(url)
    }
}

/// With every password masked. One with an `@` or `/` in it should have been encoded; if it is not, more is masked.
impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("postgres", ""));
        write!(f, "{scheme}://")?;
        let place = match rest.rsplit_once('@') {
            Some((who, place)) => {
                match who.split_once(':') {
                    Some((role, _)) => write!(f, "{role}:{MASK}@")?,
                    None => write!(f, "{who}@")?,
                }
                place
            }
            None => rest,
        };
        let Some((place, parameters)) = place.split_once('?') else {
            return f.write_str(place);
        };
        let masked = parameters.split('&').map(|parameter| {
            if parameter.starts_with("password=") {
                format!("password={MASK}")
            } else {
                parameter.to_owned()
            }
        });
        write!(f, "{place}?{}", masked.collect::<Vec<_>>().join("&"))
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_masked_wherever_it_stands() {
        for url in [
            "postgres://eve:sesame@db.example:5432/roadbook?sslmode=disable",
            "postgres://eve:ses@me/sesame@db.example/roadbook",
            "postgresql://db.example/roadbook?user=eve&password=sesame",
            "postgres://eve:sesame@/roadbook?host=/run/postgresql&password=sesame",
        ] {
            let url = PostgresUrl::from(url.to_owned());
            for shown in [url.to_string(), format!("{url:?}")] {
                assert!(!shown.contains("ses") && shown.contains(MASK), "{shown}");
                assert!(shown.contains("roadbook"), "{shown}");
            }
        }
    }
}
