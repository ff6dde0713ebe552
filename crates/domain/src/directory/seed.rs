//! The directory as it is before anybody has changed it: the facts from which every log begins.
//!
//! It owns who belongs to which working party at first, as data, and how the tables of `organisation` become events.
//! Invariant: the same program always begins with the same events, in the same order.

use super::MEMBER_STATES;
use super::event::{ChairHolder, DirectoryEvent, MemberRole};
use crate::organisation::{self, OrganisationKind};

/// A working party, and who takes part besides the member states, the Commission and the External Action Service.
struct WorkingParty {
    key: &'static str,
    /// Its chair, if that is not the Presidency.
    chair: Option<&'static str>,
    members: &'static [&'static str],
}

/// Everybody's members.
const EVERYWHERE: &[&str] = &[MEMBER_STATES, "COM", "EEAS"];

/// Not confirmed from a source: which parties a representative of the High Representative chairs (Council Decision
/// 2009/908/EU lists them by group), and that the Commission and the External Action Service attend every one of them.
const WORKING_PARTIES: &[WorkingParty] = &[
    WorkingParty {
        key: "DAPIX",
        chair: None,
        members: &[],
    },
    WorkingParty {
        key: "COHOM",
        chair: Some("EEAS"),
        members: &[],
    },
    WorkingParty {
        key: "TELECOM",
        chair: None,
        members: &[],
    },
    // The agencies are those that the road map of 2015 names as actors. That they are members here is a choice made for
    // the demonstration, so that each of them can read and answer for its own actions; no source says that they were.
    WorkingParty {
        key: "FOP",
        chair: None,
        members: &[
            "EUMS", "ENISA", "EDA", "EUROPOL", "EC3", "EUROJUST", "CEPOL", "EU-LISA", "EASO",
            "EIGE", "EMCDDA", "FRA", "FRONTEX", "CERT-EU", "EUISS",
        ],
    },
    WorkingParty {
        key: "PMG",
        chair: Some("EEAS"),
        members: &[],
    },
    WorkingParty {
        key: "PSC",
        chair: Some("EEAS"),
        members: &[],
    },
    WorkingParty {
        key: "CONUN",
        chair: Some("EEAS"),
        members: &[],
    },
    WorkingParty {
        key: "GENVAL",
        chair: None,
        members: &[],
    },
];

/// The events from which a directory begins.
pub fn seed_events() -> Vec<DirectoryEvent> {
    let mut events = Vec::new();
    for held in organisation::organisations() {
        events.push(DirectoryEvent::OrganisationAdded {
            organisation: held.key.to_owned(),
            kind: held.kind,
            part_of: held.part_of.map(str::to_owned),
        });
        if held.kind == OrganisationKind::Delegation {
            seed_membership(held.key, &mut events);
        }
    }
    for name in organisation::names() {
        events.push(DirectoryEvent::OrganisationNamed {
            organisation: name.key.to_owned(),
            name: name.text.to_owned(),
            from: name.from,
            until: name.until,
        });
    }
    for party in WORKING_PARTIES {
        seed_working_party(party, &mut events);
    }
    events
}

fn seed_membership(key: &str, events: &mut Vec<DirectoryEvent>) {
    let membership = organisation::membership(key);
    events.push(DirectoryEvent::MembershipBegan {
        organisation: key.to_owned(),
        from: membership.and_then(|membership| membership.from),
    });
    let last_day = membership.and_then(|membership| membership.until);
    if let Some(from) = last_day.and_then(|day| day.tomorrow().ok()) {
        events.push(DirectoryEvent::MembershipEnded {
            organisation: key.to_owned(),
            from: Some(from),
        });
    }
}

fn seed_working_party(party: &WorkingParty, events: &mut Vec<DirectoryEvent>) {
    for member in EVERYWHERE.iter().chain(party.members) {
        events.push(DirectoryEvent::MemberAdmitted {
            working_party: party.key.to_owned(),
            member: (*member).to_owned(),
            role: MemberRole::Member,
            from: None,
        });
    }
    if let Some(chair) = party.chair {
        events.push(DirectoryEvent::ChairGiven {
            working_party: party.key.to_owned(),
            chair: ChairHolder::Organisation(chair.to_owned()),
            from: None,
        });
    }
}
