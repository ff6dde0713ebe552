//! What an operator may set about the transport: one struct, read once by the binary and handed down.
//!
//! It does not read files or the environment. Invariant: the defaults are safe on an open network.

mod limits;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use limits::Limits;

/// Settings of the transport. Every key may be left out; an unknown key is refused.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, which an operator sets by its name"
)]
pub struct Settings {
    /// Serve the GraphiQL page at `/graphiql`. Default: no; it is for development and demonstration.
    pub graphiql: bool,
    /// Answer what the schema is (`__schema`, `__type`). Default: no; development and demonstration turn it on.
    pub introspection: bool,
    /// A file of the only documents that are executed: a JSON object of their texts by the SHA-256 of each, in 64 hexadecimal
    /// digits. The binary reads it at the start. Default: none, and any document within bounds is executed.
    pub trusted_documents_file: Option<PathBuf>,
    /// Serve the measures of the process at `/metrics`, in the form of OpenMetrics, to whoever asks. Default: no; a proxy
    /// should keep that path to those who run the server.
    pub metrics: bool,
    /// Let callers who have not signed in read the road maps that are marked PUBLIC, from the moment on at which they were
    /// made so. A token that is not good is refused all the same. Default: no.
    pub public_reading: bool,
    /// Origins, such as `https://roadmaps.example.eu`, whose pages may open a socket besides pages of this host.
    ///
    /// A request without `Origin` does not come from a web page and is let through. Default: none.
    pub allowed_origins: Vec<String>,
    /// Addresses of proxies, whose connections are not bounded by address and whose `X-Forwarded-For` is believed.
    /// Default: this machine's own, `127.0.0.1` and `::1`.
    pub trusted_proxies: Vec<IpAddr>,
    /// How long requests and streams in flight may go on after a stop was asked for, in milliseconds.
    /// Default: 10 000.
    pub grace_ms: u64,
    /// A subscription that is silent this long while the server stops counts as drained, in milliseconds.
    /// Default: 250.
    pub drain_quiet_ms: u64,
    /// By what the server proves who it is. Default: by nothing, and what is served is not encrypted.
    pub tls: TlsSettings,
    /// Bounds on what clients may ask and hold.
    pub limits: Limits,
}

/// The files of a server's certificate, which the binary reads at the start and when it is told to renew its secrets.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsSettings {
    /// The chain of certificates, the server's own first, in the form of PEM. With it the server speaks TLS and nothing else.
    pub certificate_file: Option<PathBuf>,
    /// The private key of the server's own certificate, in the form of PEM.
    pub key_file: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            graphiql: false,
            introspection: false,
            trusted_documents_file: None,
            metrics: false,
            public_reading: false,
            allowed_origins: Vec::new(),
            trusted_proxies: vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            grace_ms: 10_000,
            drain_quiet_ms: 250,
            tls: TlsSettings::default(),
            limits: Limits::default(),
        }
    }
}

impl Settings {
    pub(crate) fn grace(&self) -> Duration {
        Duration::from_millis(self.grace_ms)
    }

    pub(crate) fn drain_quiet(&self) -> Duration {
        Duration::from_millis(self.drain_quiet_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::Settings;

    #[test]
    fn an_empty_table_gives_the_defaults() {
        let settings: Settings = serde_json::from_str("{}").unwrap();
        assert!(!settings.graphiql);
        assert_eq!(settings.limits.body_bytes_max, 1_048_576);
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let error = serde_json::from_str::<Settings>(r#"{"limits":{"body_max":1}}"#).unwrap_err();
        assert!(error.to_string().contains("body_max"), "{error}");
    }
}
