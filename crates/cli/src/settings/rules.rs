//! Rules between settings: what is wrong although every key is known and of the right kind.
//!
//! It owns the rules and their wording; where a setting came from is told by `sources`. Invariant: what passes can be
//! started with, and each of its bounds can be reached.

use serde_json::Value as Json;

use super::{LISTEN, Settings, sources};
use crate::logging;

/// Numbers that may be 0. Any other that is 0 would leave no room for anything.
const MAY_BE_ZERO: &[&str] = &[
    "engine.retries_max",
    "engine.feed_fallbacks_max",
    "engine.past_states_max",
    "engine.recent_states_max",
    "engine.road_map_events_max",
    "engine.road_map_bytes_max",
    "engine.organisation_bytes_max",
    "store.disk_free_min_mib",
    "token_secret_previous_s",
    "identity.leeway_s",
    "server.grace_ms",
    "server.limits.connections_per_address_max",
    "server.limits.caller_operations_per_s",
    "server.limits.address_refusals_per_s",
    "server.limits.sockets_per_caller_max",
    "server.limits.responses_bytes_max",
    "server.limits.address_sockets_max",
    "server.drain_quiet_ms",
];

/// Places that are made at once or counted in few bits: more than so many can be neither used nor had.
const PLACES_MAX: u64 = 1_048_576;

const OF_PLACES: &[&str] = &[
    "audit.queue_entries_max",
    "engine.inbox_edits_max",
    "engine.batch_edits_max",
    "engine.commit_queue_max",
    "engine.commit_appends_max",
    "engine.recent_states_max",
    "engine.feed_batches_max",
    "engine.feed_filtered_batches_max",
    "engine.page_events",
    "engine.bus_appends_max",
    "nats.queue_appends_max",
    "nats.heard_max",
    "traces.spans_waiting_max",
    "store.notify_streams_max",
    "store.wakeups_max",
];

/// The least head of a request that the transport can be held to.
const HEADER_BYTES_MIN: u64 = 8_192;

/// One setting that must not be greater than another, and what would come of it.
const ORDERED: &[(&str, &str, &str)] = &[
    (
        "identity.refresh_min_s",
        "identity.refresh_s",
        "keys would be asked for before that is allowed",
    ),
    (
        "identity.refresh_s",
        "identity.keys_age_max_s",
        "keys would be too old before new ones are fetched",
    ),
    (
        "engine.batch_edits_max",
        "engine.inbox_edits_max",
        "no more edits can be decided together than may wait",
    ),
    (
        "engine.catch_up_wait_ms",
        "server.limits.request_ms",
        "a request would be ended before it has waited so long",
    ),
    (
        "server.limits.sockets_max",
        "server.limits.connections_max",
        "each socket is a connection",
    ),
    (
        "store.lock_timeout_ms",
        "store.statement_timeout_ms",
        "the statement would be ended before its wait for a lock is",
    ),
];

/// Every rule that the settings break, by the key to look at.
pub(super) fn broken(settings: &Settings) -> Vec<(String, String)> {
    let flat = sources::flat(settings);
    let numbers: Vec<(&str, u64)> = flat
        .iter()
        .filter_map(|(key, value)| Some((key.as_str(), Json::as_u64(value)?)))
        .collect();
    let mut found = between_texts(settings);
    found.extend(of_one_number(&numbers));
    found.extend(between_numbers(&numbers));
    found
        .into_iter()
        .map(|(key, message)| (key.to_owned(), message))
        .collect()
}

fn of_one_number<'a>(numbers: &[(&'a str, u64)]) -> Vec<(&'a str, String)> {
    let broken = |(key, value): &(&'a str, u64)| {
        let message = if *value == 0 && !MAY_BE_ZERO.contains(key) {
            "it must be 1 at least".to_owned()
        } else if *value > PLACES_MAX && OF_PLACES.contains(key) {
            format!("it must be {PLACES_MAX} at most")
        } else if *key == "server.limits.header_bytes_max" && *value < HEADER_BYTES_MIN {
            format!("it must be {HEADER_BYTES_MIN} at least")
        } else {
            return None;
        };
        Some((*key, message))
    };
    numbers.iter().filter_map(broken).collect()
}

fn between_numbers(numbers: &[(&str, u64)]) -> Vec<(&'static str, String)> {
    let value = |key: &str| numbers.iter().find(|(found, _)| *found == key);
    let broken = |(lesser, greater, why): &(&'static str, &'static str, &'static str)| {
        let ((_, at_most), (_, value)) = (value(greater)?, value(lesser)?);
        let message = format!("it must not be greater than {greater} = {at_most}: {why}");
        // A bound of 0 is wrong by itself, and would only be told twice.
        (value > at_most && *at_most > 0).then_some((*lesser, message))
    };
    ORDERED.iter().filter_map(broken).collect()
}

fn between_texts(settings: &Settings) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    if let Some(Err(message)) = settings.log.as_deref().map(logging::filter) {
        found.push(("log", message));
    }
    let port = settings.listen.rsplit_once(':').map(|(_, port)| port);
    if port.is_none_or(|port| port.parse::<u16>().is_err()) {
        let listen = &settings.listen;
        let message = format!("\"{listen}\" is no address with a port, as in {LISTEN}");
        found.push(("listen", message));
    }
    let tls = &settings.server.tls;
    if tls.certificate_file.is_some() != tls.key_file.is_some() {
        let message = "a certificate needs its key, and a key its certificate";
        found.push(("server.tls.certificate_file", message.to_owned()));
    }
    if settings.database.is_some() && settings.database_file.is_some() {
        let message = "a database is named besides; leave one of them out";
        found.push(("database_file", message.to_owned()));
    }
    if settings.bus.is_some() && settings.bus_file.is_some() {
        let message = "a bus is named besides; leave one of them out";
        found.push(("bus_file", message.to_owned()));
    }
    if let Err(message) = settings.nats.check() {
        found.push(("nats.prefix", message));
    }
    if let Err(message) = settings.traces.check() {
        found.push(("traces.endpoint", message));
    }
    let issuers = settings.identity.check().into_iter();
    found.extend(issuers.map(|wrong| ("identity.issuers", wrong.to_string())));
    if settings.token.is_some() && settings.token_file.is_some() {
        let message = "a token is given besides; leave one of them out";
        found.push(("token_file", message.to_owned()));
    }
    if settings.token_secret_previous_file.as_ref() == Some(&settings.token_secret_file()) {
        let message =
            "it is the file of the present secret; keep the one before in a file of its own";
        found.push(("token_secret_previous_file", message.to_owned()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken_by(change: impl FnOnce(&mut Settings)) -> Vec<(String, String)> {
        let mut settings = Settings::default();
        change(&mut settings);
        broken(&settings)
    }

    #[test]
    fn the_defaults_break_no_rule() {
        assert_eq!(broken(&Settings::default()), []);
    }

    #[test]
    fn every_key_that_a_rule_names_is_a_setting() {
        let flat = sources::flat(&Settings::default());
        let ordered = ORDERED
            .iter()
            .flat_map(|(lesser, greater, _)| [lesser, greater]);
        for key in MAY_BE_ZERO.iter().chain(OF_PLACES).chain(ordered) {
            let found = flat.iter().find(|(found, _)| found == key);
            assert!(found.is_some_and(|(_, value)| value.is_u64()), "{key}");
        }
    }

    #[test]
    fn a_queue_without_places_or_with_more_than_can_be_had_is_refused() {
        for (places, rule) in [(0, "1 at least"), (usize::MAX, "1048576 at most")] {
            let broken = broken_by(|settings| settings.engine.feed_batches_max = places);
            let [(key, message)] = &broken[..] else {
                panic!("{broken:?}");
            };
            assert_eq!(key, "engine.feed_batches_max");
            assert!(message.contains(rule), "{message}");
        }
    }

    #[test]
    fn a_bound_that_another_one_keeps_out_of_reach_is_refused_with_both_names() {
        let broken = broken_by(|settings| settings.server.limits.connections_max = 100);
        let [(key, message)] = &broken[..] else {
            panic!("{broken:?}");
        };
        assert_eq!(key, "server.limits.sockets_max");
        assert!(
            message.contains("server.limits.connections_max = 100"),
            "{message}"
        );
    }

    #[test]
    fn what_is_wrong_with_an_issuer_is_told_under_its_key() {
        let broken = broken_by(|settings| {
            let issuer = r#"{"url":"https://id.example","audience":"roadbook"}"#;
            settings.identity.issuers = vec![serde_json::from_str(issuer).unwrap()];
        });
        let [(key, message)] = &broken[..] else {
            panic!("{broken:?}");
        };
        assert_eq!(key, "identity.issuers");
        assert!(message.contains("`organisation`"), "{message}");
    }

    #[test]
    fn a_secret_is_not_its_own_predecessor() {
        let broken = broken_by(|settings| {
            settings.token_secret_previous_file = Some(settings.token_secret_file());
        });
        assert_eq!(broken[0].0, "token_secret_previous_file");
    }
}
