//! The choice of a delegation in a demonstration, where anyone may be anyone.
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

/// Whom one can sign in as without being asked who one is.
pub struct SignIn {
    /// The codes of the organisations, in the order in which they are offered.
    pub organisations: Vec<String>,
    /// Makes a token for one of them.
    pub token: Box<MakeToken>,
}

#[derive(Serialize)]
struct Choices<'a> {
    organisations: &'a [String],
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

type Offered = Option<Arc<SignIn>>;

/// Says at `/sign-in` whom one can be, and makes who posts there one of them.
pub(crate) fn router(offered: Offered) -> Router {
    Router::new()
        .route("/sign-in", get(choices).post(choose))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(offered)
}

async fn choices(State(offered): State<Offered>) -> Response {
    let organisations = offered
        .as_ref()
        .map_or(&[][..], |sign_in| &sign_in.organisations);
    answer(&Choices { organisations })
}

/// A page of another site cannot post JSON here without a permission that is never given.
async fn choose(State(offered): State<Offered>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(sign_in) = offered else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if headers.get(CONTENT_TYPE).is_none_or(|kind| kind != JSON) {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let Ok(Choice { organisation }) = serde_json::from_slice(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    if !sign_in.organisations.contains(&organisation) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match (sign_in.token)(&organisation) {
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
