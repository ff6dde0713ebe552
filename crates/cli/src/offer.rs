//! By what ways one signs in to the console: with the identity providers that know it, and in the demonstration as whoever
//! one wants to be, every delegation of today and the institutions.
//!
//! It owns the lists; how a token is made is that of `tokens`. Invariant: only `demo` gives tokens.

use std::time::Duration;

use roadbook_console::{Delegations, Provider, SignIn};
use roadbook_domain::organisation::{OrganisationKind, members_on, organisations};
use roadbook_engine::{Clock as _, SystemClock};

use crate::settings::Settings;
use crate::tokens;

/// For how long a token is good that was given so.
const LIFETIME: Duration = Duration::from_hours(7 * 24);

/// The ways to sign in: as one of the delegations, if there are any to choose, and with the identity providers, which give
/// tokens at such endpoints.
pub(crate) fn ways(
    settings: &Settings,
    delegations: Option<Delegations>,
    endpoints: impl Fn() -> Vec<String> + Send + Sync + 'static,
) -> SignIn {
    SignIn {
        delegations,
        providers: providers(settings),
        endpoints: Box::new(endpoints),
    }
}

/// The identity providers that know the console, in the order of the settings.
fn providers(settings: &Settings) -> Vec<Provider> {
    let issuers = settings.identity.issuers.iter();
    issuers
        .filter_map(|issuer| {
            let console = issuer.console.clone()?;
            Some(Provider {
                issuer: issuer.url.clone(),
                client_id: console.client_id,
                scope: console.scope,
                resource: console.resource,
                title: console.title,
            })
        })
        .collect()
}

/// Whom one can be. The secret is read anew for each token, since it may have been replaced.
pub(crate) fn delegations(settings: &Settings) -> Delegations {
    let delegations = members_on(SystemClock.now().brussels_day());
    let institutions =
        organisations().filter(|organisation| organisation.kind == OrganisationKind::Institution);
    let settings = settings.clone();
    let token = move |organisation: &str| {
        let tokens = tokens::existing(&settings);
        let signed = tokens.and_then(|tokens| tokens::sign(&tokens, organisation, None, LIFETIME));
        match signed {
            Ok(token) => Some(token),
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "no token could be given");
                None
            }
        }
    };
    Delegations {
        organisations: delegations
            .chain(institutions)
            .map(|organisation| organisation.key.to_owned())
            .collect(),
        token: Box::new(token),
    }
}
