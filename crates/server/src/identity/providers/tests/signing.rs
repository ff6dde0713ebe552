//! Keys that a test signs with.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use serde_json::Value as Json;

/// A private key of RSA for these tests alone: to make one takes seconds.
const RSA: &[u8] = include_bytes!("rsa.der");
/// What stands before the 32 bytes of a private key of Ed25519 (RFC 8410, 7).
const ED25519_BEGINS: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// A pair of keys under an id.
pub(super) struct SigningKey {
    id: String,
    algorithm: Algorithm,
    pub(super) private: EncodingKey,
}

impl SigningKey {
    pub(super) fn rsa(id: &str) -> Self {
        Self::new(id, Algorithm::RS256, EncodingKey::from_rsa_der(RSA))
    }

    pub(super) fn p256(id: &str) -> Self {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let private = EncodingKey::from_ec_der(&pair.serialize_der());
        Self::new(id, Algorithm::ES256, private)
    }

    /// Another key each time, as of P-256, whose random bytes it takes.
    pub(super) fn ed25519(id: &str) -> Self {
        let random = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let random = random.serialize_der();
        let seed = &random[random.len() - 32..];
        let private = EncodingKey::from_ed_der(&[&ED25519_BEGINS, seed].concat());
        Self::new(id, Algorithm::EdDSA, private)
    }

    fn new(id: &str, algorithm: Algorithm, private: EncodingKey) -> Self {
        Self {
            id: id.to_owned(),
            algorithm,
            private,
        }
    }

    /// The public key as it is published.
    pub(super) fn public(&self) -> Json {
        let mut jwk = Jwk::from_encoding_key(&self.private, self.algorithm).unwrap();
        jwk.common.key_id = Some(self.id.clone());
        serde_json::to_value(jwk).unwrap()
    }

    /// The bytes that an attacker might sign with as if they were secret.
    pub(super) fn public_der(&self) -> Vec<u8> {
        let modulus = self.public()["n"].as_str().unwrap().to_owned();
        URL_SAFE_NO_PAD.decode(modulus).unwrap()
    }

    pub(super) fn header(&self) -> Header {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.id.clone());
        header
    }
}

/// A token of these claims, signed.
pub(super) fn token_of(key: &SigningKey, claims: &Json) -> String {
    jsonwebtoken::encode(&key.header(), claims, &key.private).unwrap()
}

/// A part of a token.
pub(super) fn encoded(part: &Json) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}
