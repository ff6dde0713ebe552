//! Claims about organisations.

use jiff::civil::date;

use super::*;

fn keys_on(on: Date) -> Vec<&'static str> {
    members_on(on).map(|member| member.key).collect()
}

#[test]
fn the_28_members_of_2015_stand_in_protocol_order() {
    let expected =
        "BE BG CZ DK DE EE IE EL ES FR HR IT CY LV LT LU HU MT NL AT PL PT RO SI SK FI SE UK";
    assert_eq!(keys_on(date(2015, 6, 5)).join(" "), expected);
}

#[test]
fn croatia_joins_on_the_first_of_july_2013() {
    assert!(!keys_on(date(2013, 6, 30)).contains(&"HR"));
    assert!(keys_on(date(2013, 7, 1)).contains(&"HR"));
}

#[test]
fn the_united_kingdom_is_a_member_until_the_last_of_january_2020() {
    assert!(keys_on(date(2020, 1, 31)).contains(&"UK"));
    assert_eq!(keys_on(date(2020, 2, 1)).len(), 27);
}

#[test]
fn iso_codes_of_greece_and_the_united_kingdom_are_understood() {
    let day = date(2015, 6, 5);
    assert_eq!(find("GR", day).map(|found| found.key), Some("EL"));
    assert_eq!(find("GB", day).map(|found| found.key), Some("UK"));
}

#[test]
fn a_renamed_agency_keeps_its_key() {
    let before = date(2015, 6, 5);
    let after = date(2023, 1, 1);
    let agency = find("EASO", before).unwrap();
    assert_eq!(find("EUAA", after), Some(agency));
    assert_eq!(find("EUAA", before), None);
    assert_eq!(agency.name_on(after), "EUAA");
    assert_eq!(find_ever("euaa"), Some(agency));
}

#[test]
fn a_word_in_small_letters_is_no_delegation() {
    assert_eq!(find_ever("it"), None);
    assert_eq!(find_ever("EU-LISA").map(|found| found.key), Some("EU-LISA"));
}

#[test]
fn every_name_and_membership_belongs_to_an_organisation() {
    let keys = NAMES
        .iter()
        .map(|name| name.key)
        .chain(MEMBERSHIPS.iter().map(|membership| membership.key));
    for key in keys {
        assert!(Organisation::by_key(key).is_some(), "{key}");
    }
}

#[test]
fn no_key_is_used_twice() {
    let mut keys: Vec<_> = organisations()
        .map(|organisation| organisation.key)
        .collect();
    keys.sort_unstable();
    let count = keys.len();
    keys.dedup();
    assert_eq!(keys.len(), count);
}
