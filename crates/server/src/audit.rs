//! What is told to an audit: who signed in, who was refused, and who looked at road maps marked LIMITE.
//!
//! It owns what an entry says; where entries are kept is the affair of whoever runs the transport. Invariant: an entry holds
//! ids, codes and names of operations, and neither a text of a road map nor anything of a token.

use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use roadbook_graphql::Footprints;
use serde::Serialize;

use crate::Viewer;
use crate::peer::Peer;

/// A client chooses its operations' names; no entry is a place for a long one.
const NAME_BYTES_MAX: usize = 64;

/// Keeps entries. It must not wait: it is told in the middle of a request.
pub trait AuditLog: Send + Sync + 'static {
    /// Keeps an entry, dated now.
    fn keep(&self, entry: AuditEntry);
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuditEvent {
    /// Somebody showed a good token on a connection for the first time, or for another organisation than before.
    SignIn,
    /// Somebody brought another token of theirs to an open socket.
    Renewal,
    /// Somebody was not let in, asked too often, or asked for what they may not do.
    Refusal,
    /// An operation looked at road maps marked LIMITE.
    Read,
    /// A road map was written out by a command.
    Export,
}

/// An entry. What does not apply is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditEntry {
    /// What happened.
    pub event: AuditEvent,
    /// The code of the caller's organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// The caller within it, by its opaque subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// Where it came from, for who signs in or is not known; of IPv6 the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The kind of operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The name that the client gives to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The road maps marked LIMITE that were looked at; of many the first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub road_maps: Vec<String>,
    /// How many more there were.
    #[serde(skip_serializing_if = "is_zero")]
    pub more_road_maps: usize,
    /// How it ended: `ok`, `errors`, `cancelled`, or the code of a refusal.
    pub outcome: String,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the form that serde asks for"
)]
const fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// The audit, if one is kept.
#[derive(Clone, Default)]
pub(crate) struct Audit(pub(crate) Option<Arc<dyn AuditLog>>);

impl AuditEntry {
    /// An entry that says nothing but this.
    pub fn new(event: AuditEvent, outcome: impl Into<String>) -> Self {
        Self {
            event,
            organisation: None,
            person: None,
            address: None,
            operation: None,
            name: None,
            road_maps: Vec::new(),
            more_road_maps: 0,
            outcome: outcome.into(),
        }
    }

    fn by(self, caller: &Viewer) -> Self {
        Self {
            organisation: Some(caller.organisation.clone()),
            person: caller.person.clone(),
            ..self
        }
    }

    fn coming_from(self, peer: Option<Peer>) -> Self {
        Self {
            address: peer.map(|peer| peer.to_string()),
            ..self
        }
    }
}

impl Audit {
    pub(crate) fn signed_in(&self, caller: &Viewer, peer: Option<Peer>) {
        self.keep(|| {
            AuditEntry::new(AuditEvent::SignIn, "ok")
                .by(caller)
                .coming_from(peer)
        });
    }

    pub(crate) fn renewed(&self, caller: &Viewer) {
        self.keep(|| AuditEntry::new(AuditEvent::Renewal, "ok").by(caller));
    }

    /// Somebody who is not known was not let in.
    pub(crate) fn turned_away(&self, peer: Option<Peer>, code: String) {
        self.keep(|| AuditEntry::new(AuditEvent::Refusal, code).coming_from(peer));
    }

    /// Somebody who is known was refused.
    pub(crate) fn refused(&self, caller: &Viewer, code: &str) {
        self.keep(|| AuditEntry::new(AuditEvent::Refusal, code).by(caller));
    }

    /// An operation has looked at something, or was refused for want of a right.
    pub(crate) fn operation(
        &self,
        caller: &Viewer,
        (kind, name): (OperationType, &str),
        footprints: Footprints,
        outcome: &str,
    ) {
        let event = if footprints.not_allowed {
            AuditEvent::Refusal
        } else if footprints.limite.is_empty() {
            return;
        } else {
            AuditEvent::Read
        };
        let outcome = if footprints.not_allowed {
            "NOT_ALLOWED"
        } else {
            outcome
        };
        self.keep(|| AuditEntry {
            operation: Some(kind.to_string()),
            name: Some(name).filter(|name| !name.is_empty()).map(cut),
            road_maps: footprints.limite,
            more_road_maps: footprints.more,
            ..AuditEntry::new(event, outcome).by(caller)
        });
    }

    /// Whether it is worth finding out what to tell.
    pub(crate) const fn is_kept(&self) -> bool {
        self.0.is_some()
    }

    fn keep(&self, entry: impl FnOnce() -> AuditEntry) {
        if let Some(log) = &self.0 {
            log.keep(entry());
        }
    }
}

/// The beginning of a name.
pub(crate) fn cut(name: &str) -> String {
    name.get(..NAME_BYTES_MAX).unwrap_or(name).to_owned()
}
