//! The transport over real sockets, driven by a plain HTTP client and by tokio-tungstenite, over a toy schema; what concerns
//! subscribers who share results, over Roadbook's own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed expectation is a failed test"
)]

#[path = "transport/bad_days.rs"]
mod bad_days;
#[path = "transport/cohorts.rs"]
mod cohorts;
#[path = "transport/connections.rs"]
mod connections;
#[path = "transport/documents.rs"]
mod documents;
#[path = "transport/events.rs"]
mod events;
#[path = "transport/follower.rs"]
mod follower;
#[path = "transport/http.rs"]
mod http;
#[path = "transport/identity.rs"]
mod identity;
#[path = "transport/rates.rs"]
mod rates;
#[path = "transport/real.rs"]
mod real;
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
