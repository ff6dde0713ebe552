//! What an operator sets about identity providers: who is trusted, and what their claims mean here.
//!
//! It does not read files or the environment. Invariant: an issuer vouches for the organisations that it is listed with, and
//! for no other.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::fetch;

/// The identity providers, and how their keys are fetched.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdentitySettings {
    /// Whose tokens are accepted. Default: nobody's.
    pub issuers: Vec<IssuerSettings>,
    /// How far the clocks of an issuer and of this server may differ, for `exp`, `nbf` and `iat`. Default: 30.
    pub leeway_s: u64,
    /// A longer token is refused unread. Default: 16 384.
    pub token_bytes_max: usize,
    /// Wait for one answer of a provider; two are needed for its keys. Default: 5000.
    pub fetch_wait_ms: u64,
    /// The answer of a provider; a longer one is not read. Default: 262 144.
    pub fetch_bytes_max: usize,
    /// Keys of one provider; those beyond it are left out, with a warning. Default: 64.
    pub keys_max: usize,
    /// Time after which a provider's keys are fetched anew, in the background. Default: 900.
    pub refresh_s: u64,
    /// The least time between two fetches from one provider: for a key that is not known, and after a failure.
    /// Default: 10.
    pub refresh_min_s: u64,
    /// For how long keys go on being used while their provider cannot be reached. Default: 86 400.
    pub keys_age_max_s: u64,
}

/// An issuer of tokens, and what its claims mean.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerSettings {
    /// The issuer as its tokens name it by `iss`; its discovery document is at `/.well-known/openid-configuration` below.
    pub url: String,
    /// The audience that its tokens must name by `aud`.
    pub audience: String,
    /// Fetch from it by plain HTTP. Without it only a loopback address may be fetched from so. Default: no.
    #[serde(default)]
    pub allow_http: bool,
    /// The organisation of everybody whom it vouches for, such as `LV`; for a provider of one delegation.
    #[serde(default)]
    pub organisation: Option<String>,
    /// The claim that names a person's organisations, as a text or a list of texts. Default: `org`.
    #[serde(default = "organisation_claim")]
    pub organisation_claim: String,
    /// What the values of that claim mean: the organisation of each. A value that is not listed means nothing.
    #[serde(default)]
    pub organisations: BTreeMap<String, String>,
    /// The claim that tells persons apart. Default: `sub`.
    #[serde(default = "person_claim")]
    pub person_claim: String,
    /// The claim that names a person's roles, as a text or a list of texts. Default: none, and everybody is an editor.
    #[serde(default)]
    pub role_claim: Option<String>,
    /// What the values of that claim mean. A value that is not listed means nothing, and nobody without a role is let in.
    #[serde(default)]
    pub roles: BTreeMap<String, Role>,
    /// How the console signs persons in with it. Default: not at all.
    #[serde(default)]
    pub console: Option<ConsoleClient>,
}

/// The client that the console is at an issuer: a public one, which signs in by the authorisation code flow with PKCE.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ConsoleClient {
    /// By which name the issuer knows the console.
    pub client_id: String,
    /// What it asks for. Default: `openid`.
    #[serde(default = "scope")]
    pub scope: String,
    /// The parameter `resource` (RFC 8707), for an issuer that gives a token for the audience only if it is asked for it.
    #[serde(default)]
    pub resource: Option<String>,
    /// What persons know the issuer by. Default: the host of its address.
    #[serde(default)]
    pub title: Option<String>,
}

/// What a person may ask at all. Rights on a road map come from the organisation, and are judged elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Queries and subscriptions.
    Reader,
    /// Mutations too.
    Editor,
}

/// Why tokens of an issuer cannot be accepted as it is set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// It has no audience, so tokens for any service would be accepted.
    #[error("the issuer {url} needs an `audience`")]
    NoAudience {
        /// The issuer.
        url: String,
    },
    /// Its address cannot be fetched from.
    #[error("the issuer \"{url}\" cannot be asked: {reason}")]
    Address {
        /// The issuer.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It is set twice.
    #[error("the issuer {url} is set twice")]
    Twice {
        /// The issuer.
        url: String,
    },
    /// It vouches for nobody.
    #[error(
        "the issuer {url} needs `organisation`, or `organisations` that say what the values of `{claim}` mean"
    )]
    NoOrganisation {
        /// The issuer.
        url: String,
        /// The claim that would be read.
        claim: String,
    },
    /// It vouches for one organisation, and for those of a claim.
    #[error("the issuer {url} has `organisation` and `organisations`; leave one of them out")]
    BothOrganisations {
        /// The issuer.
        url: String,
    },
    /// The console would sign in there as nobody.
    #[error("the issuer {url} needs a `client_id` under `console`")]
    NoClient {
        /// The issuer.
        url: String,
    },
    /// It names a claim of roles and says of none what it means, or the other way round.
    #[error("the issuer {url} needs `role_claim` and `roles`, or neither")]
    HalfOfRoles {
        /// The issuer.
        url: String,
    },
}

impl Default for IdentitySettings {
    fn default() -> Self {
        Self {
            issuers: Vec::new(),
            leeway_s: 30,
            token_bytes_max: 16_384,
            fetch_wait_ms: 5000,
            fetch_bytes_max: 262_144,
            keys_max: 64,
            refresh_s: 900,
            refresh_min_s: 10,
            keys_age_max_s: 86_400,
        }
    }
}

impl IdentitySettings {
    /// Everything that is wrong with the issuers.
    pub fn check(&self) -> Vec<IssuerError> {
        let twice = self.issuers.iter().enumerate().filter_map(|(at, issuer)| {
            let url = issuer.url.clone();
            let before = &self.issuers[..at];
            before
                .iter()
                .any(|other| other.url == url)
                .then_some(IssuerError::Twice { url })
        });
        let each = self.issuers.iter().flat_map(IssuerSettings::check);
        each.chain(twice).collect()
    }

    pub(super) fn fetch_wait(&self) -> Duration {
        Duration::from_millis(self.fetch_wait_ms)
    }

    pub(super) fn refresh(&self) -> Duration {
        Duration::from_secs(self.refresh_s)
    }

    pub(super) fn refresh_min(&self) -> Duration {
        Duration::from_secs(self.refresh_min_s)
    }

    pub(super) fn keys_age_max(&self) -> Duration {
        Duration::from_secs(self.keys_age_max_s)
    }
}

impl IssuerSettings {
    fn check(&self) -> Vec<IssuerError> {
        let mut wrong = Vec::new();
        let url = || self.url.clone();
        if let Err(error) = fetch::check(&self.url, self.allow_http) {
            let reason = error.to_string();
            wrong.push(IssuerError::Address { url: url(), reason });
        }
        if self.audience.is_empty() {
            wrong.push(IssuerError::NoAudience { url: url() });
        }
        match (self.organisation.is_some(), self.organisations.is_empty()) {
            (false, true) => wrong.push(IssuerError::NoOrganisation {
                url: url(),
                claim: self.organisation_claim.clone(),
            }),
            (true, false) => wrong.push(IssuerError::BothOrganisations { url: url() }),
            (true, true) | (false, false) => {}
        }
        if self.role_claim.is_some() == self.roles.is_empty() {
            wrong.push(IssuerError::HalfOfRoles { url: url() });
        }
        if (self.console.as_ref()).is_some_and(|console| console.client_id.is_empty()) {
            wrong.push(IssuerError::NoClient { url: url() });
        }
        wrong
    }
}

fn organisation_claim() -> String {
    "org".to_owned()
}

fn scope() -> String {
    "openid".to_owned()
}

fn person_claim() -> String {
    "sub".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(issuers: &str) -> Vec<IssuerError> {
        let settings = format!(r#"{{"issuers":[{issuers}]}}"#);
        let settings: IdentitySettings = serde_json::from_str(&settings).unwrap();
        settings.check()
    }

    #[test]
    fn an_issuer_of_one_delegation_needs_no_claim() {
        let issuer = r#"{"url":"https://id.example","audience":"roadbook","organisation":"LV"}"#;
        assert_eq!(wrong(issuer), []);
    }

    #[test]
    fn everything_that_is_wrong_with_an_issuer_is_told() {
        let issuer = r#"{"url":"http://id.example","audience":"","role_claim":"roles",
            "console":{"client_id":""}}"#;
        let wrong = wrong(issuer);
        assert!(matches!(
            &wrong[..],
            [
                IssuerError::Address { .. },
                IssuerError::NoAudience { .. },
                IssuerError::NoOrganisation { .. },
                IssuerError::HalfOfRoles { .. },
                IssuerError::NoClient { .. },
            ]
        ));
    }

    #[test]
    fn an_issuer_set_twice_is_refused() {
        let issuer = r#"{"url":"https://id.example","audience":"a","organisation":"LV"}"#;
        let twice = wrong(&format!("{issuer},{issuer}"));
        assert!(matches!(&twice[..], [IssuerError::Twice { .. }]));
    }

    #[test]
    fn a_misspelt_key_of_an_issuer_is_refused_by_name() {
        let issuer = r#"{"issuers":[{"url":"https://x","audiance":"a"}]}"#;
        let error = serde_json::from_str::<IdentitySettings>(issuer).unwrap_err();
        assert!(error.to_string().contains("audiance"), "{error}");
    }
}
