//! The transport over real sockets, driven by a plain HTTP client and by tokio-tungstenite, over a toy schema.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed expectation is a failed test"
)]

#[path = "transport/connections.rs"]
mod connections;
#[path = "transport/documents.rs"]
mod documents;
#[path = "transport/http.rs"]
mod http;
#[path = "transport/identity.rs"]
mod identity;
#[path = "transport/rates.rs"]
mod rates;
#[path = "transport/renewal.rs"]
mod renewal;
#[path = "transport/responses.rs"]
mod responses;
#[path = "transport/socket.rs"]
mod socket;
#[path = "transport/stop.rs"]
mod stop;
#[path = "transport/support.rs"]
mod support;
#[path = "transport/toy.rs"]
mod toy;
