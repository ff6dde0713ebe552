//! The bus: what its URL names, and how a server gets on it.
//!
//! It owns the mask of the URL and the choice of the implementation; how a bus works is that one's affair. Invariant: only
//! this file knows which bus there is, and nothing that signs in to it is printed.

use std::fmt;
use std::sync::Arc;

use roadbook_bus_nats::{Address, NatsBus};
use serde::{Deserialize, Serialize};

use crate::database::NO_NODES;
use crate::failure::Failure;
use crate::settings::{MASK, Settings};

/// The URL of a NATS server, or several with commas between them. Whatever stands before an `@` signs in: a user with a
/// password, or a token.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct BusUrl(String);

impl TryFrom<String> for BusUrl {
    type Error = String;

    fn try_from(url: String) -> Result<Self, String> {
        match Address::at(&url) {
            Ok(_) => Ok(Self(url)),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl From<BusUrl> for String {
    fn from(url: BusUrl) -> Self {
        url.to_string()
    }
}

impl fmt::Display for BusUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let masked =
            self.0
                .split(',')
                .map(|url| match (url.split_once("://"), url.rsplit_once('@')) {
                    (Some((scheme, _)), Some((_, place))) => format!("{scheme}://{MASK}@{place}"),
                    _ => url.to_owned(),
                });
        f.write_str(&masked.collect::<Vec<_>>().join(","))
    }
}

impl fmt::Debug for BusUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Gets on the bus of the settings, if one is set. A server that is away is waited for beside the serving.
pub(crate) async fn join(settings: &Settings) -> anyhow::Result<Option<Arc<NatsBus>>> {
    let Some(BusUrl(url)) = &settings.bus else {
        return Ok(None);
    };
    if !settings.database().has_nodes() {
        return Err(Failure::Usage(NO_NODES.to_owned()).into());
    }
    Ok(Some(Arc::new(NatsBus::join(url, &settings.nats).await?)))
}
