//! The address of a NATS server, or of several of one cluster, as a URL names them.
//!
//! Owns the reading of the URL and the name by which the servers are told to people. Invariant: what signs in is kept apart
//! from the rest, since the client library logs the address that it is given; nothing prints it.

use std::fmt;

use async_nats::{ConnectOptions, ServerAddr};
use percent_encoding::percent_decode_str;

use crate::error::BusError;

const NO_FORM: BusError = BusError::Url("it has no such form");

/// Servers of which any will do, and how to sign in to them.
#[derive(Clone)]
pub struct Address {
    pub(crate) servers: Vec<ServerAddr>,
    /// The servers, as they are told to people.
    pub(crate) place: String,
    who: Who,
}

/// Who signs in.
#[derive(Clone, PartialEq, Eq)]
enum Who {
    Nobody,
    Token(String),
    User { name: String, password: String },
}

impl Address {
    /// Reads a URL, or several with commas between them that sign in alike.
    pub fn at(urls: &str) -> Result<Self, BusError> {
        let mut servers = Vec::new();
        let mut places = Vec::new();
        let mut signing_in = None;
        for url in urls.split(',') {
            let (server, place, who) = one(url)?;
            if *signing_in.get_or_insert_with(|| who.clone()) != who {
                return Err(BusError::Url("its servers are not signed in to alike"));
            }
            servers.push(server);
            places.push(place);
        }
        Ok(Self {
            servers,
            place: format!("the NATS server {}", places.join(", ")),
            who: signing_in.unwrap_or(Who::Nobody),
        })
    }

    /// Adds what signs in to the options of a connection.
    pub(crate) fn sign_in(&self, options: ConnectOptions) -> ConnectOptions {
        match self.who.clone() {
            Who::Nobody => options,
            Who::Token(token) => options.token(token),
            Who::User { name, password } => options.user_and_password(name, password),
        }
    }
}

/// A server, where it is, and who signs in there.
fn one(url: &str) -> Result<(ServerAddr, String, Who), BusError> {
    let (scheme, _) = url.split_once("://").ok_or(NO_FORM)?;
    if scheme != "nats" && scheme != "tls" {
        return Err(BusError::Url("it begins with neither nats:// nor tls://"));
    }
    let given: ServerAddr = url.parse().map_err(|_| NO_FORM)?;
    if given.host().is_empty() {
        return Err(BusError::Url("it names no host"));
    }
    let who = match (given.username(), given.password()) {
        (None, None) => Who::Nobody,
        (Some(token), None) => Who::Token(decoded(token)?),
        (name, Some(password)) => Who::User {
            name: decoded(name.unwrap_or_default())?,
            password: decoded(password)?,
        },
    };
    // An IPv6 address has lost its brackets.
    let host = match given.host() {
        host if host.contains(':') => format!("[{host}]"),
        host => host.to_owned(),
    };
    let place = format!("{host}:{}", given.port());
    let server = format!("{scheme}://{place}");
    let server = server.parse().map_err(|_| NO_FORM)?;
    Ok((server, place, who))
}

fn decoded(text: &str) -> Result<String, BusError> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|_| NO_FORM)
}

impl fmt::Debug for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Address({})", self.place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_names_nobody() {
        for url in [
            "nats://eve:open%20sesame@bus.example:4333",
            "nats://sesame@bus.example:4333",
            "tls://bus.example:4333",
        ] {
            let address = Address::at(url).unwrap();
            assert_eq!(address.place, "the NATS server bus.example:4333");
            assert!(!format!("{:?}", address.servers).contains("sesame"));
            assert!(!format!("{address:?}").contains("sesame"));
        }
        for (url, place) in [
            ("nats://bus.example", "bus.example:4222"),
            ("nats://[::1]", "[::1]:4222"),
        ] {
            let address = Address::at(url).unwrap();
            assert_eq!(address.place, format!("the NATS server {place}"));
        }
    }

    #[test]
    fn several_servers_are_signed_in_to_alike() {
        let address = Address::at("nats://eve:sesame@one,nats://eve:sesame@two:4333").unwrap();
        assert_eq!(address.servers.len(), 2);
        assert_eq!(address.place, "the NATS server one:4222, two:4333");
        for other in ["nats://two", "nats://eve@two", "nats://adam:sesame@two", ""] {
            assert!(Address::at(&format!("nats://eve:sesame@one,{other}")).is_err());
        }
    }

    #[test]
    fn what_is_wrong_with_a_url_is_told_without_repeating_it() {
        for url in [
            "",
            "bus.example",
            "nats:sesame",
            "http://sesame@bus.example",
            "nats://eve:sesame@",
            "nats://eve:sesame@bus.example:port",
        ] {
            let refused = Address::at(url).unwrap_err();
            assert!(matches!(refused, BusError::Url(_)), "{refused:?}");
            assert!(!format!("{refused} {refused:?}").contains("sesame"));
        }
    }
}
