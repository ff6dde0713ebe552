//! The contract of the bus kept by a NATS server with JetStream.
//!
//! Read [`NatsBus`] first. `station` keeps the connection and mends it, `link` is one connection with what was found and
//! made on its server, `speaker` and `ear` are what is done over it.
//!
//! Nothing here knows what an event means, who appends it, or which database keeps it.

mod address;
mod bus;
mod ear;
mod error;
mod link;
mod measures;
mod notes;
mod overdue;
mod settings;
mod speaker;
mod station;

pub use address::Address;
pub use bus::NatsBus;
pub use error::{BusError, Cause};
pub use measures::Measures;
pub use settings::Settings;
