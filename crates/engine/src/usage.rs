//! What a road map takes up in the log, and whether it may take up more.
//!
//! It owns the count and the quotas. The count is a projection like the state beside which it is kept: folded from events,
//! kept in snapshots, and never asked of the log. Invariant: it counts every event once, whoever recorded it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::recorded::RecordedEvent;
use crate::settings::Settings;

/// What was recorded of a road map. The number of its events is the version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Bytes of the payloads of all events.
    pub bytes: u64,
    /// Those of the events that each organisation recorded, by its code.
    pub by_organisation: BTreeMap<Arc<str>, u64>,
}

/// What is bounded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quota {
    /// The events of a road map.
    RoadMapEvents,
    /// The bytes of a road map.
    RoadMapBytes,
    /// The bytes that the organisation of that code recorded in a road map.
    OrganisationBytes(String),
}

/// An edit that would go beyond a quota.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("with this edit {quota} would be {would_be}, and {} = {max} allows no more", .quota.setting())]
pub struct QuotaExceeded {
    /// Which quota.
    pub quota: Quota,
    /// What would be recorded with the edit.
    pub would_be: u64,
    /// The bound.
    pub max: u64,
}

impl Usage {
    /// Counts one more event.
    pub(crate) fn add(&mut self, recorded: &RecordedEvent) {
        self.bytes += recorded.payload_bytes;
        let organisation = recorded.author.organisation.as_str();
        // Nearly always the organisation is there already, and its name need not be made once more.
        if let Some(bytes) = self.by_organisation.get_mut(organisation) {
            *bytes += recorded.payload_bytes;
        } else {
            let organisation = Arc::from(organisation);
            self.by_organisation
                .insert(organisation, recorded.payload_bytes);
        }
    }

    /// Refuses an edit by which a quota would be exceeded: what is there is never held against an edit that adds nothing.
    pub(crate) fn check(
        &self,
        edit: &Addition<'_>,
        settings: &Settings,
    ) -> Result<(), QuotaExceeded> {
        let by_organisation = self.by_organisation.get(edit.organisation);
        let quotas = [
            (
                Quota::RoadMapEvents,
                edit.events_before + edit.events,
                settings.road_map_events_max,
            ),
            (
                Quota::RoadMapBytes,
                self.bytes + edit.bytes,
                settings.road_map_bytes_max,
            ),
            (
                Quota::OrganisationBytes(edit.organisation.to_owned()),
                by_organisation.copied().unwrap_or_default() + edit.bytes,
                settings.organisation_bytes_max,
            ),
        ];
        let exceeded = quotas
            .into_iter()
            .find(|(_, would_be, max)| *max > 0 && would_be > max);
        match exceeded.filter(|_| edit.events > 0) {
            None => Ok(()),
            Some((quota, would_be, max)) => Err(QuotaExceeded {
                quota,
                would_be,
                max,
            }),
        }
    }
}

/// What an edit would add.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addition<'a> {
    /// The code of the organisation that records it.
    pub(crate) organisation: &'a str,
    /// The events that are there already.
    pub(crate) events_before: u64,
    /// The events that it adds.
    pub(crate) events: u64,
    /// The bytes of their payloads.
    pub(crate) bytes: u64,
}

impl Quota {
    /// The setting that bounds it.
    pub const fn setting(&self) -> &'static str {
        match self {
            Self::RoadMapEvents => "engine.road_map_events_max",
            Self::RoadMapBytes => "engine.road_map_bytes_max",
            Self::OrganisationBytes(_) => "engine.organisation_bytes_max",
        }
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RoadMapEvents => f.write_str("the events of the road map"),
            Self::RoadMapBytes => f.write_str("the bytes recorded of the road map"),
            Self::OrganisationBytes(code) => {
                write!(f, "the bytes recorded by {code} of the road map")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage() -> Usage {
        Usage {
            bytes: 100,
            by_organisation: BTreeMap::from([(Arc::from("LV"), 40), (Arc::from("GSC"), 60)]),
        }
    }

    const EDIT: Addition<'_> = Addition {
        organisation: "LV",
        events_before: 7,
        events: 2,
        bytes: 10,
    };

    fn settings(events: u64, bytes: u64, of_organisation: u64) -> Settings {
        Settings {
            road_map_events_max: events,
            road_map_bytes_max: bytes,
            organisation_bytes_max: of_organisation,
            ..Settings::default()
        }
    }

    #[test]
    fn what_just_fits_is_taken_and_one_more_is_refused_by_name() {
        assert_eq!(usage().check(&EDIT, &settings(9, 110, 50)), Ok(()));
        for (bounds, setting, would_be) in [
            (settings(8, 110, 50), "engine.road_map_events_max = 8", "9"),
            (
                settings(9, 109, 50),
                "engine.road_map_bytes_max = 109",
                "110",
            ),
            (
                settings(9, 110, 49),
                "engine.organisation_bytes_max = 49",
                "LV",
            ),
        ] {
            let refused = usage().check(&EDIT, &bounds).unwrap_err().to_string();
            assert!(
                refused.contains(setting) && refused.contains(would_be),
                "{refused}"
            );
        }
    }

    #[test]
    fn a_quota_of_0_is_none() {
        assert_eq!(usage().check(&EDIT, &settings(0, 0, 0)), Ok(()));
    }

    #[test]
    fn an_edit_that_adds_nothing_is_never_refused() {
        let nothing = Addition {
            events: 0,
            bytes: 0,
            ..EDIT
        };
        assert_eq!(usage().check(&nothing, &settings(1, 1, 1)), Ok(()));
    }

    #[test]
    fn the_quota_of_an_organisation_is_its_own() {
        let other = Addition {
            organisation: "EE",
            ..EDIT
        };
        assert_eq!(usage().check(&other, &settings(0, 0, 49)), Ok(()));
    }
}
