//! Who is let in: the ways to sign in that a server offers by its settings, and which of them is said loudly.
//!
//! It owns the refusal to serve where callers cannot be told apart; how a token is judged is the transport's affair.
//! Invariant: development tokens are accepted only where the operator has said so, and then a warning is printed.

use std::sync::Arc;

use roadbook_engine::{Clock as _, SystemClock};
use roadbook_server::{DevelopmentTokens, Providers, SignIn};

use crate::failure::Failure;
use crate::settings::Settings;
use crate::{terminal, tokens, trust};

/// Why there is no serving without `--dev` and without an issuer.
const NO_IDENTITY: &str = "no identity provider is set, so it cannot be told who calls: name one under [[identity.issuers]] \
    in roadbook.toml; or `serve --dev` accepts development tokens, by which whoever can read the secret can be anyone";

/// What must not be overlooked.
const WARNING: &str = "WARNING: serving with development tokens. Whoever can read the signing secret can act as any \
    organisation. Do not put a road map in use behind this.";

/// What `config check` says of settings that let nobody in.
pub(crate) const NOBODY: &str = "warning: no identity provider is set under [[identity.issuers]]. `serve` is refused so; \
    `serve --dev` accepts development tokens, by which whoever can read the signing secret can act as any organisation";

/// The ways to sign in to a server.
pub(crate) struct Doors {
    pub(crate) development: Option<Arc<DevelopmentTokens>>,
    providers: Arc<Providers>,
}

impl Doors {
    /// Refuses settings by which nobody could be told apart.
    pub(crate) fn check(settings: &Settings, is_development: bool) -> anyhow::Result<()> {
        if is_development || !settings.identity.issuers.is_empty() {
            return Ok(());
        }
        Err(Failure::Usage(NO_IDENTITY.to_owned()).into())
    }

    /// For those whom identity providers vouch for, and for development for whoever holds the signing secret besides.
    pub(crate) fn open(settings: &Settings, is_development: bool) -> anyhow::Result<Self> {
        Self::check(settings, is_development)?;
        let mut development = None;
        if is_development {
            terminal::say(WARNING);
            development = Some(Arc::new(tokens::existing_or_new(settings)?));
        }
        Ok(Self {
            development,
            providers: providers(settings)?,
        })
    }

    /// What judges the tokens of callers.
    pub(crate) fn sign_in(&self) -> SignIn {
        SignIn::new(Arc::clone(&self.providers), self.development.clone())
    }

    /// Tells where the console asks identity providers for tokens.
    pub(crate) fn console_endpoints(&self) -> impl Fn() -> Vec<String> + Send + Sync + use<> {
        let providers = Arc::clone(&self.providers);
        move || providers.console_endpoints()
    }

    /// Fetches the keys of providers before they are old, for ever.
    pub(crate) fn keep_fresh(&self) -> impl Future<Output = ()> + Send + use<> {
        let providers = Arc::clone(&self.providers);
        async move { providers.keep_fresh().await }
    }
}

fn providers(settings: &Settings) -> anyhow::Result<Arc<Providers>> {
    // Whom the system trusts is read from many files, which nobody needs who asks nobody.
    let tls = if settings.identity.issuers.is_empty() {
        roadbook_server::tls::client([])?
    } else {
        trust::client(settings)?
    };
    let clock = || u64::try_from(SystemClock.now().as_micros() / 1_000_000).unwrap_or_default();
    Ok(Arc::new(Providers::new(&settings.identity, &tls, clock)))
}
