//! Whom this process trusts when it speaks TLS to others: the authorities of a file, or those of the system.
//!
//! It owns where they are read from. Invariant: a file that is named and cannot be used is an error, and never means the
//! system's.

use std::fs;

use anyhow::Context as _;
use roadbook_server::tls;
use tokio_rustls::rustls::pki_types::CertificateDer;

use crate::failure::Failure;
use crate::settings::Settings;

/// The certificates of the authorities.
pub(crate) fn authorities(settings: &Settings) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let Some(file) = &settings.ca_file else {
        // Some of a system's many may be unreadable; if none is left, no server will be trusted, which is then told.
        return Ok(rustls_native_certs::load_native_certs().certs);
    };
    let pem = fs::read(file).map_err(|error| {
        Failure::Usage(format!(
            "ca_file: {} cannot be read: {error}",
            file.display()
        ))
    })?;
    tls::certificates(&pem).with_context(|| format!("ca_file: {}", file.display()))
}
