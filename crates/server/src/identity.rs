//! Who asks: turning the token of a request into a viewer.
//!
//! What a viewer may do is not decided here. Invariant: no token, and nothing derived from its signature,
//! ever reaches a message or a log.

mod tokens;

use std::time::Duration;

use crate::Viewer;

pub use tokens::{DevelopmentTokens, PreviousSecret, TokenError};

/// Checks tokens. The transport asks on every HTTP request and on every `connection_init`.
///
/// The call must not block: a check against a provider's keys reads keys fetched beforehand.
pub trait Identity: Send + Sync + 'static {
    /// The caller whom the token vouches for, and for how much longer.
    fn verify(&self, token: &str) -> Result<Credential, IdentityError>;
}

/// A verified caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Whom every operation under this token acts for.
    pub viewer: Viewer,
    /// How long the token stays good; a socket opened with it is closed with 4403 then. `None`: for ever.
    pub valid_for: Option<Duration>,
}

/// Why a token was not accepted. The message tells the caller what to mend, never what the token said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// There was none.
    #[error("no token: send `Authorization: Bearer <token>`")]
    Missing,
    /// It is not a token at all, or lacks a claim.
    #[error("the token is malformed")]
    Malformed,
    /// It was made with another secret, or changed on its way.
    #[error("the token's signature is not valid")]
    Forged,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// It says that it was issued in the future.
    #[error("the token is not valid yet")]
    Premature,
    /// It was issued for another service.
    #[error("the token is meant for another audience")]
    Elsewhere,
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
