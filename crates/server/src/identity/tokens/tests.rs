//! Claims about development tokens, under a clock that the test sets.

use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

const SECRET: &[u8] = b"a secret of thirty-two bytes, ok";

fn tokens_at(now: &Arc<AtomicU64>) -> DevelopmentTokens {
    let now = Arc::clone(now);
    DevelopmentTokens::new(SECRET, move || now.load(Ordering::Relaxed)).unwrap()
}

fn latvia() -> Viewer {
    Viewer {
        organisation: "LV".into(),
        person: Some("p1".into()),
    }
}

#[test]
fn a_signed_token_gives_its_viewer_back() {
    let tokens = tokens_at(&Arc::new(AtomicU64::new(1000)));
    let token = tokens.sign(&latvia(), Duration::from_mins(1)).unwrap();
    let credential = tokens.check(&token).unwrap();
    assert_eq!(credential.viewer, latvia());
    assert_eq!(credential.valid_for, Some(Duration::from_secs(65)));
}

#[test]
fn a_token_ends_at_its_expiry_and_the_leeway() {
    let now = Arc::new(AtomicU64::new(1000));
    let tokens = tokens_at(&now);
    let token = tokens.sign(&latvia(), Duration::from_mins(1)).unwrap();
    now.store(1064, Ordering::Relaxed);
    assert!(tokens.check(&token).is_ok());
    now.store(1065, Ordering::Relaxed);
    assert_eq!(tokens.check(&token), Err(IdentityError::Expired));
}

#[test]
fn a_token_from_the_future_is_refused() {
    let now = Arc::new(AtomicU64::new(1000));
    let tokens = tokens_at(&now);
    let token = tokens.sign(&latvia(), Duration::from_mins(1)).unwrap();
    now.store(990, Ordering::Relaxed);
    assert_eq!(tokens.check(&token), Err(IdentityError::Premature));
}

#[test]
fn another_secret_or_a_changed_byte_is_refused() {
    let now = Arc::new(AtomicU64::new(1000));
    let tokens = tokens_at(&now);
    let other = DevelopmentTokens::new(b"another secret of thirty-two byte", || 1000).unwrap();
    let token = other.sign(&latvia(), Duration::from_mins(1)).unwrap();
    assert_eq!(tokens.check(&token), Err(IdentityError::Forged));
}

#[test]
fn an_unsigned_token_is_refused() {
    use base64::Engine as _;
    let part = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    let token = format!(
        "{}.{}.",
        part(r#"{"alg":"none","typ":"JWT"}"#),
        part(r#"{"org":"LV","iat":1000,"exp":2000,"aud":"roadbook"}"#)
    );
    let tokens = tokens_at(&Arc::new(AtomicU64::new(1000)));
    assert!(tokens.check(&token).is_err());
}

#[test]
fn another_audience_is_refused() {
    let claims = Claims {
        org: "LV".into(),
        sub: None,
        iat: 1000,
        exp: 2000,
        aud: "elsewhere".into(),
    };
    let token = encode(
        &Header::new(Algorithm::HS256),
        &claims,
        &EncodingKey::from_secret(SECRET),
    )
    .unwrap();
    let tokens = tokens_at(&Arc::new(AtomicU64::new(1000)));
    assert_eq!(tokens.check(&token), Err(IdentityError::Elsewhere));
}

#[test]
fn garbage_and_overlong_tokens_are_malformed() {
    let tokens = tokens_at(&Arc::new(AtomicU64::new(1000)));
    for token in ["", "a", "a.b.c", &"x".repeat(TOKEN_BYTES_MAX + 1)] {
        assert_eq!(
            tokens.check(token),
            Err(IdentityError::Malformed),
            "{token:.8}"
        );
    }
}

#[test]
fn a_short_secret_is_refused() {
    assert!(matches!(
        DevelopmentTokens::new(b"short", || 0),
        Err(TokenError::SecretTooShort { found: 5 })
    ));
}

const NEXT: &[u8] = b"the secret that takes its place!";

#[test]
fn a_replaced_secret_is_accepted_until_its_time_is_over_and_signs_nothing() {
    let now = Arc::new(AtomicU64::new(1000));
    let tokens = tokens_at(&now);
    let hour = Duration::from_hours(1);
    let old = tokens.sign(&latvia(), hour).unwrap();
    let previous = PreviousSecret {
        secret: SECRET,
        until: 1100,
    };
    tokens.replace(NEXT, Some(previous)).unwrap();
    let new = tokens.sign(&latvia(), hour).unwrap();
    // A socket that is opened with it is closed when the secret's time is over.
    let credential = tokens.check(&old).unwrap();
    assert_eq!(credential.valid_for, Some(Duration::from_secs(100)));
    assert_eq!(tokens.check(&new).unwrap().viewer, latvia());
    assert_eq!(tokens_at(&now).check(&new), Err(IdentityError::Forged));
    now.store(1100, Ordering::Relaxed);
    assert_eq!(tokens.check(&old), Err(IdentityError::Forged));
    assert!(tokens.check(&new).is_ok());
}

#[test]
fn a_secret_that_cannot_be_used_leaves_those_in_force() {
    let tokens = tokens_at(&Arc::new(AtomicU64::new(1000)));
    let token = tokens.sign(&latvia(), Duration::from_mins(1)).unwrap();
    let short = PreviousSecret {
        secret: b"short",
        until: 2000,
    };
    assert!(tokens.replace(b"short", None).is_err());
    assert!(tokens.replace(NEXT, Some(short)).is_err());
    assert!(tokens.check(&token).is_ok());
}
