//! Claims about revisions and presidencies: one-time facts that name a moment.

use jiff::civil::date;

use super::scenario::*;
use crate::capacity::Capacity;
use crate::command::Command;
use crate::decide::Outcome;
use crate::document_number::DocumentNumber;
use crate::presidency::{PresidencyKey, Term};
use crate::refusal::Refusal;
use crate::register::Stamp;
use crate::revision::{Cover, Revision};
use crate::time::{Date, Instant};

fn number(text: &str) -> DocumentNumber {
    text.parse().unwrap()
}

fn revision(text: &str, date: Date) -> Revision {
    Revision {
        number: number(text),
        date,
        previous_document: Some(number("9298/5/14 REV 5")),
        supersedes: None,
        cover: Cover::default(),
    }
}

fn issue(revision: &Revision) -> Command {
    let revision = Box::new(revision.clone());
    Command::IssueRevision { revision }
}

fn close(key: &str) -> Command {
    let presidency = key.parse().unwrap();
    Command::ClosePresidency { presidency }
}

fn june() -> Scenario {
    Scenario::with(&[A]).clock(Instant::start_of_day(date(2015, 6, 20)))
}

fn latvian() -> Term {
    "2015H1".parse().unwrap()
}

#[test]
fn a_revision_names_the_moment_at_which_it_went_out() {
    let issued_on = Instant::end_of_day(date(2015, 6, 5));
    let second = revision("6183/2/15 REV 2", date(2015, 6, 5));
    let map = june().edit(When::At(issued_on), issue(&second));
    let version = map.version();
    let state = map.state(NOW);
    let moment = Stamp {
        effective: issued_on,
        version,
    };
    assert_eq!(state.revisions(), [(moment, &second)]);
}

#[test]
fn a_number_is_used_once_however_it_is_printed() {
    let day = date(2015, 6, 5);
    let map = june().edit(NOW, issue(&revision("6183/2/15 REV 2", day)));
    let refusal = Refusal::RevisionIssued("6183/2/15 REV 2".to_owned());
    for print in ["6183/2/15 REV 2", "6183/2/15", "ST 06183/2/15"] {
        map.when(NOW, issue(&revision(print, day)))
            .refused_as(&refusal);
        map.when(on(1), issue(&revision(print, day)))
            .refused_as(&refusal);
    }
    map.when(NOW, issue(&revision("6183/3/15 REV 3", day)))
        .accepted_as(Outcome::Applied);
    let third = [
        issue(&revision("6183/3/15 REV 3", day)),
        issue(&revision("6183/3/15", day)),
    ];
    map.when(NOW, third)
        .refused_as(&Refusal::RevisionIssued("6183/3/15 REV 3".to_owned()));
}

#[test]
fn a_revision_is_not_dated_after_today() {
    let today = date(2015, 6, 20);
    let tomorrow = date(2015, 6, 21);
    june()
        .when(NOW, issue(&revision("6183/2/15", tomorrow)))
        .refused_as(&Refusal::FutureDate(tomorrow));
    june()
        .when(NOW, issue(&revision("6183/2/15", today)))
        .accepted_as(Outcome::Applied);
}

#[test]
fn a_cover_page_is_checked_like_any_text() {
    let mut marked = revision("6183/2/15", date(2015, 6, 5));
    marked.cover.intro = vec!["SECRET UE/EU SECRET".to_owned()];
    let mut controlled = revision("6183/2/15", date(2015, 6, 5));
    controlled.cover.from = Some("Presi\u{8}dency".to_owned());
    for bad in [marked, controlled] {
        let refusal = june().when(NOW, issue(&bad)).refused();
        assert!(
            matches!(
                refusal,
                Refusal::Content {
                    place: "cover page",
                    ..
                }
            ),
            "{refusal:?}"
        );
    }
}

#[test]
fn a_presidency_is_closed_only_after_its_last_instant() {
    let last = latvian().last_instant();
    let map = june().clock(last);
    map.when(NOW, close("2015H1-LV"))
        .refused_as(&Refusal::TermNotEnded {
            key: PresidencyKey::new(latvian(), "LV"),
            last_day: date(2015, 6, 30),
        });
    let map = june()
        .clock(last.next())
        .when(NOW, close("2015H1-LV"))
        .accepted_as(Outcome::Applied);
    let key = PresidencyKey::new(latvian(), "LV");
    let seal = map.state(NOW).seal(&key).unwrap();
    assert_eq!(seal.version, map.version());
    assert_eq!(map.state(NOW).seals(), [(key, seal)]);
}

#[test]
fn the_end_of_a_term_is_judged_by_the_clock_and_not_by_the_date_of_the_edit() {
    let map = june();
    let within = When::At(Instant::end_of_day(date(2015, 6, 19)));
    let refusal = map.when(within, close("2015H1-LV")).refused();
    assert!(matches!(refusal, Refusal::TermNotEnded { .. }));
    let after = map.clock(Instant::start_of_day(date(2015, 7, 2)));
    let end = When::At(latvian().last_instant());
    after
        .when(end, close("2015H1-LV"))
        .accepted_as(Outcome::Applied);
}

#[test]
fn a_presidency_is_closed_once() {
    let after = june().clock(latvian().last_instant().next());
    let key = PresidencyKey::new(latvian(), "LV");
    let map = after.edit(NOW, close("2015H1-LV"));
    map.when(NOW, close("2015H1-LV"))
        .refused_as(&Refusal::AlreadyClosed(key.clone()));
    let end = When::At(latvian().last_instant());
    let again = [correct("6183/2/15 COR 1"), close("2015H1-LV")];
    map.when(end, again)
        .refused_as(&Refusal::AlreadyClosed(key));
}

#[test]
fn a_presidency_that_nobody_held_is_unknown() {
    let after = june().clock(latvian().last_instant().next());
    for key in ["2015H1-LU", "1999H1-DE"] {
        let refusal = Refusal::UnknownPresidency(key.parse().unwrap());
        after.when(NOW, close(key)).refused_as(&refusal);
    }
}

fn correct(number: &str) -> Command {
    Command::IssueCorrigendum {
        number: number.parse().unwrap(),
    }
}

/// The Latvian presidency is closed in July 2015, with a cell set in May.
fn closed() -> Scenario {
    let may = Instant::end_of_day(date(2015, 5, 20));
    Scenario::with(&[A])
        .clock(Instant::start_of_day(date(2015, 7, 3)))
        .edit(When::At(may), set(A, "as reported in May"))
        .edit(NOW, close("2015H1-LV"))
}

#[test]
fn a_closed_presidency_is_changed_by_a_corrigendum_of_the_secretariat_only() {
    let june = When::At(Instant::end_of_day(date(2015, 6, 1)));
    let map = closed();
    let refusal = Refusal::PresidencyClosed {
        key: "2015H1-LV".parse().unwrap(),
        sealed_by: map.version(),
    };
    map.when(june, set(A, "corrected")).refused_as(&refusal);
    let batch = || [set(A, "corrected"), correct("6183/2/15 REV 2 COR 1")];
    map.when(june, batch())
        .by(Capacity::Presidency)
        .refused_as(&refusal);
    let map = map.edit(june, batch());
    assert_eq!(map.shown(june, A), "corrected");
    let issued = map.state(NOW);
    let numbers: Vec<String> = issued
        .corrigenda()
        .into_iter()
        .map(|(_, number)| number.to_string())
        .collect();
    assert_eq!(numbers, ["6183/2/15 REV 2 COR 1"]);
}

#[test]
fn the_last_instant_of_a_closed_term_is_sealed_and_the_next_one_is_not() {
    let last = latvian().last_instant();
    let refused = closed().when(When::At(last), set(A, "late")).refused();
    assert!(
        matches!(refused, Refusal::PresidencyClosed { .. }),
        "{refused}"
    );
    closed()
        .when(When::At(last.next()), set(A, "in July"))
        .by(Capacity::Presidency)
        .accepted_as(Outcome::Applied);
}

#[test]
fn what_lies_before_a_closed_term_is_sealed_with_it() {
    let earlier = When::At(Instant::end_of_day(date(2014, 3, 1)));
    let refused = closed().when(earlier, set(A, "earlier")).refused();
    assert!(
        matches!(refused, Refusal::PresidencyClosed { .. }),
        "{refused}"
    );
}

#[test]
fn a_corrigendum_is_called_so_and_issued_once() {
    let map = closed();
    map.when(NOW, correct("6183/2/15 REV 2"))
        .refused_as(&Refusal::NotACorrigendum("6183/2/15 REV 2".to_owned()));
    map.edit(NOW, correct("6183/2/15 REV 2 COR 1"))
        .when(NOW, correct("ST 06183/2/15 COR 1"))
        .refused_as(&Refusal::CorrigendumIssued(
            "6183/2/15 REV 2 COR 1".to_owned(),
        ));
}
