//! TLS, by rustls with `ring`: whom this process trusts when it asks others, and by what it proves who it is.
//!
//! It does not read files. Invariant: the other side's certificate is always checked.

mod certificate;

use std::sync::Arc;

use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{ClientConfig, Error, RootCertStore};

pub use certificate::ServerCertificate;

/// Why certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// They are not written as PEM.
    #[error("there is no certificate in the form of PEM")]
    NoCertificate,
    /// The key is not written as PEM.
    #[error("there is no private key in the form of PEM")]
    NoKey,
    /// They are, and yet cannot be used.
    #[error("the certificate cannot be used")]
    Certificate(#[source] Error),
}

/// The certificates in a PEM file.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match read {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(TlsError::NoCertificate),
    }
}

/// How to ask others who are vouched for by one of these authorities.
pub fn client(
    authorities: impl IntoIterator<Item = CertificateDer<'static>>,
) -> Result<Arc<ClientConfig>, TlsError> {
    let mut trusted = RootCertStore::empty();
    // A system's store may hold some that rustls cannot read; without those the others are as good as before.
    trusted.add_parsable_certificates(authorities);
    let config = ClientConfig::builder_with_provider(cryptography())
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Certificate)?
        .with_root_certificates(trusted)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn cryptography() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
