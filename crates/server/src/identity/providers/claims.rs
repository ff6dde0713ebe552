//! What the claims of a token mean here: the organisation, the person and the role.
//!
//! It owns the mapping; that the claims are true was found out before. Invariant: a value that is not listed means nothing,
//! and persons of two issuers are two persons, whatever their subjects.

use serde_json::{Map, Value as Json};

use super::settings::{IssuerSettings, Role};
use crate::Viewer;
use crate::digest::Digest;
use crate::identity::IdentityError;

/// A subject is stored with every event that its holder causes.
const SUBJECT_BYTES_MAX: usize = 255;
/// Hexadecimal digits of the SHA-256 of an issuer's address that stand before a subject: with so many, no two of the issuers
/// that are ever set have the same.
const ISSUER_DIGITS: usize = 16;

/// The claims of a token.
pub(super) type Claims = Map<String, Json>;

/// Whom the claims are about, and in which role.
pub(super) fn viewer(
    claims: &Claims,
    issuer: &IssuerSettings,
    named: Option<&str>,
) -> Result<(Viewer, Role), IdentityError> {
    let viewer = Viewer {
        organisation: organisation(claims, issuer, named)?,
        person: Some(person(claims, issuer)?),
    };
    Ok((viewer, role(claims, issuer)?))
}

/// Seconds since 1970 in a claim; `None` if there is no such claim.
pub(super) fn seconds(claims: &Claims, name: &str) -> Result<Option<u64>, IdentityError> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    // A NumericDate may have a fraction (RFC 7519, 2).
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a date before 1970 becomes 0 and one beyond all bounds the last there is, which is as they are judged"
    )]
    let whole = || value.as_f64().map(|seconds| seconds as u64);
    let seconds = value.as_u64().or_else(whole);
    seconds.map(Some).ok_or(IdentityError::Malformed)
}

fn organisation(
    claims: &Claims,
    issuer: &IssuerSettings,
    named: Option<&str>,
) -> Result<String, IdentityError> {
    let mut keys: Vec<&str> = match &issuer.organisation {
        Some(only) => vec![only],
        None => texts(claims, &issuer.organisation_claim)
            .into_iter()
            .filter_map(|value| issuer.organisations.get(value).map(String::as_str))
            .collect(),
    };
    keys.sort_unstable();
    keys.dedup();
    match (keys.as_slice(), named) {
        ([], _) => Err(IdentityError::NoOrganisation),
        (keys, Some(named)) if keys.contains(&named) => Ok(named.to_owned()),
        (_, Some(_)) => Err(IdentityError::OtherOrganisation),
        ([only], None) => Ok((*only).to_owned()),
        (several, None) => Err(IdentityError::SeveralOrganisations {
            keys: several.iter().map(|key| (*key).to_owned()).collect(),
        }),
    }
}

/// A subject tells persons of its issuer apart and nobody else's, so the issuer stands before it.
fn person(claims: &Claims, issuer: &IssuerSettings) -> Result<String, IdentityError> {
    match texts(claims, &issuer.person_claim).as_slice() {
        [subject] if !subject.is_empty() && subject.len() <= SUBJECT_BYTES_MAX => {
            let mut person = Digest::of(issuer.url.as_bytes()).to_string();
            person.truncate(ISSUER_DIGITS);
            person.push(':');
            person.push_str(subject);
            Ok(person)
        }
        _ => Err(IdentityError::Malformed),
    }
}

fn role(claims: &Claims, issuer: &IssuerSettings) -> Result<Role, IdentityError> {
    let Some(claim) = &issuer.role_claim else {
        return Ok(Role::Editor);
    };
    let values = texts(claims, claim).into_iter();
    let roles = values.filter_map(|value| issuer.roles.get(value).copied());
    roles.max().ok_or(IdentityError::NoRole)
}

/// The text or texts of a claim, which may stand within others, as in `realm_access.roles`. Anything else is no text.
fn texts<'a>(claims: &'a Claims, name: &str) -> Vec<&'a str> {
    let within = |name: &str| {
        let mut parts = name.split('.');
        let outermost = claims.get(parts.next()?)?;
        parts.try_fold(outermost, |outer, part| outer.get(part))
    };
    match claims.get(name).or_else(|| within(name)) {
        Some(Json::String(text)) => vec![text],
        Some(Json::Array(values)) => values.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn issuer() -> IssuerSettings {
        serde_json::from_value(json!({
            "url": "https://id.example",
            "audience": "roadbook",
            "organisations": { "latvia": "LV", "commission": "COM", "riga": "LV" },
            "role_claim": "realm_access.roles",
            "roles": { "roadbook-read": "reader", "roadbook-edit": "editor" },
        }))
        .unwrap()
    }

    fn read(claims: Json, named: Option<&str>) -> Result<(Viewer, Role), IdentityError> {
        let Json::Object(mut claims) = claims else {
            panic!("claims are an object")
        };
        claims
            .entry("realm_access")
            .or_insert_with(|| json!({ "roles": ["roadbook-edit"] }));
        claims.entry("sub").or_insert_with(|| json!("p1"));
        viewer(&claims, &issuer(), named)
    }

    fn organisation(claims: Json, named: Option<&str>) -> Result<String, IdentityError> {
        read(claims, named).map(|(viewer, _)| viewer.organisation)
    }

    #[test]
    fn a_listed_value_is_the_organisation_and_others_mean_nothing() {
        assert_eq!(
            organisation(json!({ "org": "latvia" }), None).unwrap(),
            "LV"
        );
        let among_others = json!({ "org": ["staff", "riga", "latvia"] });
        assert_eq!(organisation(among_others, None).unwrap(), "LV");
    }

    #[test]
    fn a_mapping_that_fits_nobody_is_refused() {
        for claims in [
            json!({}),
            json!({ "org": "estonia" }),
            json!({ "org": [] }),
            json!({ "org": 1 }),
            // The organisation's own key is no value of the claim.
            json!({ "org": "LV" }),
        ] {
            assert_eq!(
                organisation(claims, None),
                Err(IdentityError::NoOrganisation)
            );
        }
    }

    #[test]
    fn a_person_of_two_organisations_names_one() {
        let both = || json!({ "org": ["commission", "latvia"] });
        let keys = vec!["COM".to_owned(), "LV".to_owned()];
        let several = IdentityError::SeveralOrganisations { keys };
        assert_eq!(organisation(both(), None), Err(several));
        assert_eq!(organisation(both(), Some("COM")).unwrap(), "COM");
        let other = organisation(both(), Some("GSC"));
        assert_eq!(other, Err(IdentityError::OtherOrganisation));
    }

    #[test]
    fn the_greatest_role_counts_and_without_one_nobody_is_let_in() {
        let role = |roles: Json| {
            let claims = json!({ "org": "latvia", "realm_access": { "roles": roles } });
            read(claims, None).map(|(_, role)| role)
        };
        assert_eq!(role(json!(["roadbook-read"])), Ok(Role::Reader));
        assert_eq!(
            role(json!(["roadbook-edit", "roadbook-read"])),
            Ok(Role::Editor)
        );
        assert_eq!(role(json!(["staff"])), Err(IdentityError::NoRole));
    }

    #[test]
    fn a_person_is_told_by_issuer_and_subject_and_always_alike() {
        let (viewer, _) = read(json!({ "org": "latvia", "sub": "7f3a" }), None).unwrap();
        // It stands in the log for ever: a change here would make a stranger of everybody.
        assert_eq!(viewer.person.as_deref(), Some("20a69b77c1810978:7f3a"));
    }

    #[test]
    fn a_person_without_a_subject_is_refused() {
        for subject in [
            json!(""),
            json!(1),
            json!(["a", "b"]),
            json!("x".repeat(256)),
        ] {
            let claims = json!({ "org": "latvia", "sub": subject });
            assert_eq!(read(claims, None), Err(IdentityError::Malformed));
        }
    }

    #[test]
    fn a_date_may_have_a_fraction() {
        let read = |value: Json| {
            let mut claims = Claims::new();
            claims.insert("exp".to_owned(), value);
            seconds(&claims, "exp")
        };
        assert_eq!(read(json!(17)), Ok(Some(17)));
        assert_eq!(read(json!(17.9)), Ok(Some(17)));
        assert_eq!(read(json!(-1)), Ok(Some(0)));
        assert_eq!(read(json!("17")), Err(IdentityError::Malformed));
    }
}
