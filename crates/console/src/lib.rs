//! The web console: a page of its own that uses the public API of the server that serves it, and nothing else.
//!
//! Its sources stand in `ui`; what is built of them is committed in `dist` and embedded here, so that no Node is needed to
//! build or run Roadbook. It owns how the page and its assets are served, and by what ways it says
//! that one can sign in. It does not know GraphQL. Invariant: the page can reach no other host than the identity providers that
//! it offers, and runs nothing that is not embedded.

mod assets;
mod bundle;
mod page;
mod sign_in;

use std::sync::Arc;

use axum::Router;

pub use sign_in::{Delegations, Endpoints, MakeToken, Provider, SignIn};

/// Serves the console at `/`, `/signed-in` and `/road-maps/…`, its assets at `/assets/…`, and at `/sign-in` by what ways one
/// can sign in.
///
/// The router has no fallback, so that it can be merged into another, and whoever serves it adds the headers that every
/// answer has.
pub fn router(sign_in: SignIn) -> Router {
    let sign_in = Arc::new(sign_in);
    Router::new()
        .merge(page::router(Arc::clone(&sign_in)))
        .merge(assets::router())
        .merge(sign_in::router(sign_in))
}
