//! Development tokens: the secret that signs them, and the token that a client signs in with.
//!
//! It owns where both come from; their form is the transport's affair.
//! Invariant: a token is printed only by the commands whose purpose that is.

use std::time::Duration;

use roadbook_domain::organisation::{self, Organisation};
use roadbook_engine::{Clock as _, RandomIds, SystemClock};
use roadbook_server::{DevelopmentTokens, PreviousSecret, Viewer};

use crate::failure::Failure;
use crate::secret;
use crate::settings::Settings;

/// For how long a token lasts that a command makes for itself.
const OWN_LIFETIME: Duration = Duration::from_hours(24);

/// As whom a command signs in that needs no rights but to read.
const OWN_ORGANISATION: &str = "GSC";

/// The tokens of the secret that is there.
pub(crate) fn existing(settings: &Settings) -> anyhow::Result<DevelopmentTokens> {
    under(&secret::read(&settings.token_secret_file())?)
}

/// The tokens of the secret that is there, or of one that is made now, and of the secret before.
pub(crate) fn existing_or_new(settings: &Settings) -> anyhow::Result<DevelopmentTokens> {
    let file = settings.token_secret_file();
    let tokens = under(&secret::read_or_make(&file, &RandomIds)?)?;
    read_again(&tokens, settings)?;
    Ok(tokens)
}

/// Reads the secret and the one before again, and checks and signs by them from now on.
pub(crate) fn read_again(tokens: &DevelopmentTokens, settings: &Settings) -> anyhow::Result<()> {
    let file = settings.token_secret_file();
    let secret = secret::read(&file)?;
    let changed = secret::changed_at(&file)?;
    let previous = match &settings.token_secret_previous_file {
        // It is there only once the secret was replaced.
        Some(file) if file.try_exists()? => Some(secret::read(file)?),
        _ => None,
    };
    let previous = previous.as_ref().map(|previous| PreviousSecret {
        secret: previous.as_bytes(),
        until: changed.saturating_add(settings.token_secret_previous_s),
    });
    Ok(tokens.replace(secret.as_bytes(), previous)?)
}

fn under(secret: &str) -> anyhow::Result<DevelopmentTokens> {
    let clock = || u64::try_from(SystemClock.now().as_micros() / 1_000_000).unwrap_or_default();
    Ok(DevelopmentTokens::new(secret.as_bytes(), clock)?)
}

/// A token for an organisation, which must be known.
pub(crate) fn sign(
    tokens: &DevelopmentTokens,
    organisation: &str,
    person: Option<&str>,
    lifetime: Duration,
) -> anyhow::Result<String> {
    let viewer = Viewer {
        organisation: known(organisation)?.key.to_owned(),
        person: person.map(str::to_owned),
    };
    Ok(tokens.sign(&viewer, lifetime)?)
}

/// The organisation of a code or name, as it is called today or was before.
pub(crate) fn known(name: &str) -> anyhow::Result<&'static Organisation> {
    let code = organisation::eu_code(name);
    Organisation::by_key(code)
        .or_else(|| organisation::find_ever(code))
        .ok_or_else(|| {
            Failure::Usage(format!(
                "\"{name}\" is no organisation; write LV, COM or GSC"
            ))
            .into()
        })
}

/// What `watch` signs in with.
pub(crate) enum Credentials {
    /// A token that was given.
    Given(String),
    /// A secret by which a fresh token can be made whenever one is needed.
    Signing(Box<DevelopmentTokens>),
}

impl Credentials {
    /// The token that is set, or in the file that is set, or one made with the secret that is at hand.
    pub(crate) fn of(settings: &Settings) -> anyhow::Result<Self> {
        if let Some(token) = &settings.token {
            return Ok(Self::Given(token.reveal().to_owned()));
        }
        if let Some(file) = &settings.token_file {
            return Ok(Self::Given(secret::read(file)?));
        }
        Ok(Self::Signing(Box::new(existing(settings)?)))
    }

    /// A token for the next connection.
    pub(crate) fn token(&self) -> anyhow::Result<String> {
        match self {
            Self::Given(token) => Ok(token.clone()),
            Self::Signing(tokens) => sign(tokens, OWN_ORGANISATION, None, OWN_LIFETIME),
        }
    }

    /// Whether a token that was turned away can be followed by a better one.
    pub(crate) const fn can_renew(&self) -> bool {
        matches!(self, Self::Signing(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_taken_in_both_spellings() {
        assert_eq!(known("GR").unwrap().key, "EL");
        assert_eq!(known("LV").unwrap().key, "LV");
        assert!(known("Atlantis").is_err());
    }
}
