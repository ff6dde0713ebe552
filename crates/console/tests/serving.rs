//! Claims about the console as a browser asks for it.

#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

use axum::body::Body;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH,
};
use axum::http::{Request, StatusCode};
use axum::response::Response;
use http_body_util::BodyExt as _;
use roadbook_console::{Delegations, Provider, SignIn, router};
use tower_service::Service as _;

fn offer() -> SignIn {
    SignIn {
        delegations: Some(Delegations {
            organisations: vec!["LV".to_owned(), "EE".to_owned()],
            token: Box::new(|organisation| Some(format!("token of {organisation}"))),
        }),
        ..SignIn::default()
    }
}

fn provider(issuer: &str) -> Provider {
    Provider {
        issuer: issuer.to_owned(),
        client_id: "console".to_owned(),
        scope: "openid".to_owned(),
        resource: None,
        title: Some("Example".to_owned()),
    }
}

async fn ask(sign_in: SignIn, request: Request<Body>) -> Response {
    router(sign_in).call(request).await.unwrap()
}

async fn get(path: &str) -> Response {
    ask(
        SignIn::default(),
        Request::get(path).body(Body::empty()).unwrap(),
    )
    .await
}

async fn text(response: Response) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn choice(content_type: &str, body: &'static str) -> Request<Body> {
    Request::post("/sign-in")
        .header(CONTENT_TYPE, content_type)
        .body(Body::from(body))
        .unwrap()
}

/// The paths of the script and the style, as the page names them.
fn named(page: &str) -> Vec<String> {
    page.split('"')
        .filter(|part| part.starts_with("/assets/"))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn every_address_of_the_console_brings_the_same_page() {
    let list = text(get("/").await).await;
    assert!(list.contains("<title>Roadbook</title>"));
    for path in [
        "/signed-in",
        "/road-maps/cybersecurity",
        "/road-maps/a/compare",
    ] {
        assert_eq!(text(get(path).await).await, list, "{path}");
    }
}

#[tokio::test]
async fn the_page_allows_nothing_inline_and_no_other_host() {
    let response = get("/").await;
    let policy = response.headers()[CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap();
    assert!(policy.starts_with("default-src 'none'"));
    for looseness in ["unsafe", "http:", "https:", "*"] {
        assert!(!policy.contains(looseness), "{policy}");
    }
    let page = text(response).await;
    assert!(!page.contains("<style") && !page.contains("style="));
    assert_eq!(
        page.matches("<script").count(),
        page.matches("src=").count()
    );
}

#[tokio::test]
async fn the_page_may_ask_the_origins_of_its_providers_and_says_who_they_are() {
    let issuers = [
        "https://id.example/realms/eu",
        "http://127.0.0.1:9000",
        "no address",
    ];
    let sign_in = || SignIn {
        providers: issuers.map(provider).to_vec(),
        endpoints: Box::new(|| {
            let endpoints = [
                "https://id.example/token",
                "https://tokens.example:8443/a?b",
                "https://evil;script-src.example/",
                "javascript:alert(1)",
            ];
            endpoints.map(str::to_owned).to_vec()
        }),
        ..SignIn::default()
    };
    let request = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    let response = ask(sign_in(), request("/")).await;
    let policy = response.headers()[CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap();
    let end =
        "connect-src 'self' https://id.example http://127.0.0.1:9000 https://tokens.example:8443";
    assert!(policy.ends_with(end), "{policy}");
    let ways = text(ask(sign_in(), request("/sign-in")).await).await;
    let first = r#"{"organisations":[],"providers":[{"issuer":"https://id.example/realms/eu","clientId":"console","#;
    assert!(ways.starts_with(first), "{ways}");
}

#[tokio::test]
async fn a_page_that_is_known_is_not_sent_again() {
    let response = get("/").await;
    let tag = response.headers()[ETAG].clone();
    let request = Request::get("/").header(IF_NONE_MATCH, tag);
    let response = ask(SignIn::default(), request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(text(response).await, "");
}

#[tokio::test]
async fn whatever_the_page_names_is_embedded_and_kept_for_good() {
    let page = text(get("/").await).await;
    let paths = named(&page);
    assert!(paths.len() >= 2, "{page}");
    for path in paths {
        let response = get(&path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let caching = response.headers()[CACHE_CONTROL].to_str().unwrap();
        assert!(caching.contains("immutable"), "{path}");
    }
}

#[tokio::test]
async fn brotli_is_sent_to_those_who_take_it() {
    let page = text(get("/").await).await;
    for path in named(&page) {
        for (accepted, sent) in [
            ("gzip, deflate, br", "br"),
            ("gzip, br;q=0", "gzip"),
            ("gzip", "gzip"),
        ] {
            let request = Request::get(&path).header(ACCEPT_ENCODING, accepted);
            let response = ask(SignIn::default(), request.body(Body::empty()).unwrap()).await;
            assert_eq!(response.headers()[CONTENT_ENCODING], sent, "{accepted}");
        }
    }
}

#[tokio::test]
async fn nobody_is_given_a_token_unless_tokens_are_given_away() {
    assert_eq!(
        text(get("/sign-in").await).await,
        r#"{"organisations":[],"providers":[]}"#
    );
    let body = r#"{"organisation":"LV"}"#;
    let response = ask(SignIn::default(), choice("application/json", body)).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_choice_that_is_offered_gives_a_token() {
    let body = r#"{"organisation":"EE"}"#;
    let response = ask(offer(), choice("application/json", body)).await;
    assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    assert_eq!(text(response).await, r#"{"token":"token of EE"}"#);
}

#[tokio::test]
async fn a_choice_that_is_not_offered_gives_none() {
    let body = r#"{"organisation":"COM"}"#;
    let response = ask(offer(), choice("application/json", body)).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_form_of_another_site_gives_no_token() {
    let body = r#"{"organisation":"EE"}"#;
    let response = ask(offer(), choice("text/plain", body)).await;
    assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}
