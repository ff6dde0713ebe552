//! One identity provider: its keys and where pages ask it for tokens, and when both are fetched.
//!
//! What a token must say is checked elsewhere. Invariant: between two fetches there is at least the set time, whatever
//! tokens are shown; and a fetch that fails leaves the known keys in use until they are too old.

use std::sync::Arc;

use arc_swap::ArcSwap;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};
use tokio_rustls::rustls::ClientConfig;

use super::fetch::{self, Fetch, FetchError};
use super::keys::{KeySet, Keyring};
use super::settings::{IdentitySettings, IssuerSettings};
use crate::identity::IdentityError;

/// Below the issuer, where its discovery document is (OpenID Connect Discovery 1.0, 4).
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// An identity provider.
pub(super) struct Provider {
    pub(super) issuer: IssuerSettings,
    settings: IdentitySettings,
    fetch: Fetch,
    known: ArcSwap<Known>,
    /// Held while keys are fetched, so that one fetch answers all who wait for it.
    fetching: Mutex<Fetching>,
}

/// What was fetched last.
#[derive(Default)]
struct Known {
    keys: Keyring,
    endpoints: Vec<String>,
    fetched: Option<Instant>,
}

#[derive(Default)]
struct Fetching {
    tried: Option<Instant>,
    failed: bool,
}

/// What is read of a discovery document.
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
    token_endpoint: Option<String>,
    revocation_endpoint: Option<String>,
}

/// Why keys were not taken over.
#[derive(Debug, thiserror::Error)]
enum RefreshError {
    #[error("its discovery document could not be fetched")]
    Discovery(#[source] FetchError),
    #[error("its discovery document is that of \"{0}\"")]
    OtherIssuer(String),
    #[error("its keys could not be fetched")]
    Keys(#[source] FetchError),
    #[error("it publishes no key that signatures can be checked by")]
    NoKeys,
}

impl Provider {
    pub(super) fn new(
        issuer: &IssuerSettings,
        settings: &IdentitySettings,
        tls: &Arc<ClientConfig>,
    ) -> Self {
        Self {
            fetch: Fetch {
                tls: Arc::clone(tls),
                wait: settings.fetch_wait(),
                bytes_max: settings.fetch_bytes_max,
                allow_http: issuer.allow_http,
            },
            issuer: issuer.clone(),
            settings: settings.clone(),
            known: ArcSwap::default(),
            fetching: Mutex::default(),
        }
    }

    /// The key of an id, fetched if it is not known and it is time to ask again.
    pub(super) async fn key(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<DecodingKey, IdentityError> {
        if let Some(found) = self.find(id, algorithm) {
            return found;
        }
        let mut fetching = self.fetching.lock().await;
        // Whoever held the lock may have fetched it.
        if let Some(found) = self.find(id, algorithm) {
            return found;
        }
        let wait = self.settings.refresh_min();
        if fetching.tried.is_none_or(|tried| tried.elapsed() >= wait) {
            self.refresh(&mut fetching).await;
            if let Some(found) = self.find(id, algorithm) {
                return found;
            }
        }
        Err(if fetching.failed {
            IdentityError::Unavailable
        } else {
            IdentityError::UnknownKey
        })
    }

    /// Where a page asks it for tokens and takes them back, as far as that is known; none that it may not be asked at.
    pub(super) fn endpoints(&self) -> Vec<String> {
        let known = self.known.load();
        let endpoints = known.endpoints.iter();
        endpoints
            .filter(|url| fetch::check(url, self.issuer.allow_http).is_ok())
            .cloned()
            .collect()
    }

    /// Fetches the keys now, and again before they are old, for ever.
    pub(super) async fn keep_fresh(&self) {
        loop {
            let mut fetching = self.fetching.lock().await;
            self.refresh(&mut fetching).await;
            let wait = if fetching.failed {
                self.settings.refresh_min()
            } else {
                self.settings.refresh()
            };
            drop(fetching);
            sleep(wait).await;
        }
    }

    fn find(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Option<Result<DecodingKey, IdentityError>> {
        let known = self.known.load();
        let age_max = self.settings.keys_age_max();
        known
            .fetched
            .filter(|fetched| fetched.elapsed() < age_max)?;
        let found = known.keys.find(id, algorithm)?;
        Some(found.cloned())
    }

    async fn refresh(&self, fetching: &mut Fetching) {
        // Set before the wait: whoever asks may go away meanwhile, and must not thereby have it asked again at once.
        fetching.tried = Some(Instant::now());
        fetching.failed = true;
        match self.fetch_anew().await {
            Ok(known) => {
                tracing::info!(issuer = %self.issuer.url, keys = known.keys.len(), "the keys of an issuer were fetched");
                self.known.store(Arc::new(known));
                fetching.failed = false;
            }
            Err(error) => {
                let error = with_sources(&error);
                tracing::warn!(issuer = %self.issuer.url, error, "the keys of an issuer were not fetched");
            }
        }
    }

    async fn fetch_anew(&self) -> Result<Known, RefreshError> {
        let issuer = self.issuer.url.as_str();
        let url = format!("{}{DISCOVERY}", issuer.trim_end_matches('/'));
        let discovery: Discovery = self
            .fetch
            .json(&url)
            .await
            .map_err(RefreshError::Discovery)?;
        if discovery.issuer != issuer {
            return Err(RefreshError::OtherIssuer(discovery.issuer));
        }
        let set: KeySet = self
            .fetch
            .json(&discovery.jwks_uri)
            .await
            .map_err(RefreshError::Keys)?;
        let (keys, left_out) = Keyring::of(set, self.settings.keys_max);
        if left_out > 0 {
            tracing::warn!(%issuer, left_out, "an issuer publishes more keys than identity.keys_max");
        }
        if keys.is_empty() {
            return Err(RefreshError::NoKeys);
        }
        let endpoints = [discovery.token_endpoint, discovery.revocation_endpoint];
        Ok(Known {
            keys,
            endpoints: endpoints.into_iter().flatten().collect(),
            fetched: Some(Instant::now()),
        })
    }
}

/// An error and what it came of, in one line.
fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
