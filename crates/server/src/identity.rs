//! Who asks: turning the token of a request into a viewer.
//!
//! What a viewer may do is not decided here. Invariant: no token, and nothing derived from its signature,
//! ever reaches a message or a log.

mod error;
mod providers;
mod remembered;
mod sign_in;
mod tokens;

use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::Viewer;

pub use error::IdentityError;
pub use providers::{
    ConsoleClient, IdentitySettings, IssuerError, IssuerSettings, Providers, Role,
};
pub(crate) use remembered::Remembered;
pub use sign_in::SignIn;
pub use tokens::{DevelopmentTokens, PreviousSecret, TokenError};

/// The header by which a caller of several organisations says for which one it asks.
pub(crate) const ORGANISATION_HEADER: &str = "roadbook-organisation";

/// Checks tokens. The transport asks on every HTTP request whose caller it does not remember, on every `connection_init` and when a token is renewed.
pub trait Identity: Send + Sync + 'static {
    /// The caller whom the token vouches for, and for how much longer.
    ///
    /// It waits for the network only if the token is signed by a key that is not known yet.
    fn verify<'a>(&'a self, shown: Shown<'a>) -> BoxFuture<'a, Result<Credential, IdentityError>>;
}

/// What a caller shows of itself.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// The token.
    pub token: &'a str,
    /// For which of its organisations the caller asks; `None` if it has one, or does not say.
    pub organisation: Option<&'a str>,
}

/// A verified caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Whom every operation under this token acts for.
    pub viewer: Viewer,
    /// What the caller may ask at all; its rights on a road map are no affair of the transport.
    pub role: Role,
    /// How long the token stays good; a socket opened with it is closed with 4403 then. `None`: for ever.
    pub valid_for: Option<Duration>,
}

/// The token in the value of an `Authorization` header.
pub(crate) fn bearer(value: &str) -> Result<&str, IdentityError> {
    let (scheme, token) = value
        .trim()
        .split_once(' ')
        .ok_or(IdentityError::Malformed)?;
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        return Err(IdentityError::Malformed);
    }
    Ok(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_bearer_in_any_case() {
        assert_eq!(bearer("Bearer abc"), Ok("abc"));
        assert_eq!(bearer("bearer  abc "), Ok("abc"));
        assert_eq!(bearer("Basic abc"), Err(IdentityError::Malformed));
        assert_eq!(bearer("Bearer "), Err(IdentityError::Malformed));
        assert_eq!(bearer("abc"), Err(IdentityError::Malformed));
    }
}
