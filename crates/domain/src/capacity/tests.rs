//! Claims about capacities.

use jiff::civil::date;

use super::*;
use crate::presidency::Term;

const ALL: [Capacity; 3] = [
    Capacity::Presidency,
    Capacity::Secretariat,
    Capacity::Delegation,
];

#[test]
fn the_presidency_passes_on_at_midnight_in_brussels() {
    let term: Term = "2015H1".parse().unwrap();
    let last = term.last_instant();
    assert_eq!(Capacity::of("LV", last), Capacity::Presidency);
    assert_eq!(Capacity::of("LU", last), Capacity::Delegation);
    assert_eq!(Capacity::of("LV", last.next()), Capacity::Delegation);
    assert_eq!(Capacity::of("LU", last.next()), Capacity::Presidency);
}

#[test]
fn the_secretariat_is_so_at_any_time() {
    for year in [1990, 2015, 2028, 2099] {
        let at = Instant::start_of_day(date(year, 3, 1));
        assert_eq!(Capacity::of(SECRETARIAT, at), Capacity::Secretariat);
    }
}

#[test]
fn institutions_and_unknown_codes_are_delegations_without_more_rights() {
    let at = Instant::start_of_day(date(2015, 6, 5));
    for code in ["COM", "EEAS", "FR", "lv", ""] {
        assert_eq!(Capacity::of(code, at), Capacity::Delegation);
    }
    let unknown_term = Instant::start_of_day(date(1990, 1, 1));
    assert_eq!(Capacity::of("LV", unknown_term), Capacity::Delegation);
}

#[test]
fn only_the_presidency_and_the_secretariat_may_backdate() {
    let may: Vec<Capacity> = ALL.into_iter().filter(|held| held.may_backdate()).collect();
    assert_eq!(may, [Capacity::Presidency, Capacity::Secretariat]);
}

#[test]
fn a_capacity_stands_in_the_log_as_in_json() {
    for capacity in ALL {
        let json = serde_json::to_string(&capacity).unwrap();
        assert_eq!(json, format!("\"{}\"", capacity.as_str()));
    }
}
