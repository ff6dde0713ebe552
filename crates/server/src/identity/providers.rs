//! Tokens of identity providers: OpenID Connect bearer tokens, checked by the keys that their issuers publish.
//!
//! It owns what a token must say; keys are fetched by [`provider`], and what claims mean is told by [`claims`].
//! Invariant: a token is accepted only if an issuer that is set has signed it, by a public key, for the audience that is set,
//! and its time has come and is not over.

mod claims;
mod fetch;
mod keys;
mod provider;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{self, BoxFuture};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, dangerous};
use serde::Deserialize;
use tokio_rustls::rustls::ClientConfig;

use super::{Credential, Identity, IdentityError, Shown};
use claims::{Claims, seconds};
use provider::Provider;

pub use settings::{ConsoleClient, IdentitySettings, IssuerError, IssuerSettings, Role};

/// The types of a token that may be shown to a server of resources (RFC 7519, 5.1; RFC 9068, 2.1). A token of another type,
/// such as that of a logout, is signed by the same keys and must not open anything.
const TYPES: [&str; 3] = ["jwt", "at+jwt", "application/at+jwt"];

/// Seconds since 1970.
type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// The identity providers that are trusted.
pub struct Providers {
    trusted: Vec<Provider>,
    settings: IdentitySettings,
    clock: Clock,
}

/// The claim by which the provider is chosen, before anything is known to be true.
#[derive(Deserialize)]
struct Issuer {
    iss: String,
}

impl Providers {
    /// The providers of the settings, which are right by [`IdentitySettings::check`]. They are fetched from under `tls`, and
    /// their tokens are judged by `clock`, in seconds since 1970.
    pub fn new(
        settings: &IdentitySettings,
        tls: &Arc<ClientConfig>,
        clock: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        let issuers = settings.issuers.iter();
        Self {
            trusted: issuers
                .map(|issuer| Provider::new(issuer, settings, tls))
                .collect(),
            settings: settings.clone(),
            clock: Arc::new(clock),
        }
    }

    /// Whether nobody is trusted.
    pub fn is_empty(&self) -> bool {
        self.trusted.is_empty()
    }

    /// Fetches the keys of all providers, and again before they are old, for ever.
    pub async fn keep_fresh(&self) {
        future::join_all(self.trusted.iter().map(Provider::keep_fresh)).await;
    }

    /// Where the console asks providers for tokens, as they publish it and as far as that is known now.
    pub fn console_endpoints(&self) -> Vec<String> {
        let offered = |provider: &&Provider| provider.issuer.console.is_some();
        let offered = self.trusted.iter().filter(offered);
        offered.flat_map(Provider::endpoints).collect()
    }

    /// Refuses a token that is too long to be looked at.
    pub(super) fn measure(&self, token: &str) -> Result<(), IdentityError> {
        let bytes_max = self.settings.token_bytes_max;
        if token.len() > bytes_max {
            return Err(IdentityError::TooLong { bytes_max });
        }
        Ok(())
    }

    async fn check(&self, shown: Shown<'_>) -> Result<Credential, IdentityError> {
        self.measure(shown.token)?;
        let header = header(shown.token)?;
        let Issuer { iss } =
            dangerous::insecure_decode_claims(shown.token).map_err(|_| IdentityError::Malformed)?;
        let provider = self
            .trusted
            .iter()
            .find(|provider| provider.issuer.url == iss)
            .ok_or(IdentityError::UnknownIssuer)?;
        let key = provider.key(header.kid.as_deref(), header.alg).await?;
        let claims = signed(shown.token, header.alg, &key, provider)?;
        let valid_for = self.time_left(&claims)?;
        let (viewer, role) = claims::viewer(&claims, &provider.issuer, shown.organisation)?;
        Ok(Credential {
            viewer,
            role,
            valid_for: Some(valid_for),
        })
    }

    /// For how long the claims hold, from now on.
    fn time_left(&self, claims: &Claims) -> Result<Duration, IdentityError> {
        let now = (self.clock)();
        let leeway = self.settings.leeway_s;
        let end = seconds(claims, "exp")?.ok_or(IdentityError::Malformed)?;
        let end = end.saturating_add(leeway);
        if now >= end {
            return Err(IdentityError::Expired);
        }
        for begin in ["nbf", "iat"] {
            if seconds(claims, begin)?.is_some_and(|begin| begin > now.saturating_add(leeway)) {
                return Err(IdentityError::Premature);
            }
        }
        Ok(Duration::from_secs(end - now))
    }
}

impl Identity for Providers {
    fn verify<'a>(&'a self, shown: Shown<'a>) -> BoxFuture<'a, Result<Credential, IdentityError>> {
        Box::pin(self.check(shown))
    }
}

/// The header, if it can be gone by.
fn header(token: &str) -> Result<Header, IdentityError> {
    /// Read by itself: `none` is no algorithm that the library has a name for.
    #[derive(Deserialize)]
    struct Signing {
        alg: String,
        #[serde(default)]
        crit: serde_json::Value,
    }

    let encoded = token.split('.').next().unwrap_or_default();
    let Signing { alg, crit } =
        serde_json::from_slice(&decoded(encoded)?).map_err(|_| IdentityError::Malformed)?;
    if !matches!(alg.as_str(), "RS256" | "ES256" | "EdDSA") {
        return Err(IdentityError::Algorithm);
    }
    if !crit.is_null() {
        return Err(IdentityError::Critical);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| IdentityError::Malformed)?;
    match &header.typ {
        Some(typ) if !TYPES.contains(&typ.to_ascii_lowercase().as_str()) => {
            Err(IdentityError::Malformed)
        }
        _ => Ok(header),
    }
}

fn decoded(part: &str) -> Result<Vec<u8>, IdentityError> {
    use base64::Engine as _;
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    engine.decode(part).map_err(|_| IdentityError::Malformed)
}

/// The claims, if the provider has signed them for the audience.
fn signed(
    token: &str,
    algorithm: Algorithm,
    key: &DecodingKey,
    provider: &Provider,
) -> Result<Claims, IdentityError> {
    let mut validation = Validation::new(algorithm);
    validation.set_issuer(&[&provider.issuer.url]);
    validation.set_audience(&[&provider.issuer.audience]);
    validation.set_required_spec_claims(&["iss", "aud", "exp"]);
    // Times are judged by our clock: the library reads the system's.
    validation.validate_exp = false;
    let decoded = jsonwebtoken::decode::<Claims>(token, key, &validation);
    let decoded = decoded.map_err(|error| match error.kind() {
        ErrorKind::InvalidSignature => IdentityError::Forged,
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidKeyFormat => IdentityError::Algorithm,
        ErrorKind::InvalidAudience => IdentityError::Elsewhere,
        ErrorKind::InvalidIssuer => IdentityError::UnknownIssuer,
        _ => IdentityError::Malformed,
    })?;
    Ok(decoded.claims)
}

#[cfg(test)]
mod tests;
