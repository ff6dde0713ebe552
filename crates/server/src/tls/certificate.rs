//! The certificate of a server and its key, which can be replaced while it serves.
//!
//! It does not read files. Invariant: a pair that cannot be used leaves in force what was.

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;

use super::{TlsError, certificates, cryptography};

/// What is spoken within; a client that offers only others is refused at once.
const PROTOCOL: &[u8] = b"http/1.1";

/// By what a server proves who it is.
pub struct ServerCertificate(ArcSwap<ServerConfig>);

impl ServerCertificate {
    /// A chain of certificates, the server's own first, and its private key; both in the form of PEM.
    pub fn new(chain: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        Ok(Self(ArcSwap::from(config(chain, key)?)))
    }

    /// Proves it by another pair from now on. Connections that are open go on.
    pub fn replace(&self, chain: &[u8], key: &[u8]) -> Result<(), TlsError> {
        self.0.store(config(chain, key)?);
        Ok(())
    }

    /// What takes the next connection.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.0.load_full())
    }
}

fn config(chain: &[u8], key: &[u8]) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = certificates(chain)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::NoKey)?;
    let mut config = ServerConfig::builder_with_provider(cryptography())
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(TlsError::Certificate)?;
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};

    use super::*;

    fn pair() -> (String, String) {
        let names = ["localhost".to_owned()];
        let CertifiedKey { cert, signing_key }: CertifiedKey<KeyPair> =
            generate_simple_self_signed(names).unwrap();
        (cert.pem(), signing_key.serialize_pem())
    }

    #[test]
    fn a_key_of_another_certificate_is_refused_and_what_was_stays() {
        let (chain, key) = pair();
        let (other_chain, other_key) = pair();
        let certificate = ServerCertificate::new(chain.as_bytes(), key.as_bytes()).unwrap();
        let before = certificate.0.load_full();
        let mixed = certificate.replace(chain.as_bytes(), other_key.as_bytes());
        assert!(matches!(mixed, Err(TlsError::Certificate(_))));
        assert!(Arc::ptr_eq(&before, &certificate.0.load_full()));
        let whole = certificate.replace(other_chain.as_bytes(), other_key.as_bytes());
        assert!(whole.is_ok());
        assert!(!Arc::ptr_eq(&before, &certificate.0.load_full()));
    }

    #[test]
    fn what_is_no_pem_is_told_apart() {
        let (chain, key) = pair();
        let no_chain = ServerCertificate::new(b"", key.as_bytes());
        assert!(matches!(no_chain, Err(TlsError::NoCertificate)));
        let no_key = ServerCertificate::new(chain.as_bytes(), chain.as_bytes());
        assert!(matches!(no_key, Err(TlsError::NoKey)));
    }
}
