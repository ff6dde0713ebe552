//! Development tokens: JSON Web Tokens signed by HS256 with the installation's own secret.
//!
//! It neither stores the secret nor reads the clock by itself. Invariant: a token is accepted only if this secret
//! signed it for this audience and its time is not over.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use super::{Credential, Identity, IdentityError};
use crate::Viewer;

/// Whom the tokens are for: the claim `aud`.
const AUDIENCE: &str = "roadbook";
/// How far the clocks of two machines may differ, in seconds.
const LEEWAY_SECONDS: u64 = 5;
/// RFC 7518 asks for a key at least as long as the hash.
const SECRET_BYTES_MIN: usize = 32;
/// Longer ones are not ours; refusing them early keeps the work for a stranger small.
const TOKEN_BYTES_MAX: usize = 4096;

/// Seconds since 1970, as the claims of a token count them.
type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Signs and checks development tokens. Whoever holds the secret can be anyone.
pub struct DevelopmentTokens {
    signing: EncodingKey,
    checking: DecodingKey,
    validation: Validation,
    clock: Clock,
}

/// Why tokens cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The secret is too short for HS256.
    #[error("the secret has {found} bytes; HS256 needs at least {SECRET_BYTES_MIN}")]
    SecretTooShort {
        /// Length of the secret given.
        found: usize,
    },
    /// The token could not be signed.
    #[error("the token could not be signed")]
    Signing(#[source] jsonwebtoken::errors::Error),
}

#[derive(Serialize, Deserialize)]
struct Claims {
    org: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    iat: u64,
    exp: u64,
    aud: String,
}

impl DevelopmentTokens {
    /// Tokens under `secret` (at least 32 bytes), dated by `clock` in seconds since 1970.
    pub fn new(
        secret: &[u8],
        clock: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Result<Self, TokenError> {
        if secret.len() < SECRET_BYTES_MIN {
            return Err(TokenError::SecretTooShort {
                found: secret.len(),
            });
        }
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "aud"]);
        // Expiry is judged by our clock below: the library reads the system's.
        validation.validate_exp = false;
        Ok(Self {
            signing: EncodingKey::from_secret(secret),
            checking: DecodingKey::from_secret(secret),
            validation,
            clock: Arc::new(clock),
        })
    }

    /// A token for `viewer`, good for `lifetime` from now.
    pub fn sign(&self, viewer: &Viewer, lifetime: Duration) -> Result<String, TokenError> {
        let now = (self.clock)();
        let claims = Claims {
            org: viewer.organisation.clone(),
            sub: viewer.person.clone(),
            iat: now,
            exp: now.saturating_add(lifetime.as_secs()),
            aud: AUDIENCE.to_owned(),
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.signing).map_err(TokenError::Signing)
    }
}

impl Identity for DevelopmentTokens {
    fn verify(&self, token: &str) -> Result<Credential, IdentityError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(IdentityError::Malformed);
        }
        let claims = decode::<Claims>(token, &self.checking, &self.validation)
            .map_err(|error| match error.kind() {
                ErrorKind::InvalidSignature
                | ErrorKind::InvalidAlgorithm
                | ErrorKind::InvalidAlgorithmName => IdentityError::Forged,
                ErrorKind::InvalidAudience => IdentityError::Elsewhere,
                _ => IdentityError::Malformed,
            })?
            .claims;
        let now = (self.clock)();
        let end = claims.exp.saturating_add(LEEWAY_SECONDS);
        if now >= end {
            return Err(IdentityError::Expired);
        }
        if claims.iat > now.saturating_add(LEEWAY_SECONDS) {
            return Err(IdentityError::Premature);
        }
        if claims.org.is_empty() {
            return Err(IdentityError::Malformed);
        }
        Ok(Credential {
            viewer: Viewer {
                organisation: claims.org,
                person: claims.sub,
            },
            valid_for: Some(Duration::from_secs(end - now)),
        })
    }
}

#[cfg(test)]
mod tests;
