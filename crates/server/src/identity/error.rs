//! Why a caller is not let in.
//!
//! Which status or close code that is belongs to the transports. Invariant: a message tells the caller what to mend, and
//! never what the token said.

use super::ORGANISATION_HEADER;

/// Why a token was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// There was none.
    #[error("no token: send `Authorization: Bearer <token>`")]
    Missing,
    /// It is not a token at all, or lacks a claim.
    #[error("the token is malformed")]
    Malformed,
    /// It is longer than any that is looked at.
    #[error("the token is longer than {bytes_max} bytes")]
    TooLong {
        /// The bound.
        bytes_max: usize,
    },
    /// It was made with another secret, or changed on its way.
    #[error("the token's signature is not valid")]
    Forged,
    /// It is not signed, or not in a way that is accepted.
    #[error("the token is not signed by RS256, ES256 or EdDSA with a key of that kind")]
    Algorithm,
    /// Its header asks for an extension that is not known here, and must then be refused (RFC 7515, 4.1.11).
    #[error("the token's header marks an extension as critical that this server does not know")]
    Critical,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// It says that it was issued in the future.
    #[error("the token is not valid yet")]
    Premature,
    /// It was issued for another service.
    #[error("the token is meant for another audience")]
    Elsewhere,
    /// Nobody who is trusted here has issued it.
    #[error("the token's issuer is not one that this server trusts")]
    UnknownIssuer,
    /// Its issuer publishes no such key.
    #[error("the token is signed by a key that its issuer does not publish")]
    UnknownKey,
    /// Its issuer's keys are not known, and cannot be fetched.
    #[error("the identity provider cannot be reached to check the token's key; try again later")]
    Unavailable,
    /// It is good, but its holder belongs to no organisation here.
    #[error("the token names no organisation that this server knows its holder by")]
    NoOrganisation,
    /// It is good for several organisations.
    #[error(
        "the token speaks for {}: name one of them by the header `{ORGANISATION_HEADER}`, or over a socket by \
         `organisation` in the payload of connection_init", keys.join(", ")
    )]
    SeveralOrganisations {
        /// The organisations that can be named.
        keys: Vec<String>,
    },
    /// It is good, but not for the organisation that was named.
    #[error("the token does not speak for the organisation that was named")]
    OtherOrganisation,
    /// It is good, but not for whom the socket was opened.
    #[error("the token is that of another caller than the socket's")]
    AnotherCaller,
    /// It is good, but gives none of the roles that let its holder in.
    #[error("the token gives its holder no role here")]
    NoRole,
}
