//! The caller who was known a moment ago on the same connection: what it shows is not verified anew with every request.
//!
//! It owns for how long: a key that is taken back counts as much longer, and no more. Invariant: nobody is remembered beyond
//! that, nor beyond the end of the token, nor for anything but the very same words.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use tokio::time::Instant;

use super::{Credential, ORGANISATION_HEADER};
use crate::digest::Digest;

/// The last caller of a connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Remembered(Arc<Mutex<Option<Known>>>);

#[derive(Debug)]
struct Known {
    shown: Digest,
    credential: Credential,
    since: Instant,
}

impl Remembered {
    /// What a request shows of its caller, as a digest: a token is not kept.
    pub(crate) fn shown_by(headers: &HeaderMap) -> Digest {
        let mut shown = Vec::new();
        for name in [AUTHORIZATION.as_str(), ORGANISATION_HEADER] {
            for value in headers.get_all(name) {
                shown.extend_from_slice(value.as_bytes());
                // No header has a line break in it, so that no two are ever taken for two others.
                shown.push(b'\n');
            }
            shown.push(b'\n');
        }
        Digest::of(&shown)
    }

    /// The caller who showed the same, so long ago at the most.
    pub(crate) fn find(&self, shown: Digest, most: Duration) -> Option<Credential> {
        let known = self.lock();
        let known = known.as_ref().filter(|known| known.shown == shown)?;
        let elapsed = known.since.elapsed();
        if elapsed >= most {
            return None;
        }
        let valid_for = match known.credential.valid_for {
            Some(valid_for) => Some(
                valid_for
                    .checked_sub(elapsed)
                    .filter(|left| !left.is_zero())?,
            ),
            None => None,
        };
        Some(Credential {
            valid_for,
            ..known.credential.clone()
        })
    }

    /// Remembers a caller who was verified just now, in place of the one before.
    pub(crate) fn keep(&self, shown: Digest, credential: &Credential) {
        *self.lock() = Some(Known {
            shown,
            credential: credential.clone(),
            since: Instant::now(),
        });
    }

    fn lock(&self) -> MutexGuard<'_, Option<Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use tokio::time::advance;

    use super::*;
    use crate::Viewer;
    use crate::identity::Role;

    const MOST: Duration = Duration::from_secs(1);

    fn credential(valid_for: Option<Duration>) -> Credential {
        Credential {
            viewer: Viewer {
                organisation: "LV".to_owned(),
                person: None,
            },
            role: Role::Editor,
            valid_for,
        }
    }

    fn headers(token: &'static str, organisation: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static(token));
        if let Some(organisation) = organisation {
            let organisation = HeaderValue::from_static(organisation);
            headers.insert(ORGANISATION_HEADER, organisation);
        }
        headers
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_remembered_longer_than_is_set() {
        let (remembered, shown) = (
            Remembered::default(),
            Remembered::shown_by(&headers("Bearer a", None)),
        );
        assert_eq!(remembered.find(shown, MOST), None);
        remembered.keep(shown, &credential(None));
        assert_eq!(remembered.find(shown, MOST), Some(credential(None)));
        assert_eq!(remembered.find(shown, Duration::ZERO), None);
        advance(MOST).await;
        assert_eq!(remembered.find(shown, MOST), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_ends_when_it_would_have_ended() {
        let (remembered, shown) = (
            Remembered::default(),
            Remembered::shown_by(&headers("Bearer a", None)),
        );
        remembered.keep(shown, &credential(Some(Duration::from_millis(300))));
        advance(Duration::from_millis(200)).await;
        let left = credential(Some(Duration::from_millis(100)));
        assert_eq!(remembered.find(shown, MOST), Some(left));
        advance(Duration::from_millis(100)).await;
        assert_eq!(remembered.find(shown, MOST), None);
    }

    #[test]
    fn other_words_are_another_caller() {
        let of = |token, organisation| Remembered::shown_by(&headers(token, organisation));
        let one = of("Bearer a", None);
        assert_eq!(one, of("Bearer a", None));
        for other in [
            of("Bearer b", None),
            of("Bearer a", Some("LV")),
            of("Bearer a", Some("")),
        ] {
            assert_ne!(one, other);
        }
        assert_ne!(of("Bearer a", Some("LV")), of("Bearer a", Some("COM")));
    }
}
