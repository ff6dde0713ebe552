//! Claims about tokens of identity providers, against a small provider in this process and under a clock that the test
//! sets.

mod issuer;
mod signing;

use std::sync::atomic::{AtomicU64, Ordering};

use jsonwebtoken::EncodingKey;
use serde_json::{Value as Json, json};

use super::*;
use crate::digest::Digest;
use crate::identity::{DevelopmentTokens, SignIn};
use crate::{Viewer, tls};
use issuer::{Answering, TestIssuer};
use signing::{SigningKey, encoded, token_of};

const NOW: u64 = 1_000_000;

/// Providers that trust one test issuer for Latvia, at `NOW`.
struct Trusting {
    issuer: TestIssuer,
    providers: Providers,
    clock: Arc<AtomicU64>,
}

impl Trusting {
    async fn new(keys: &[&SigningKey]) -> Self {
        Self::with(TestIssuer::start(keys).await, |_| {})
    }

    fn with(issuer: TestIssuer, change: impl FnOnce(&mut IdentitySettings)) -> Self {
        let mut settings = IdentitySettings {
            issuers: vec![settings_of(&issuer.url)],
            ..IdentitySettings::default()
        };
        change(&mut settings);
        let clock = Arc::new(AtomicU64::new(NOW));
        let time = Arc::clone(&clock);
        let tls = tls::client(issuer.authority()).unwrap();
        let providers = Providers::new(&settings, &tls, move || time.load(Ordering::Relaxed));
        Self {
            issuer,
            providers,
            clock,
        }
    }

    async fn check(&self, token: &str) -> Result<Credential, IdentityError> {
        let shown = Shown {
            token,
            organisation: None,
        };
        self.providers.verify(shown).await
    }

    /// A token that is good, but for what is changed in its claims.
    fn token(&self, key: &SigningKey, changes: Json) -> String {
        token_of(key, &self.claims(changes))
    }

    fn claims(&self, changes: Json) -> Json {
        let mut claims = json!({
            "iss": self.issuer.url,
            "aud": ["roadbook", "another"],
            "sub": "p1",
            "iat": NOW,
            "exp": NOW + 60,
        });
        let (Json::Object(into), Json::Object(changes)) = (&mut claims, changes) else {
            panic!("claims are an object")
        };
        into.extend(changes);
        into.retain(|_, value| !value.is_null());
        claims
    }
}

fn settings_of(url: &str) -> IssuerSettings {
    let settings = json!({ "url": url, "audience": "roadbook", "organisation": "LV" });
    serde_json::from_value(settings).unwrap()
}

#[tokio::test]
async fn a_token_of_each_kind_of_key_gives_its_viewer() {
    for key in [
        SigningKey::rsa("a"),
        SigningKey::p256("a"),
        SigningKey::ed25519("a"),
    ] {
        let trusting = Trusting::new(&[&key]).await;
        let credential = trusting
            .check(&trusting.token(&key, json!({})))
            .await
            .unwrap();
        let issuer = Digest::of(trusting.issuer.url.as_bytes()).to_string();
        let viewer = Viewer {
            organisation: "LV".to_owned(),
            person: Some(format!("{}:p1", &issuer[..16])),
        };
        let valid_for = Some(Duration::from_secs(90));
        let role = Role::Editor;
        assert_eq!(
            credential,
            Credential {
                viewer,
                role,
                valid_for
            }
        );
    }
}

#[tokio::test]
async fn keys_are_fetched_by_tls_from_whom_a_trusted_authority_vouches_for() {
    let key = SigningKey::ed25519("a");
    let trusting = Trusting::with(TestIssuer::start_with_tls(&[&key]).await, |_| {});
    assert!(trusting.issuer.url.starts_with("https://"));
    let token = trusting.token(&key, json!({}));
    assert!(trusting.check(&token).await.is_ok());
    // The same provider is a stranger to who trusts others.
    let stranger = TestIssuer::start_with_tls(&[&key]).await;
    let tls = tls::client(stranger.authority()).unwrap();
    let settings = IdentitySettings {
        issuers: vec![settings_of(&trusting.issuer.url)],
        ..IdentitySettings::default()
    };
    let providers = Providers::new(&settings, &tls, || NOW);
    let shown = Shown {
        token: &token,
        organisation: None,
    };
    assert_eq!(
        providers.verify(shown).await,
        Err(IdentityError::Unavailable)
    );
}

#[tokio::test]
async fn what_a_token_says_wrongly_is_told_apart() {
    let key = SigningKey::ed25519("a");
    let trusting = Trusting::new(&[&key]).await;
    for (changes, expected) in [
        (json!({ "aud": "another" }), IdentityError::Elsewhere),
        (json!({ "aud": [] }), IdentityError::Elsewhere),
        (json!({ "aud": null }), IdentityError::Malformed),
        (
            json!({ "iss": "https://id.example" }),
            IdentityError::UnknownIssuer,
        ),
        (json!({ "iss": null }), IdentityError::Malformed),
        (json!({ "exp": NOW - 30 }), IdentityError::Expired),
        (json!({ "exp": null }), IdentityError::Malformed),
        (json!({ "exp": "soon" }), IdentityError::Malformed),
        (json!({ "nbf": NOW + 31 }), IdentityError::Premature),
        (json!({ "iat": NOW + 31 }), IdentityError::Premature),
        (json!({ "sub": null }), IdentityError::Malformed),
    ] {
        let token = trusting.token(&key, changes.clone());
        assert_eq!(trusting.check(&token).await, Err(expected), "{changes}");
    }
    for changes in [
        json!({ "exp": NOW - 29 }),
        json!({ "nbf": NOW + 30, "iat": NOW + 30 }),
    ] {
        let token = trusting.token(&key, changes.clone());
        assert!(trusting.check(&token).await.is_ok(), "{changes}");
    }
}

#[tokio::test]
async fn a_token_is_accepted_again_until_its_time_is_over() {
    let key = SigningKey::p256("a");
    let trusting = Trusting::new(&[&key]).await;
    let token = trusting.token(&key, json!({}));
    for _ in 0..2 {
        assert!(trusting.check(&token).await.is_ok());
    }
    trusting.clock.store(NOW + 90, Ordering::Relaxed);
    assert_eq!(trusting.check(&token).await, Err(IdentityError::Expired));
}

#[tokio::test]
async fn a_token_without_signature_or_by_a_shared_secret_is_refused() {
    let key = SigningKey::rsa("a");
    let trusting = Trusting::new(&[&key]).await;
    let claims = trusting.claims(json!({}));
    let claims_part = encoded(&claims);
    for alg in ["none", "None", "HS256", "RS384", "PS256", "ES384", ""] {
        let header = encoded(&json!({ "alg": alg, "kid": "a" }));
        for signature in ["", "AAAA"] {
            let token = format!("{header}.{claims_part}.{signature}");
            let found = trusting.check(&token).await;
            assert_eq!(found, Err(IdentityError::Algorithm), "{alg}");
        }
    }
    // The public key taken for a secret, as a library would that goes by the header.
    let secret = EncodingKey::from_secret(&key.public_der());
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("a".to_owned());
    let confused = jsonwebtoken::encode(&header, &claims, &secret).unwrap();
    assert_eq!(
        trusting.check(&confused).await,
        Err(IdentityError::Algorithm)
    );
}

#[tokio::test]
async fn a_key_checks_signatures_of_its_own_kind_alone() {
    let (published, other) = (SigningKey::p256("a"), SigningKey::ed25519("a"));
    let trusting = Trusting::new(&[&published]).await;
    let token = trusting.token(&other, json!({}));
    assert_eq!(trusting.check(&token).await, Err(IdentityError::Algorithm));
}

#[tokio::test]
async fn a_changed_token_or_another_key_of_the_same_name_is_forged() {
    let (key, impostor) = (SigningKey::p256("a"), SigningKey::p256("a"));
    let trusting = Trusting::new(&[&key]).await;
    let token = trusting.token(&impostor, json!({}));
    assert_eq!(trusting.check(&token).await, Err(IdentityError::Forged));
    let token = trusting.token(&key, json!({}));
    let parts: Vec<&str> = token.split('.').collect();
    let claims = encoded(&trusting.claims(json!({ "sub": "p2" })));
    let changed = format!("{}.{claims}.{}", parts[0], parts[2]);
    assert_eq!(trusting.check(&changed).await, Err(IdentityError::Forged));
}

#[tokio::test]
async fn a_critical_extension_or_another_type_of_token_is_refused() {
    let key = SigningKey::ed25519("a");
    let trusting = Trusting::new(&[&key]).await;
    let claims = trusting.claims(json!({}));
    let with = |change: fn(&mut Header)| {
        let mut header = key.header();
        change(&mut header);
        jsonwebtoken::encode(&header, &claims, &key.private).unwrap()
    };
    let critical = with(|header| header.crit = Some(vec!["b64".to_owned()]));
    assert_eq!(
        trusting.check(&critical).await,
        Err(IdentityError::Critical)
    );
    let none_critical = with(|header| header.crit = Some(Vec::new()));
    assert_eq!(
        trusting.check(&none_critical).await,
        Err(IdentityError::Critical)
    );
    let logout = with(|header| header.typ = Some("logout+jwt".to_owned()));
    assert_eq!(trusting.check(&logout).await, Err(IdentityError::Malformed));
    let access = with(|header| header.typ = Some("at+JWT".to_owned()));
    assert!(trusting.check(&access).await.is_ok());
}

#[tokio::test]
async fn what_is_no_token_is_refused_and_what_is_too_long_is_not_read() {
    let key = SigningKey::ed25519("a");
    let trusting = Trusting::new(&[&key]).await;
    let good = trusting.token(&key, json!({}));
    let header = good.split('.').next().unwrap().to_owned();
    for token in [
        String::new(),
        "..".to_owned(),
        "a.b.c".to_owned(),
        header.clone(),
        format!("{header}.."),
        format!("{header}.AAAA.AAAA"),
        format!("{good}.AAAA"),
        "é.é.é".to_owned(),
    ] {
        let found = trusting.check(&token).await;
        assert_eq!(found, Err(IdentityError::Malformed), "{token}");
    }
    let bytes_max = trusting.providers.settings.token_bytes_max;
    let long = trusting.token(&key, json!({ "padding": "x".repeat(bytes_max) }));
    let found = trusting.check(&long).await;
    assert_eq!(found, Err(IdentityError::TooLong { bytes_max }));
    assert_eq!(
        trusting.issuer.asked(),
        0,
        "nobody was asked about any of them"
    );
}

#[tokio::test]
async fn a_new_key_is_fetched_when_a_token_names_it_but_not_more_often_than_is_set() {
    let key = SigningKey::ed25519;
    let (old, new, later) = (key("old"), key("new"), key("later"));
    let trusting = Trusting::new(&[&old]).await;
    let by = |key: &SigningKey| trusting.token(key, json!({}));
    assert!(trusting.check(&by(&old)).await.is_ok());
    assert_eq!(trusting.issuer.asked(), 1);
    // Nothing new within the least time, whoever asks and how often.
    trusting.issuer.publish(&[&old, &new]);
    for _ in 0..10 {
        let found = trusting.check(&by(&new)).await;
        assert_eq!(found, Err(IdentityError::UnknownKey));
    }
    assert_eq!(trusting.issuer.asked(), 1);
    after(10).await;
    assert!(trusting.check(&by(&new)).await.is_ok());
    assert_eq!(trusting.issuer.asked(), 2);
    // A key that is no longer published is no longer good.
    trusting.issuer.publish(&[&later]);
    after(10).await;
    assert!(trusting.check(&by(&later)).await.is_ok());
    assert_eq!(
        trusting.check(&by(&old)).await,
        Err(IdentityError::UnknownKey)
    );
}

#[tokio::test]
async fn tokens_that_come_together_are_answered_by_one_fetch() {
    let key = SigningKey::ed25519("a");
    let trusting = Trusting::new(&[&key]).await;
    let token = trusting.token(&key, json!({}));
    let checks = (0..20).map(|_| trusting.check(&token));
    let found = future::join_all(checks).await;
    assert!(found.iter().all(Result::is_ok));
    assert_eq!(trusting.issuer.asked(), 1);
}

#[tokio::test]
async fn known_keys_go_on_without_their_provider_and_unknown_ones_are_refused() {
    let (known, unknown) = (SigningKey::p256("known"), SigningKey::p256("unknown"));
    let trusting = Trusting::new(&[&known]).await;
    let by = |key: &SigningKey| trusting.token(key, json!({}));
    assert!(trusting.check(&by(&known)).await.is_ok());
    trusting.issuer.stop().await;
    after(10).await;
    assert_eq!(
        trusting.check(&by(&unknown)).await,
        Err(IdentityError::Unavailable)
    );
    assert!(trusting.check(&by(&known)).await.is_ok());
    // Nor for ever: a key that was withdrawn would be found out by nobody.
    after(86_400).await;
    assert_eq!(
        trusting.check(&by(&known)).await,
        Err(IdentityError::Unavailable)
    );
}

#[tokio::test]
async fn what_a_provider_answers_wrongly_is_no_key_and_ends_in_time() {
    let key = SigningKey::ed25519("a");
    for answering in [
        Answering::Nothing,
        Answering::Status(500),
        Answering::Status(302),
        Answering::TooMuch,
        Answering::TooMuchInChunks,
        Answering::NoJson,
        Answering::AsAnother,
        Answering::WithoutKeys,
        Answering::BrokenOff,
    ] {
        let issuer = TestIssuer::start(&[&key]).await;
        issuer.answer(answering);
        let trusting = Trusting::with(issuer, |settings| settings.fetch_wait_ms = 200);
        let token = trusting.token(&key, json!({}));
        let found = trusting.check(&token).await;
        assert_eq!(found, Err(IdentityError::Unavailable), "{answering:?}");
        trusting.issuer.answer(Answering::Rightly);
        after(10).await;
        assert!(trusting.check(&token).await.is_ok(), "{answering:?}");
    }
}

#[tokio::test]
async fn keys_of_other_uses_and_those_beyond_the_bound_are_left_out() {
    let key = SigningKey::ed25519;
    let (first, second) = (key("first"), key("second"));
    let issuer = TestIssuer::start(&[]).await;
    let mut encrypting = key("first").public();
    encrypting["use"] = json!("enc");
    let shared = json!({ "kty": "oct", "kid": "first", "k": "AAAA" });
    let unheard_of = json!({ "kty": "AKP", "alg": "ML-DSA-44", "kid": "first" });
    issuer.publish_as(vec![
        shared,
        encrypting,
        unheard_of,
        json!(null),
        first.public(),
        second.public(),
    ]);
    let trusting = Trusting::with(issuer, |settings| settings.keys_max = 1);
    let by = |key: &SigningKey| trusting.token(key, json!({}));
    assert!(trusting.check(&by(&first)).await.is_ok());
    assert_eq!(
        trusting.check(&by(&second)).await,
        Err(IdentityError::UnknownKey)
    );
}

#[tokio::test]
async fn a_token_that_names_no_key_is_checked_by_the_only_one() {
    let (one, other) = (SigningKey::p256("one"), SigningKey::p256("other"));
    let trusting = Trusting::new(&[&one]).await;
    let mut header = one.header();
    header.kid = None;
    let claims = trusting.claims(json!({}));
    let token = jsonwebtoken::encode(&header, &claims, &one.private).unwrap();
    assert!(trusting.check(&token).await.is_ok());
    trusting.issuer.publish(&[&one, &other]);
    after(10).await;
    let unknown = trusting.token(&SigningKey::p256("third"), json!({}));
    assert_eq!(
        trusting.check(&unknown).await,
        Err(IdentityError::UnknownKey)
    );
    assert_eq!(trusting.check(&token).await, Err(IdentityError::UnknownKey));
}

#[tokio::test]
async fn each_of_several_issuers_vouches_by_its_own_keys_for_its_own_organisation() {
    let (ours, theirs) = (SigningKey::ed25519("a"), SigningKey::ed25519("a"));
    let other = TestIssuer::start(&[&theirs]).await;
    let mut of_other = settings_of(&other.url);
    of_other.organisation = Some("COM".to_owned());
    let issuer = TestIssuer::start(&[&ours]).await;
    let trusting = Trusting::with(issuer, |settings| settings.issuers.push(of_other));
    let organisation = async |token: String| {
        let credential = trusting.check(&token).await?;
        Ok::<_, IdentityError>(credential.viewer.organisation)
    };
    let of_other = json!({ "iss": other.url });
    assert_eq!(
        organisation(trusting.token(&ours, json!({})))
            .await
            .unwrap(),
        "LV"
    );
    assert_eq!(
        organisation(trusting.token(&theirs, of_other.clone()))
            .await
            .unwrap(),
        "COM"
    );
    let impostor = organisation(trusting.token(&ours, of_other)).await;
    assert_eq!(impostor, Err(IdentityError::Forged));
}

#[tokio::test]
async fn one_subject_of_two_issuers_is_two_persons_of_their_organisation() {
    let (ours, theirs) = (SigningKey::ed25519("a"), SigningKey::ed25519("a"));
    let other = TestIssuer::start(&[&theirs]).await;
    let of_other = settings_of(&other.url);
    let issuer = TestIssuer::start(&[&ours]).await;
    let trusting = Trusting::with(issuer, |settings| settings.issuers.push(of_other));
    let viewer = async |token: String| trusting.check(&token).await.unwrap().viewer;
    let one = viewer(trusting.token(&ours, json!({}))).await;
    let elsewhere = viewer(trusting.token(&theirs, json!({ "iss": other.url }))).await;
    assert_eq!(one.organisation, elsewhere.organisation);
    assert_ne!(one, elsewhere);
    let later = trusting.token(&ours, json!({ "exp": NOW + 120 }));
    assert_eq!(viewer(later).await, one);
}

#[tokio::test]
async fn keys_are_fetched_before_anybody_asks_and_again_before_they_are_old() {
    let (old, new) = (SigningKey::ed25519("old"), SigningKey::ed25519("new"));
    let trusting = Trusting::new(&[&old]).await;
    let following = async {
        assert!(
            trusting
                .check(&trusting.token(&old, json!({})))
                .await
                .is_ok()
        );
        trusting.issuer.publish(&[&new]);
        after(900).await;
        trusting.issuer.was_asked(2).await;
        assert!(
            trusting
                .check(&trusting.token(&new, json!({})))
                .await
                .is_ok()
        );
        assert_eq!(trusting.issuer.asked(), 2);
    };
    tokio::select! {
        biased;
        () = trusting.providers.keep_fresh() => panic!("it has no end"),
        () = following => {}
    }
}

#[tokio::test]
async fn where_the_console_asks_for_tokens_is_told_once_it_was_fetched_and_if_it_is_safe() {
    let key = SigningKey::p256("a");
    let offer = |settings: &mut IdentitySettings| {
        settings.issuers[0].console =
            Some(serde_json::from_value(json!({ "client_id": "console" })).unwrap());
    };
    let offered = Trusting::with(TestIssuer::start(&[&key]).await, offer);
    assert_eq!(offered.providers.console_endpoints(), [""; 0]);
    let token = offered.token(&key, json!({}));
    assert!(offered.check(&token).await.is_ok());
    let expected = ["https://tokens.example/token"];
    assert_eq!(offered.providers.console_endpoints(), expected);

    let unoffered = Trusting::new(&[&key]).await;
    assert!(
        unoffered
            .check(&unoffered.token(&key, json!({})))
            .await
            .is_ok()
    );
    assert_eq!(unoffered.providers.console_endpoints(), [""; 0]);
}

#[tokio::test]
async fn a_shared_secret_and_public_keys_are_never_taken_for_each_other() {
    let key = SigningKey::rsa("a");
    let trusting = Trusting::new(&[&key]).await;
    let by_key = trusting.token(&key, json!({}));
    let secret = b"a secret of thirty-two bytes, ok";
    let development = Arc::new(DevelopmentTokens::new(secret, || NOW).unwrap());
    let estonia = Viewer {
        organisation: "EE".to_owned(),
        person: None,
    };
    let by_secret = development.sign(&estonia, Duration::from_mins(1)).unwrap();
    let confused = EncodingKey::from_secret(&key.public_der());
    let claims = trusting.claims(json!({ "org": "GSC" }));
    let confused = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &confused);
    let confused = confused.unwrap();
    let Trusting {
        providers,
        issuer: _issuer,
        ..
    } = trusting;
    let providers = Arc::new(providers);
    let check = async |sign_in: &SignIn, token: &str| {
        let shown = Shown {
            token,
            organisation: None,
        };
        let credential = sign_in.verify(shown).await?;
        Ok::<_, IdentityError>(credential.viewer.organisation)
    };
    let both = SignIn::new(Arc::clone(&providers), Some(development));
    assert_eq!(check(&both, &by_key).await.unwrap(), "LV");
    assert_eq!(check(&both, &by_secret).await.unwrap(), "EE");
    assert_eq!(check(&both, &confused).await, Err(IdentityError::Forged));
    let providers_alone = SignIn::new(providers, None);
    assert_eq!(check(&providers_alone, &by_key).await.unwrap(), "LV");
    let refused = check(&providers_alone, &by_secret).await;
    assert_eq!(refused, Err(IdentityError::Algorithm));
}

/// Lets time pass at once, while nothing waits for it.
async fn after(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}
