//! What the bus counts, for whoever runs it.
//!
//! It owns the names; how they are read is the transport's affair. Invariant: every append that was handed in is counted
//! once, as published or as dropped, when that is decided.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

/// The measures of one bus. Reading and counting wait for nobody.
#[derive(Clone, Debug, Default)]
pub struct Measures {
    pub(crate) published: Counter,
    pub(crate) dropped: Counter,
}

impl Measures {
    /// Names every measure in a registry.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "bus_published",
            "Messages that the bus has acknowledged",
            self.published.clone(),
        );
        registry.register(
            "bus_dropped",
            "Appends that were not put on the bus, for want of room or of an answer",
            self.dropped.clone(),
        );
    }
}
