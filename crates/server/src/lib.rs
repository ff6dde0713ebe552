//! The transport of Roadbook: GraphQL over HTTP and over WebSocket, identity, limits, health and graceful stop.
//!
//! ```text
//! serve ─► connection ─► transport ─┬─► http ───┬─► operation ─► executor
//!                                   └─► socket ─┘
//! ```
//!
//! [`serve()`] accepts connections, bounds them and stops them; [`router`] says which path answers what, and [`api`] is that of Roadbook itself.
//! HTTP statuses and close codes are decided here and nowhere else; what an operation means is not known here.

mod settings;

mod identity;

pub mod tls;

mod audit;
mod connection;
mod peer;
mod rates;
mod serve;
mod shares;
mod stall;
mod striped;

mod graphiql;
mod headers;
mod health;
mod measures;
mod transport;
mod trusted;

mod http;
mod negotiation;
mod socket;

mod coercion;
mod digest;
mod document;
mod documents;
mod failure;
mod operation;
mod parameters;

pub use audit::{AuditEntry, AuditEvent, AuditLog};
pub use health::{ReadOnlyReason, Ready};
pub use identity::{
    ConsoleClient, Credential, DevelopmentTokens, Identity, IdentityError, IdentitySettings,
    IssuerError, IssuerSettings, PreviousSecret, Providers, Role, Shown, SignIn, TokenError,
};
pub use operation::{Executors, Responses};
pub use roadbook_graphql::Viewer;
pub use serve::serve;
pub use settings::{Limits, Settings, TlsSettings};
pub use transport::{Probes, Readiness, Safeguards, api, router, secured};
pub use trusted::{TrustedDocuments, TrustedDocumentsError};
