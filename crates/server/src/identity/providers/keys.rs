//! The public keys of an identity provider, by the ids under which its tokens name them.
//!
//! It owns which keys are good for what. Invariant: a key checks signatures of its own kind alone, so that no token can have
//! a public key taken for a secret, or one kind of key for another.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse,
};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value as Json;

use crate::identity::IdentityError;

/// A shorter modulus is not safe (RFC 7518, 3.3), and a longer one is not looked at, since its work would be great.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=512;

/// A set of keys as it is published (RFC 7517, 5).
#[derive(Deserialize)]
pub(super) struct KeySet {
    keys: Vec<Json>,
}

/// The keys of a set that signatures can be checked by.
#[derive(Default)]
pub(super) struct Keyring(Vec<Key>);

struct Key {
    id: Option<String>,
    algorithm: Algorithm,
    decoding: DecodingKey,
}

impl Keyring {
    /// The keys of a set, `keys_max` at most, and how many were left out for that. Keys of other kinds, and for other
    /// uses, are passed over: a set may hold them (RFC 7517, 5).
    pub(super) fn of(set: KeySet, keys_max: usize) -> (Self, usize) {
        let usable: Vec<Key> = set.keys.into_iter().filter_map(Key::of).collect();
        let left_out = usable.len().saturating_sub(keys_max);
        let kept = usable.into_iter().take(keys_max).collect();
        (Self(kept), left_out)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The key of an id, which must be of the kind that the token says it is signed by. A token without an id is checked
    /// by the only key there is.
    pub(super) fn find(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Option<Result<&DecodingKey, IdentityError>> {
        let mut named = self
            .0
            .iter()
            .filter(|key| id.is_none() || key.id.as_deref() == id);
        let found = named.next()?;
        // One id may stand for keys of several kinds (RFC 7517, 4.5).
        let mut fitting = std::iter::once(found)
            .chain(named)
            .filter(|key| key.algorithm == algorithm);
        match (fitting.next(), fitting.next()) {
            (None, _) => Some(Err(IdentityError::Algorithm)),
            (Some(_), Some(_)) if id.is_none() => Some(Err(IdentityError::UnknownKey)),
            (Some(key), _) => Some(Ok(&key.decoding)),
        }
    }
}

impl Key {
    /// The key that signatures can be checked by, if it is one.
    fn of(json: Json) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(json).ok()?;
        let algorithm = kind(&jwk.algorithm)?;
        let common = &jwk.common;
        let named = common.key_algorithm.is_none_or(|named| {
            matches!(
                (named, algorithm),
                (KeyAlgorithm::RS256, Algorithm::RS256)
                    | (KeyAlgorithm::ES256, Algorithm::ES256)
                    | (KeyAlgorithm::EdDSA, Algorithm::EdDSA)
            )
        });
        let signs = matches!(common.public_key_use, None | Some(PublicKeyUse::Signature));
        let verifies = common
            .key_operations
            .as_ref()
            .is_none_or(|operations| operations.contains(&KeyOperations::Verify));
        if !(named && signs && verifies) {
            return None;
        }
        Some(Self {
            id: common.key_id.clone(),
            algorithm,
            decoding: DecodingKey::from_jwk(&jwk).ok()?,
        })
    }
}

/// By which algorithm a key of these parameters signs.
fn kind(parameters: &AlgorithmParameters) -> Option<Algorithm> {
    match parameters {
        AlgorithmParameters::RSA(key) => {
            let modulus = URL_SAFE_NO_PAD.decode(&key.n).ok()?;
            let bytes = modulus.iter().skip_while(|byte| **byte == 0).count();
            RSA_BYTES.contains(&bytes).then_some(Algorithm::RS256)
        }
        AlgorithmParameters::EllipticCurve(key) => {
            (key.curve == EllipticCurve::P256).then_some(Algorithm::ES256)
        }
        AlgorithmParameters::OctetKeyPair(key) => {
            (key.curve == EllipticCurve::Ed25519).then_some(Algorithm::EdDSA)
        }
        // A shared secret in a public document is no secret.
        _ => None,
    }
}
