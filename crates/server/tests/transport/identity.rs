//! Claims about who is let in, and how a refusal is told over HTTP and over a socket.

use std::sync::{Arc, Mutex};

use axum::http::Request;
use futures_util::future::{BoxFuture, ready};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use roadbook_server::{
    AuditEntry, AuditEvent, AuditLog, Credential, Identity, IdentityError, Role, Safeguards,
    Settings, Shown, Viewer,
};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::support::{GRAPHQL_RESPONSE, Server, soon};

/// Knows a caller by its token: a reader of Latvia, a person of two organisations, or one whose key is not known.
struct Known;

impl Identity for Known {
    fn verify<'a>(&'a self, shown: Shown<'a>) -> BoxFuture<'a, Result<Credential, IdentityError>> {
        let credential = |organisation: &str, role| {
            let viewer = Viewer {
                organisation: organisation.to_owned(),
                person: None,
            };
            let valid_for = None;
            Ok(Credential {
                viewer,
                role,
                valid_for,
            })
        };
        let found = match (shown.token, shown.organisation) {
            ("reader", _) => credential("LV", Role::Reader),
            ("both", Some(named)) => credential(named, Role::Editor),
            ("both", None) => Err(IdentityError::SeveralOrganisations {
                keys: vec!["COM".to_owned(), "LV".to_owned()],
            }),
            ("outsider", _) => Err(IdentityError::NoOrganisation),
            _ => Err(IdentityError::Unavailable),
        };
        Box::pin(ready(found))
    }
}

async fn server() -> Server {
    Server::with_identity(Some(Arc::new(Known)), Settings::default()).await
}

async fn post(
    server: &Server,
    token: &str,
    organisation: Option<&str>,
    query: &str,
) -> crate::support::Answer {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![
        ("content-type", "application/json"),
        ("accept", GRAPHQL_RESPONSE),
        ("authorization", bearer.as_str()),
    ];
    headers.extend(organisation.map(|named| ("roadbook-organisation", named)));
    let body = json!({ "query": query }).to_string();
    server
        .send(axum::http::Method::POST, "/graphql", &headers, body)
        .await
}

#[tokio::test]
async fn a_reader_asks_and_follows_and_sends_no_mutation() {
    let server = server().await;
    let mutation = "mutation { set(value: 5) }";
    post(&server, "reader", None, mutation)
        .await
        .refused(403, "FORBIDDEN");
    let asked = post(&server, "reader", None, "{ organisation }").await;
    assert_eq!(asked.json()["data"]["organisation"], "LV");
    let mut socket = server.connect().await;
    socket.init("reader").await;
    socket.subscribe("1", mutation).await;
    let message = socket.receive().await;
    assert_eq!(message["type"], "error");
    assert_eq!(message["payload"][0]["extensions"]["code"], "FORBIDDEN");
    socket.subscribe("2", "subscription { count(to: 1) }").await;
    assert_eq!(socket.receive().await["type"], "next");
    assert_eq!(*server.probe.value.borrow(), 0);
}

#[tokio::test]
async fn a_person_of_two_organisations_names_one_by_header_or_payload() {
    let server = server().await;
    let refused = post(&server, "both", None, "{ organisation }").await;
    let error = refused.refused(403, "SEVERAL_ORGANISATIONS");
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("COM, LV") && message.contains("roadbook-organisation"),
        "{message}"
    );
    assert_eq!(error["extensions"]["organisations"], json!(["COM", "LV"]));
    let named = post(&server, "both", Some("COM"), "{ organisation }").await;
    assert_eq!(named.json()["data"]["organisation"], "COM");

    let init = |payload: Value| json!({ "type": "connection_init", "payload": payload });
    let mut socket = server.connect().await;
    socket
        .send(&init(json!({ "token": "both", "organisation": "LV" })))
        .await;
    assert_eq!(socket.receive().await, json!({ "type": "connection_ack" }));
    socket.subscribe("1", "{ organisation }").await;
    assert_eq!(
        socket.receive().await["payload"]["data"]["organisation"],
        "LV"
    );
    let mut socket = server.connect().await;
    socket.send(&init(json!({ "token": "both" }))).await;
    assert_eq!(socket.closed().await.0, 4403);
}

#[tokio::test]
async fn who_belongs_to_nobody_is_forbidden_and_who_cannot_be_checked_is_told_to_come_back() {
    let server = server().await;
    post(&server, "outsider", None, "{ hello }")
        .await
        .refused(403, "FORBIDDEN");
    let unknown = post(&server, "unknown", None, "{ hello }").await;
    unknown.refused(503, "IDENTITY_UNAVAILABLE");
    assert_eq!(unknown.header("retry-after"), "1");
    let mut socket = server.connect().await;
    let payload = json!({ "token": "unknown" });
    socket
        .send(&json!({ "type": "connection_init", "payload": payload }))
        .await;
    let (code, reason) = socket.closed().await;
    assert_eq!(code, 1013, "{reason}");
}

/// The sign-ins that were told to the audit, by organisation.
#[derive(Default)]
struct SignIns(Mutex<Vec<String>>);

impl AuditLog for SignIns {
    fn keep(&self, entry: AuditEntry) {
        assert_eq!(entry.event, AuditEvent::SignIn);
        let organisation = entry.organisation.unwrap();
        self.0.lock().unwrap().push(organisation);
    }
}

#[tokio::test]
async fn one_token_for_a_second_organisation_is_a_second_sign_in_of_its_connection() {
    let told = Arc::new(SignIns::default());
    let safeguards = Safeguards {
        audit: Some(Arc::clone(&told) as Arc<dyn AuditLog>),
        ..Safeguards::default()
    };
    let server = Server::with_all(Some(Arc::new(Known)), Settings::default(), safeguards).await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    for organisation in ["COM", "COM", "LV", "LV"] {
        let request = Request::post("/graphql")
            .header("host", "x")
            .header("content-type", "application/json")
            .header("accept", GRAPHQL_RESPONSE)
            .header("authorization", "Bearer both")
            .header("roadbook-organisation", organisation)
            .body(Full::new("{\"query\":\"{ hello }\"}".as_bytes()))
            .unwrap();
        soon(sender.ready()).await.unwrap();
        let answer = soon(sender.send_request(request)).await.unwrap();
        assert_eq!(answer.status(), 200);
        soon(answer.into_body().collect()).await.unwrap();
    }
    assert_eq!(*told.0.lock().unwrap(), ["COM", "LV"]);
}
