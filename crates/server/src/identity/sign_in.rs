//! The ways to sign in to one server: tokens of identity providers, and development tokens where they are accepted.
//!
//! It owns which of the two judges a token. Invariant: a token that is signed by a shared secret never reaches a provider's
//! public keys, and one that is not never reaches the secret.

use std::sync::Arc;

use futures_util::future::{self, BoxFuture};
use jsonwebtoken::{Algorithm, decode_header};

use super::{Credential, DevelopmentTokens, Identity, IdentityError, Providers, Shown};

/// Every way to sign in that a server offers.
pub struct SignIn {
    development: Option<Arc<DevelopmentTokens>>,
    providers: Arc<Providers>,
}

impl SignIn {
    /// By tokens of `providers`, and by development tokens if there are any.
    pub const fn new(
        providers: Arc<Providers>,
        development: Option<Arc<DevelopmentTokens>>,
    ) -> Self {
        Self {
            development,
            providers,
        }
    }
}

impl Identity for SignIn {
    fn verify<'a>(&'a self, shown: Shown<'a>) -> BoxFuture<'a, Result<Credential, IdentityError>> {
        let Some(development) = &self.development else {
            return self.providers.verify(shown);
        };
        if self.providers.is_empty() {
            return development.verify(shown);
        }
        if let Err(error) = self.providers.measure(shown.token) {
            return Box::pin(future::ready(Err(error)));
        }
        let is_shared =
            decode_header(shown.token).is_ok_and(|header| header.alg == Algorithm::HS256);
        if is_shared {
            development.verify(shown)
        } else {
            self.providers.verify(shown)
        }
    }
}
