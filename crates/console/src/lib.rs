//! The web console: a page of its own that uses the public API of the server that serves it, and nothing else.
//!
//! Its sources stand in `ui`; what is built of them is committed in `dist` and embedded here, so that no Node is needed to
//! build or run Roadbook. It owns how the page and its assets are served, and the choice of a delegation in a
//! demonstration. It does not know GraphQL. Invariant: the page can reach no other host, and runs nothing that is not embedded.

mod assets;
mod bundle;
mod page;
mod sign_in;

use std::sync::Arc;

use axum::Router;

pub use sign_in::{MakeToken, SignIn};

/// Serves the console at `/` and `/road-maps/…`, its assets at `/assets/…`, and at `/sign-in` what one can sign in as.
///
/// Without `sign_in` nobody is given a token here. The router has no fallback, so that it can be merged into another, and
/// whoever serves it adds the headers that every answer has.
pub fn router(sign_in: Option<SignIn>) -> Router {
    Router::new()
        .merge(page::router())
        .merge(assets::router())
        .merge(sign_in::router(sign_in.map(Arc::new)))
}
