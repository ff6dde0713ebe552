//! The bounds of the transport, each with its unit, its default and what happens when it is reached.
//!
//! Bounds of the domain (how long a text may be) are not here. Invariant: no bound means "unlimited".

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Bounds on connections, documents and sockets.
///
/// Names end in their unit: `_ms` is milliseconds, `_bytes` bytes, `_max` the greatest value let through.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// TCP connections served at once, sockets included; one more is answered 503. Default: 4096.
    pub connections_max: usize,
    /// TCP connections of one address served at once, of IPv6 those of one /64; one more is answered 429. Those of
    /// `trusted_proxies` are not counted; 0 is no bound. Default: 256.
    pub connections_per_address_max: usize,
    /// Wait for the head of the next request, which also bounds an idle connection; then it is closed.
    /// Default: 15 000.
    pub header_read_ms: u64,
    /// The head of a request, and so the length of a GET query; beyond it 431. At least 8192. Default: 32 768.
    pub header_bytes_max: usize,
    /// Wait for the whole body of a request; then 408. Default: 15 000.
    pub body_read_ms: u64,
    /// The body of a request; beyond it 413. Default: 1 048 576.
    pub body_bytes_max: usize,
    /// How long a peer may take no byte of what is sent to it; then its connection is dropped,
    /// a socket with close code 1013 if it still listens. Default: 20 000.
    pub write_stall_ms: u64,
    /// How long a query or mutation may run; then 503 with the code `TIMEOUT`. Default: 30 000.
    pub request_ms: u64,

    /// Operations of one caller in a second, over HTTP and sockets; beyond it and the burst 429 with the code
    /// `RATE_LIMITED`. A renewal of a token counts as one. A development token that names no person is not counted; 0 is
    /// no bound. Default: 50.
    pub caller_operations_per_s: u32,
    /// Operations that a caller may send at once after it was quiet. Default: 250.
    pub caller_operations_burst: u32,
    /// Sign-ins of one address that are refused in a second; beyond it and the burst each is refused by 429 and not told in
    /// the log. Whoever shows a good token is let in all the same. All whom a proxy does not tell apart are one address;
    /// 0 is no bound. Default: 5.
    pub address_refusals_per_s: u32,
    /// Sign-ins of one address that may be refused at once after it was quiet. Default: 50.
    pub address_refusals_burst: u32,

    /// Levels of fields, fragments expanded. The introspection query of GraphiQL needs 15. Default: 20.
    pub query_depth_max: usize,
    /// Fields of the whole document, each counted as often as its fragment is used. Default: 1000.
    pub query_fields_max: usize,
    /// Fields at the root of one operation, fragments expanded. Default: 20.
    pub query_root_fields_max: usize,
    /// Aliases, fragments expanded. Default: 60.
    pub query_aliases_max: usize,
    /// Directives, fragments expanded. Default: 60.
    pub query_directives_max: usize,
    /// Tokens of the document, counted before it is parsed. Default: 6000.
    pub query_tokens_max: usize,
    /// Brackets open at once, counted before the document is parsed. Default: 48.
    pub query_nesting_max: usize,
    /// The variables of one operation as JSON. Default: 524 288.
    pub variables_bytes_max: usize,
    /// Documents kept parsed, by which persisted queries are found: their size in memory, estimated at 256 bytes for
    /// each token; those used least go first. Default: 33 554 432.
    pub documents_bytes_max: usize,
    /// Answers to queries kept as bytes, which are given again as long as nothing that they depend on has changed: all of
    /// them together, with what is asked; those used least go first. 0 keeps none. Default: 67 108 864.
    pub responses_bytes_max: usize,

    /// Sockets open at once; one more is closed with 1013. Default: 2048.
    pub sockets_max: usize,
    /// Sockets of one caller open at once; one more is closed with 1013. A development token that names no person is not
    /// counted; 0 is no bound. Default: 32.
    pub sockets_per_caller_max: usize,
    /// Sockets open at once from one address, of IPv6 from one /64, whose caller has not signed in: those before their
    /// `connection_init`, and with `public_reading` those of strangers. One more is closed with 1013. All whom a proxy does
    /// not tell apart are one address; 0 is no bound. Default: 256.
    pub address_sockets_max: usize,
    /// Operations open on one socket; one more is answered by an `error` message. Default: 100.
    pub socket_operations_max: usize,
    /// One incoming message, in one frame or several; beyond it close code 1009. Default: 1 048 576.
    pub socket_message_bytes_max: usize,
    /// One outgoing message; a result beyond it ends its operation with an `error` message. No more than this and
    /// 8 KiB ever waits to be written: the streams are not asked for more until it is gone. Default: 4 194 304.
    pub socket_outgoing_bytes_max: usize,
    /// Results of changes that are kept for those who are told the same a little later, all together; beyond it a result is
    /// made for each of them anew. Default: 67 108 864.
    pub cohort_bytes_max: usize,
    /// Wait for `connection_init`; then close code 4408. Default: 5000.
    pub socket_init_wait_ms: u64,
    /// Time between two pings to a socket. Default: 20 000.
    pub socket_ping_interval_ms: u64,
    /// Wait for any sign of life after a ping; then close code 1013. Default: 10 000.
    pub socket_pong_wait_ms: u64,
    /// Wait for the peer's part of the closing handshake; then the connection is dropped. Default: 2000.
    pub socket_close_wait_ms: u64,
    /// For how long a token that was verified is not verified anew on the same connection, so that a key that is taken back
    /// counts as much longer there. 0: it is verified with every request. Default: 1000.
    pub token_remembered_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 4096,
            connections_per_address_max: 256,
            header_read_ms: 15_000,
            header_bytes_max: 32_768,
            body_read_ms: 15_000,
            body_bytes_max: 1_048_576,
            write_stall_ms: 20_000,
            request_ms: 30_000,
            caller_operations_per_s: 50,
            caller_operations_burst: 250,
            address_refusals_per_s: 5,
            address_refusals_burst: 50,
            query_depth_max: 20,
            query_fields_max: 1000,
            query_root_fields_max: 20,
            query_aliases_max: 60,
            query_directives_max: 60,
            query_tokens_max: 6000,
            query_nesting_max: 48,
            variables_bytes_max: 524_288,
            documents_bytes_max: 33_554_432,
            responses_bytes_max: 67_108_864,
            sockets_max: 2048,
            sockets_per_caller_max: 32,
            address_sockets_max: 256,
            socket_operations_max: 100,
            socket_message_bytes_max: 1_048_576,
            socket_outgoing_bytes_max: 4_194_304,
            cohort_bytes_max: 67_108_864,
            socket_init_wait_ms: 5000,
            socket_ping_interval_ms: 20_000,
            socket_pong_wait_ms: 10_000,
            socket_close_wait_ms: 2000,
            token_remembered_ms: 1000,
        }
    }
}

impl Limits {
    pub(crate) fn header_read(&self) -> Duration {
        Duration::from_millis(self.header_read_ms)
    }

    pub(crate) fn body_read(&self) -> Duration {
        Duration::from_millis(self.body_read_ms)
    }

    pub(crate) fn write_stall(&self) -> Duration {
        Duration::from_millis(self.write_stall_ms)
    }

    pub(crate) fn request(&self) -> Duration {
        Duration::from_millis(self.request_ms)
    }

    pub(crate) fn socket_init_wait(&self) -> Duration {
        Duration::from_millis(self.socket_init_wait_ms)
    }

    pub(crate) fn socket_ping_interval(&self) -> Duration {
        Duration::from_millis(self.socket_ping_interval_ms)
    }

    pub(crate) fn socket_pong_wait(&self) -> Duration {
        Duration::from_millis(self.socket_pong_wait_ms)
    }

    pub(crate) fn token_remembered(&self) -> Duration {
        Duration::from_millis(self.token_remembered_ms)
    }

    pub(crate) fn socket_close_wait(&self) -> Duration {
        Duration::from_millis(self.socket_close_wait_ms)
    }
}
