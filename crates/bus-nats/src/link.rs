//! A link: one connection to the server, with the stream of JetStream that the node needs there.
//!
//! Owns how it is made, how its loss is noticed, and what the errors of the client library mean. It is never mended: a new
//! one takes its place, made in the same way. Invariant: while a link is open the server keeps what is published over it.

use async_nats::jetstream::context::{CreateStreamError, CreateStreamErrorKind};
use async_nats::jetstream::{self, ErrorCode};
use async_nats::{Client, ConnectError, ConnectErrorKind, ConnectOptions, Event};
use tokio::sync::watch;

use crate::address::Address;
use crate::error::{BusError, Cause};
use crate::settings::Settings;

/// What a server says of a cluster that has no leader at the moment, or no room.
const TEMPORARILY: usize = 503;

/// A connection to the server.
pub(crate) struct Link {
    pub(crate) client: Client,
    pub(crate) jetstream: jetstream::Context,
    /// The stream that keeps the messages.
    pub(crate) kept_in: String,
    /// What names this node in its messages, so that it knows them again.
    pub(crate) node: String,
    place: String,
    is_lost: watch::Receiver<bool>,
}

impl Link {
    /// Connects, and makes the stream or brings it to what the settings say.
    pub(crate) async fn open(address: &Address, settings: &Settings) -> Result<Self, BusError> {
        let place = &address.place;
        let (loss, is_lost) = watch::channel(false);
        let options = match &settings.ca_file {
            Some(file) => ConnectOptions::new().add_root_certificates(file.clone()),
            None => ConnectOptions::new(),
        };
        let options = options
            .name("roadbook")
            .connection_timeout(settings.timeout())
            .request_timeout(Some(settings.timeout()))
            // Each server is tried once, and a connection that is lost is not mended.
            .max_reconnects(address.servers.len())
            .event_callback(move |event| {
                if is_loss(&event) {
                    loss.send_replace(true);
                }
                std::future::ready(())
            });
        let client = address
            .sign_in(options)
            .connect(address.servers.as_slice())
            .await
            .map_err(|error| of_connecting(place, error))?;
        let mut jetstream = jetstream::new(client.clone());
        jetstream.set_timeout(settings.timeout());
        let kept = jetstream
            .create_or_update_stream(settings.kept())
            .await
            .map_err(|error| of_keeping(place, &error))?;
        Ok(Self {
            kept_in: kept.config.name,
            node: client.new_inbox(),
            client,
            jetstream,
            place: place.clone(),
            is_lost,
        })
    }

    /// Waits until the connection is lost.
    pub(crate) async fn lost(&self) -> BusError {
        let mut is_lost = self.is_lost.clone();
        // The sender goes with the client, which is as good as a loss.
        drop(is_lost.wait_for(|is_lost| *is_lost).await);
        self.broken("the connection was lost")
    }

    /// The error of a link that is of no use any more.
    pub(crate) fn broken(&self, source: impl Into<Cause>) -> BusError {
        BusError::Unreachable {
            place: self.place.clone(),
            source: source.into(),
        }
    }
}

const fn is_loss(event: &Event) -> bool {
    matches!(event, Event::Disconnected | Event::Closed)
}

fn of_connecting(place: &str, error: ConnectError) -> BusError {
    let place = place.to_owned();
    match error.kind() {
        ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => {
            let source = error.into();
            BusError::Refused { place, source }
        }
        _ => {
            let source = error.into();
            BusError::Unreachable { place, source }
        }
    }
}

fn of_keeping(place: &str, error: &CreateStreamError) -> BusError {
    let place = place.to_owned();
    let source = error.to_string();
    match error.kind() {
        CreateStreamErrorKind::JetStreamUnavailable => BusError::NoJetStream(place),
        CreateStreamErrorKind::JetStream(error) if is_without(&error) => {
            BusError::NoJetStream(place)
        }
        CreateStreamErrorKind::JetStream(error) if error.code() == TEMPORARILY => {
            let source = source.into();
            BusError::Unreachable { place, source }
        }
        CreateStreamErrorKind::TimedOut | CreateStreamErrorKind::Response => {
            let source = source.into();
            BusError::Unreachable { place, source }
        }
        _ => {
            let source = source.into();
            BusError::Stream { place, source }
        }
    }
}

fn is_without(error: &jetstream::Error) -> bool {
    let code = error.error_code();
    code == ErrorCode::JETSTREAM_NOT_ENABLED || code == ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT
}
