//! The files of trust: by whom others are vouched for, by what this process proves who it is, and which documents it executes.
//!
//! It owns where they are read from. Invariant: a file that is named and cannot be used is an error, and never means that
//! there is none.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use roadbook_server::TrustedDocuments;
use roadbook_server::tls::{self, ServerCertificate};
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::CertificateDer;

use crate::failure::Failure;
use crate::settings::Settings;

/// How to ask servers whom the authorities vouch for that are trusted.
pub(crate) fn client(settings: &Settings) -> anyhow::Result<Arc<ClientConfig>> {
    Ok(tls::client(authorities(settings)?)?)
}

/// The certificate that is set, if any is.
pub(crate) fn own_certificate(settings: &Settings) -> anyhow::Result<Option<ServerCertificate>> {
    let Some((chain, key)) = own_files(settings)? else {
        return Ok(None);
    };
    let certificate = ServerCertificate::new(&chain, &key);
    certificate.context("server.tls").map(Some)
}

/// Reads the certificate again, and proves who this is by that from now on.
pub(crate) fn read_again(
    certificate: &ServerCertificate,
    settings: &Settings,
) -> anyhow::Result<()> {
    match own_files(settings)? {
        Some((chain, key)) => Ok(certificate.replace(&chain, &key)?),
        None => Ok(()),
    }
}

/// The only documents that are executed, if they are listed.
pub(crate) fn documents(settings: &Settings) -> anyhow::Result<Option<TrustedDocuments>> {
    let Some(file) = &settings.server.trusted_documents_file else {
        return Ok(None);
    };
    let listed = TrustedDocuments::read(&read(file)?, &settings.server.limits);
    listed.with_context(|| file.display().to_string()).map(Some)
}

fn own_files(settings: &Settings) -> anyhow::Result<Option<(Vec<u8>, Vec<u8>)>> {
    let tls = &settings.server.tls;
    let (Some(chain), Some(key)) = (&tls.certificate_file, &tls.key_file) else {
        return Ok(None);
    };
    Ok(Some((read(chain)?, read(key)?)))
}

fn authorities(settings: &Settings) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let Some(file) = &settings.ca_file else {
        // Some of a system's many may be unreadable; if none is left, no server will be trusted, which is then told.
        return Ok(rustls_native_certs::load_native_certs().certs);
    };
    tls::certificates(&read(file)?).with_context(|| file.display().to_string())
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(file).map_err(|error| {
        Failure::Usage(format!("{} cannot be read: {error}", file.display())).into()
    })
}
