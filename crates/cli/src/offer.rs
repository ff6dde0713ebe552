//! Whom one can be in the demonstration's console: every delegation of today, and the institutions.
//!
//! It owns the list; how a token is made is that of `tokens`. Invariant: only `demo` makes this offer.

use std::time::Duration;

use roadbook_console::SignIn;
use roadbook_domain::organisation::{OrganisationKind, members_on, organisations};
use roadbook_engine::{Clock as _, SystemClock};

use crate::settings::Settings;
use crate::tokens;

/// For how long a token is good that was given so.
const LIFETIME: Duration = Duration::from_hours(7 * 24);

/// The offer. The secret is read anew for each token, since it may have been replaced.
pub(crate) fn sign_in(settings: &Settings) -> SignIn {
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
    SignIn {
        organisations: delegations
            .chain(institutions)
            .map(|organisation| organisation.key.to_owned())
            .collect(),
        token: Box::new(token),
    }
}
