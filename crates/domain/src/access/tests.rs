//! What exists for whom: insiders, outsiders, and what was made PUBLIC.

use jiff::civil::date;

use super::*;

const OPENED: Instant = Instant::from_micros(1_000);
const MADE_PUBLIC: Stamp = Stamp {
    effective: Instant::from_micros(5_000),
    version: Version(7),
};

fn facts(public_since: Option<Stamp>) -> AccessFacts {
    AccessFacts {
        working_party: Some("FOP".to_owned()),
        marking: if public_since.is_some() {
            Marking::Public
        } else {
            Marking::Limite
        },
        public_since,
    }
}

fn sight(organisation: &str, facts: &AccessFacts) -> Sight {
    Sight::of(facts, &Directory::seeded(), organisation, date(2016, 3, 1))
}

#[test]
fn limite_exists_only_for_those_who_take_part() {
    for insider in ["EE", "NL", "UK", "COM", "EEAS", "ENISA", "GSC"] {
        assert_eq!(sight(insider, &facts(None)), Sight::Everything, "{insider}");
    }
    for outsider in ["NATO", "DAPIX", "MS", ""] {
        assert_eq!(sight(outsider, &facts(None)), Sight::Nothing, "{outsider}");
    }
}

#[test]
fn public_opens_to_others_from_the_moment_on_at_which_it_was_made_so() {
    let public = facts(Some(MADE_PUBLIC));
    assert_eq!(sight("EE", &public), Sight::Everything);
    let sight = sight("", &public);
    assert_eq!(sight, Sight::From(MADE_PUBLIC));
    assert!(sight.shows(Version(7), Instant::from_micros(5_000)));
    assert!(!sight.shows(Version(6), Instant::from_micros(9_000)));
    // Known later, but as of a day on which it was not PUBLIC.
    assert!(!sight.shows(Version(9), Instant::from_micros(4_999)));
    assert_eq!(sight.first_version(), Some(Version(7)));
}

#[test]
fn who_took_part_then_and_not_today_sees_nothing() {
    let directory = Directory::seeded();
    let sight = |day| Sight::of(&facts(None), &directory, "UK", day);
    assert_eq!(sight(date(2020, 1, 31)), Sight::Everything);
    assert_eq!(sight(date(2020, 2, 1)), Sight::Nothing);
}

#[test]
fn without_a_working_party_only_secretariat_and_presidency_see_it() {
    let nobodys = AccessFacts {
        working_party: None,
        ..facts(None)
    };
    assert_eq!(sight("GSC", &nobodys), Sight::Everything);
    assert_eq!(sight("NL", &nobodys), Sight::Everything);
    assert_eq!(sight("EE", &nobodys), Sight::Nothing);
}

#[test]
fn a_marking_taken_back_closes_what_was_open() {
    assert!(!Sight::Nothing.shows(Version(9), OPENED));
    assert_eq!(Sight::Nothing.first_version(), None);
    assert_eq!(sight("NATO", &facts(None)), Sight::Nothing);
}
