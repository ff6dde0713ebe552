//! By what ways one signs in: with identity providers, and in a demonstration, where anyone may be anyone, by a choice.
//!
//! It owns the question and the answer; who there is and how a token is made is given to it.
//! Invariant: nobody is given a token unless the server was started to give tokens away.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::{Deserialize, Serialize};

/// A choice is one short code.
const BODY_BYTES_MAX: usize = 1024;
const JSON: &str = "application/json";

/// Makes a token for the organisation of a code; none if that cannot be done now.
pub type MakeToken = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Tells the addresses at which identity providers give tokens, as far as that is known now.
pub type Endpoints = dyn Fn() -> Vec<String> + Send + Sync;

/// The ways to sign in. Without any, a token must be brought.
pub struct SignIn {
    /// Whom one can be in a demonstration.
    pub delegations: Option<Delegations>,
    /// The identity providers, in the order in which they are offered.
    pub providers: Vec<Provider>,
    /// Where those give tokens; it need not be at their issuers.
    pub endpoints: Box<Endpoints>,
}

impl Default for SignIn {
    fn default() -> Self {
        Self {
            delegations: None,
            providers: Vec::new(),
            endpoints: Box::new(Vec::new),
        }
    }
}

/// Whom one can sign in as without being asked who one is.
pub struct Delegations {
    /// The codes of the organisations, in the order in which they are offered.
    pub organisations: Vec<String>,
    /// Makes a token for one of them.
    pub token: Box<MakeToken>,
}

/// An identity provider at which the page signs persons in, by the authorisation code flow with PKCE.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Provider {
    /// The issuer, as its tokens name it.
    pub issuer: String,
    /// By which name it knows the page.
    pub client_id: String,
    /// What it is asked for.
    pub scope: String,
    /// For which service a token is asked, if it must be told that.
    pub resource: Option<String>,
    /// What persons know it by, if not by its host.
    pub title: Option<String>,
}

#[derive(Serialize)]
struct Ways<'a> {
    organisations: &'a [String],
    providers: &'a [Provider],
}

#[derive(Deserialize)]
struct Choice {
    organisation: String,
}

#[derive(Serialize)]
struct Given {
    token: String,
}

/// What holds of every answer: it is for one reader and not to be kept.
const HEADERS: [(HeaderName, &str); 2] = [(CONTENT_TYPE, JSON), (CACHE_CONTROL, "no-store")];

/// Says at `/sign-in` by what ways one can sign in, and makes who posts there one of the delegations.
pub(crate) fn router(offered: Arc<SignIn>) -> Router {
    Router::new()
        .route("/sign-in", get(ways).post(choose))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(offered)
}

async fn ways(State(offered): State<Arc<SignIn>>) -> Response {
    let delegations = offered.delegations.as_ref();
    answer(&Ways {
        organisations: delegations.map_or(&[][..], |delegations| &delegations.organisations),
        providers: &offered.providers,
    })
}

/// A page of another site cannot post JSON here without a permission that is never given.
async fn choose(State(offered): State<Arc<SignIn>>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(delegations) = &offered.delegations else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if headers.get(CONTENT_TYPE).is_none_or(|kind| kind != JSON) {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let Ok(Choice { organisation }) = serde_json::from_slice(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    if !delegations.organisations.contains(&organisation) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match (delegations.token)(&organisation) {
        Some(token) => answer(&Given { token }),
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

fn answer(said: &impl Serialize) -> Response {
    match serde_json::to_vec(said) {
        Ok(body) => (HEADERS, body).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
