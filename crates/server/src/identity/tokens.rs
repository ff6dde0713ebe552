//! Development tokens: JSON Web Tokens signed by HS256 with the installation's own secret.
//!
//! It neither stores the secret nor reads the clock by itself. Invariant: a token is accepted only if the secret that is
//! in force signed it for this audience and its time is not over; or the one before, until a given time.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use futures_util::future::{self, BoxFuture};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use super::{Credential, Identity, IdentityError, Role, Shown};
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
    keys: ArcSwap<Keys>,
    validation: Validation,
    clock: Clock,
}

/// The secrets in force, as they are used.
struct Keys {
    signing: EncodingKey,
    checking: DecodingKey,
    previous: Option<(DecodingKey, u64)>,
}

/// The secret that was in force before.
#[derive(Clone, Copy)]
pub struct PreviousSecret<'a> {
    /// The secret.
    pub secret: &'a [u8],
    /// The second since 1970 from which on no token that it signed is accepted.
    pub until: u64,
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
        let keys = Keys::of(secret, None)?;
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "aud"]);
        // Expiry is judged by our clock below: the library reads the system's.
        validation.validate_exp = false;
        Ok(Self {
            keys: ArcSwap::from_pointee(keys),
            validation,
            clock: Arc::new(clock),
        })
    }

    /// Signs and checks by another secret from now on, and accepts for a while what the one before has signed. On an
    /// error the secrets that are in force stay.
    pub fn replace(
        &self,
        secret: &[u8],
        previous: Option<PreviousSecret<'_>>,
    ) -> Result<(), TokenError> {
        self.keys.store(Arc::new(Keys::of(secret, previous)?));
        Ok(())
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
        let keys = self.keys.load();
        encode(&Header::new(Algorithm::HS256), &claims, &keys.signing).map_err(TokenError::Signing)
    }

    /// The caller whom a token vouches for.
    fn check(&self, token: &str) -> Result<Credential, IdentityError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(IdentityError::Malformed);
        }
        let now = (self.clock)();
        let keys = self.keys.load();
        let previous = keys.previous.as_ref().filter(|(_, until)| now < *until);
        let (claims, latest) = match (self.claims(token, &keys.checking), previous) {
            (Err(IdentityError::Forged), Some((key, until))) => (self.claims(token, key)?, *until),
            (claims, _) => (claims?, u64::MAX),
        };
        let end = claims.exp.saturating_add(LEEWAY_SECONDS).min(latest);
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
            role: Role::Editor,
            valid_for: Some(Duration::from_secs(end - now)),
        })
    }

    fn claims(&self, token: &str, key: &DecodingKey) -> Result<Claims, IdentityError> {
        let decoded = decode::<Claims>(token, key, &self.validation);
        let decoded = decoded.map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature
            | ErrorKind::InvalidAlgorithm
            | ErrorKind::InvalidAlgorithmName => IdentityError::Forged,
            ErrorKind::InvalidAudience => IdentityError::Elsewhere,
            _ => IdentityError::Malformed,
        })?;
        Ok(decoded.claims)
    }
}

impl Keys {
    fn of(secret: &[u8], previous: Option<PreviousSecret<'_>>) -> Result<Self, TokenError> {
        let long_enough = |secret: &[u8]| match secret.len() {
            found if found < SECRET_BYTES_MIN => Err(TokenError::SecretTooShort { found }),
            _ => Ok(()),
        };
        long_enough(secret)?;
        if let Some(previous) = previous {
            long_enough(previous.secret)?;
        }
        let previous = previous.map(|previous| {
            let key = DecodingKey::from_secret(previous.secret);
            (key, previous.until)
        });
        Ok(Self {
            signing: EncodingKey::from_secret(secret),
            checking: DecodingKey::from_secret(secret),
            previous,
        })
    }
}

impl Identity for DevelopmentTokens {
    fn verify<'a>(&'a self, shown: Shown<'a>) -> BoxFuture<'a, Result<Credential, IdentityError>> {
        let checked = self.check(shown.token).and_then(|credential| {
            let own = &credential.viewer.organisation;
            match shown.organisation {
                Some(named) if named != own => Err(IdentityError::OtherOrganisation),
                _ => Ok(credential),
            }
        });
        Box::pin(future::ready(checked))
    }
}

#[cfg(test)]
mod tests;
