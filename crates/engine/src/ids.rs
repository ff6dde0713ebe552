//! Fresh ids and salts: the one place where randomness enters.
//!
//! It owns the source of both; what they name is the affair of those who ask.
//! Invariant: ids made later sort after ids made earlier, to the millisecond.

use uuid::Uuid;

/// Makes ids and salts.
pub trait Ids: Send + Sync + 'static {
    /// A new time-ordered id.
    fn id(&self) -> Uuid;
    /// Sixteen unpredictable bytes.
    fn salt(&self) -> [u8; 16];
}

/// Ids and salts from the machine's random source.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomIds;

impl Ids for RandomIds {
    fn id(&self) -> Uuid {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the source of ids that everyone else must use"
        )]
        Uuid::now_v7()
    }

    fn salt(&self) -> [u8; 16] {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the source of salts that everyone else must use"
        )]
        // Two version-4 ids hold 122 random bits each; their exclusive or hides the fixed bits of neither,
        // so the halves are taken from different ids.
        let (first, second) = (Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes());
        let mut salt = [0; 16];
        salt[..8].copy_from_slice(&first[8..]);
        salt[8..].copy_from_slice(&second[8..]);
        salt
    }
}
