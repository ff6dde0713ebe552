//! Claims about presidencies.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn term(text: &str) -> Term {
    text.parse().unwrap()
}

fn instant(text: &str) -> Instant {
    Instant::from(text.parse::<jiff::Timestamp>().unwrap())
}

#[test]
fn the_latvian_presidency_ends_at_22_utc_on_30_june_2015() {
    let end = instant("2015-06-30T22:00:00Z");
    assert_eq!(term("2015H1").last_instant(), end.previous());
    assert_eq!(term("2015H2").start(), end);
    let holder = |at| holder_on(at).map(|key| key.to_string());
    assert_eq!(holder(end.previous()).as_deref(), Some("2015H1-LV"));
    assert_eq!(holder(end).as_deref(), Some("2015H2-LU"));
}

#[test]
fn a_term_in_winter_ends_at_23_utc() {
    assert_eq!(term("2016H1").start(), instant("2015-12-31T23:00:00Z"));
}

#[test]
fn every_trio_of_the_calendar_is_held_as_published() {
    let trios = [
        ("2010H1", "ES BE HU"),
        ("2011H2", "PL DK CY"),
        ("2013H1", "IE LT EL"),
        ("2014H2", "IT LV LU"),
        ("2016H1", "NL SK MT"),
        ("2017H2", "EE BG AT"),
        ("2019H1", "RO FI HR"),
        ("2020H2", "DE PT SI"),
        ("2022H1", "FR CZ SE"),
        ("2023H2", "ES BE HU"),
        ("2025H1", "PL DK CY"),
        ("2026H2", "IE LT EL"),
        ("2028H1", "IT LV LU"),
        ("2029H2", "NL SK MT"),
    ];
    for (first, holders) in trios {
        let mut at = term(first);
        for holder in holders.split(' ') {
            assert_eq!(presidency_of(at), Some(PresidencyKey::new(at, holder)));
            at = at.next();
        }
    }
    assert_eq!(presidency_of(term("2009H2")), None);
    assert_eq!(presidency_of(term("2031H1")), None);
}

#[test]
fn a_state_that_comes_back_has_two_keys() {
    let first = find("2010H1-ES").unwrap();
    let second = find("2023H2-ES").unwrap();
    assert_eq!(first.holder(), second.holder());
    assert_ne!(first, second);
}

#[test]
fn a_key_with_the_wrong_holder_is_refused_and_the_right_one_is_named() {
    let refused = find("2015H1-LU").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "LU does not hold the Presidency in 2015H1; the presidency of that term is 2015H1-LV"
    );
    assert!(!is_known(&"2015H1-LU".parse().unwrap()));
    assert!(is_known(&"2015H1-LV".parse().unwrap()));
    assert_eq!(
        find("2035H1-LV"),
        Err(PresidencyError::UnknownTerm(term("2035H1")))
    );
}

#[test]
fn the_united_kingdom_was_foreseen_for_2017_until_the_order_was_amended() {
    let before = date(2016, 7, 25);
    let after = date(2016, 7, 26);
    assert_eq!(foreseen(term("2017H2"), before), Some("UK"));
    assert_eq!(foreseen(term("2017H2"), after), Some("EE"));
    assert_eq!(foreseen(term("2018H1"), before), Some("EE"));
    assert_eq!(foreseen(term("2028H2"), before), None);
    assert_eq!(foreseen(term("2015H1"), after), Some("LV"));
}

#[test]
fn what_is_no_key_is_refused_by_its_wrong_part() {
    for text in ["2015H3-LV", "15H1-LV", "2015-LV", "+015H1-LV"] {
        assert!(
            matches!(find(text), Err(PresidencyError::Term(_))),
            "{text}"
        );
    }
    for text in ["2015H1-lv", "2015H1-LVA", "2015H1-"] {
        assert!(
            matches!(find(text), Err(PresidencyError::Code(_))),
            "{text}"
        );
    }
    assert!(matches!(find("2015H1"), Err(PresidencyError::Key(_))));
    assert_eq!(
        find("2014H1-GR").map(|key| key.to_string()),
        Ok("2014H1-EL".to_owned())
    );
}

#[test]
fn keys_sort_by_term_and_are_written_as_one_string() {
    let older = find("2014H2-IT").unwrap();
    let newer = find("2015H1-LV").unwrap();
    assert!(older < newer);
    let written = serde_json::to_string(&newer).unwrap();
    assert_eq!(written, "\"2015H1-LV\"");
    assert_eq!(
        serde_json::from_str::<PresidencyKey>(&written).unwrap(),
        newer
    );
    assert!(serde_json::from_str::<PresidencyKey>("\"2015-LV\"").is_err());
}

proptest! {
    #[test]
    fn every_day_falls_into_the_term_that_spans_it(days in 0_i64..20_000) {
        let day = Instant::from_micros(days * 86_400_000_000).brussels_day();
        let term = Term::of(day);
        prop_assert!(term.first_day() <= day && day <= term.last_day());
        prop_assert_eq!(term.last_instant().next(), term.next().start());
        prop_assert_eq!(term.to_string().parse::<Term>(), Ok(term));
    }
}
