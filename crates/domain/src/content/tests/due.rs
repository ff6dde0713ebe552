//! Claims about deadlines.

use jiff::civil::date;
use proptest::prelude::*;

use crate::content::{DueContent, DueKind, DueTerm};
use crate::time::Date;

fn one(printed: &str) -> DueTerm {
    let due = DueContent::read(printed);
    assert_eq!(due.terms().len(), 1, "{printed:?} is one term");
    due.terms()[0]
}

fn assert_dated(printed: &str, kind: DueKind, from: Date, to: Date) {
    let expected = DueTerm {
        kind,
        from: Some(from),
        to: Some(to),
    };
    assert_eq!(one(printed), expected, "{printed:?}");
}

#[test]
fn months_are_read_in_every_print() {
    for printed in [
        "September 2015",
        "September2015",
        "Sept. 2015",
        "sep 2015",
        "09/2015",
        "2015-09",
        "mid-September 2015",
        "end of September 2015",
    ] {
        assert_dated(printed, DueKind::Month, date(2015, 9, 1), date(2015, 9, 30));
    }
}

#[test]
fn days_are_read_in_every_print() {
    for printed in [
        "12 May 2014",
        "12th of May 2014",
        "May 12, 2014",
        "12/05/2014",
        "12/5/14",
        "12.5.2014",
        "2014-05-12",
    ] {
        assert_dated(printed, DueKind::Day, date(2014, 5, 12), date(2014, 5, 12));
    }
    assert_dated(
        "28.8.2014",
        DueKind::Day,
        date(2014, 8, 28),
        date(2014, 8, 28),
    );
    assert_dated(
        "2015-06-05",
        DueKind::Day,
        date(2015, 6, 5),
        date(2015, 6, 5),
    );
}

#[test]
fn parts_of_a_year_are_read_in_every_print() {
    for printed in [
        "Q3 2015",
        "3rd quarter 2015",
        "third quarter of 2015",
        "2015Q3",
        "Q3/2015",
    ] {
        assert_dated(
            printed,
            DueKind::Quarter,
            date(2015, 7, 1),
            date(2015, 9, 30),
        );
    }
    for printed in [
        "first half of 2015",
        "1st half-year 2015",
        "H1 2015",
        "2015H1",
    ] {
        assert_dated(
            printed,
            DueKind::HalfYear,
            date(2015, 1, 1),
            date(2015, 6, 30),
        );
    }
    for printed in ["2015", "end of 2015", "end 2015", "mid-2015", "in 2015"] {
        assert_dated(printed, DueKind::Year, date(2015, 1, 1), date(2015, 12, 31));
    }
}

#[test]
fn ranges_borrow_what_they_leave_unsaid() {
    let ranges = [
        ("2014-2016", date(2014, 1, 1), date(2016, 12, 31)),
        ("2014 – 2016", date(2014, 1, 1), date(2016, 12, 31)),
        ("July-September 2015", date(2015, 7, 1), date(2015, 9, 30)),
        (
            "July to September 2015",
            date(2015, 7, 1),
            date(2015, 9, 30),
        ),
        ("Q1-Q3 2015", date(2015, 1, 1), date(2015, 9, 30)),
        ("12-13/5/2015", date(2015, 5, 12), date(2015, 5, 13)),
        ("1-3/5/2015", date(2015, 5, 1), date(2015, 5, 3)),
        ("16-17 April 2015", date(2015, 4, 16), date(2015, 4, 17)),
        ("30 June - 1 July 2015", date(2015, 6, 30), date(2015, 7, 1)),
    ];
    for (printed, from, to) in ranges {
        assert_dated(printed, DueKind::Range, from, to);
    }
}

#[test]
fn by_a_date_has_only_an_end() {
    let term = one("by July 2015");
    assert_eq!((term.from, term.to), (None, Some(date(2015, 7, 31))));
    let term = one("before the end of 2015");
    assert_eq!((term.from, term.to), (None, Some(date(2015, 12, 31))));
}

#[test]
fn states_are_read_in_every_print() {
    for printed in [
        "On-going",
        "ongoing",
        "on-going",
        "on going",
        "On\u{2011}going",
    ] {
        assert!(DueContent::read(printed).is_ongoing(), "{printed:?}");
    }
    assert!(DueContent::read("completed").is_completed());
    assert!(DueContent::read("Completed.").is_completed());
}

#[test]
fn what_is_not_understood_keeps_its_print_and_has_no_term() {
    for printed in [
        "when possible",
        "31 June 2015",
        "13/2015",
        "Q5 2015",
        "summer 2015",
        "2016-2014",
        "not completed",
        "2015 or later",
    ] {
        let due = DueContent::read(printed);
        assert!(due.terms().is_empty(), "{printed:?}");
        assert_eq!(due.printed(), printed);
        assert!(!due.overdue(date(2100, 1, 1)));
    }
}

#[test]
fn several_dates_are_several_terms_and_the_last_one_counts() {
    for printed in ["July 2015\nDecember 2015", "July 2015, December 2015"] {
        let due = DueContent::read(printed);
        assert_eq!(due.terms().len(), 2, "{printed:?}");
        assert_eq!(due.last_day(), Some(date(2015, 12, 31)));
        assert!(!due.overdue(date(2015, 8, 1)));
        assert!(due.overdue(date(2016, 1, 1)));
    }
}

#[test]
fn may_2015_is_overdue_in_june_and_not_on_its_last_day() {
    let due = DueContent::read("May 2015");
    assert!(!due.overdue(date(2015, 5, 31)));
    assert!(due.overdue(date(2015, 6, 5)));
}

#[test]
fn work_that_is_done_or_goes_on_is_never_overdue() {
    for printed in ["May 2015\ncompleted", "May 2015\nOn-going"] {
        assert!(!DueContent::read(printed).overdue(date(2020, 1, 1)));
    }
}

#[test]
fn dated_deadlines_sort_before_states() {
    let printed = [
        "completed",
        "when possible",
        "On-going",
        "2015",
        "July 2015",
        "May 2015",
    ];
    let mut deadlines: Vec<DueContent> = printed.iter().copied().map(DueContent::read).collect();
    deadlines.sort_by_key(DueContent::order);
    let sorted: Vec<&str> = deadlines.iter().map(DueContent::printed).collect();
    assert_eq!(
        sorted,
        [
            "May 2015",
            "July 2015",
            "2015",
            "On-going",
            "when possible",
            "completed"
        ]
    );
}

proptest! {
    #[test]
    fn every_day_is_read_back_from_its_prints(
        year in 1950_i16..2150, month in 1_i8..=12, day in 1_i8..=28,
    ) {
        let expected = date(year, month, day);
        for printed in [
            format!("{year:04}-{month:02}-{day:02}"),
            format!("{day}.{month}.{year}"),
            format!("{day:02}/{month:02}/{year}"),
        ] {
            let due = DueContent::read(printed);
            prop_assert_eq!(due.last_day(), Some(expected));
            prop_assert_eq!(due.terms().len(), 1);
        }
    }
}
