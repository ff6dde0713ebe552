//! Claims about references; the sentences are those of document 6183/2/15 REV 2, lines broken as printed.

use proptest::prelude::*;

use super::*;

/// Every sentence of the document that refers to another one, its own number apart.
const SENTENCES: [&str; 23] = [
    "No. prev. doc.: 9298/5/14",
    "(ECJ decisions C-293/12, C-\n594/12, and C-131/12)",
    "Adopted on 12 May 2014 by \nFAC (9647/14)",
    "Adopted on 27/11/14 by TTE \nCouncil (16200/14)",
    "OJ L 257/73, 28.8.2014 completed Presidency, \nCOM, MS",
    "held in Brussels on 27 \nNovember 2014 (15776/14)",
    "GAC adopted on 24/6/2014. \na decision on the \narrangements for the \nimplementation by the Union \nof the solidarity clause \n(9937/14)",
    "Discussed in FOP on \n22/09/14 (12992/14) and on \n23/02/15",
    "its service catalogue and its \ninformation sharing and \nexchange framework (doc. \n6738/15)",
    "setting up an EU Internet \nReferral Unit at Europol on \n12/03/15 (6891/15). It is \nexpected to become \noperational by 1/7/2015.",
    "JHA Agencies network \npriorities for 2015 (5946/15)",
    "by COM in FOP on 22/09/14 \n(C(2014) 5651 final)",
    "implementation status of Directive \n2013/40/EU on Attacks  Against",
    "European Agenda on \nSecurity (8293/15), setting",
    "national laws compliance with Directive \n2011/93/EU on combating the sexual",
    "Conclusion on 19-20 \nDecember 2013 (EUCO \n217/13).",
    "Adopted by FAC on \n17/11/14 (15585/14).",
    "Market Policy\" (6197/15)",
    "driven economy (11603/14 + \nCOR 1)",
    "Europe\" on 6 May 2015, \n(8672/15).",
    "European industry (8993/15).",
    "EU-Japan Summit on \n29/5/15. (7589/15)",
    "adopted by GAC on 10/2/15 \n(doc. 6122/15)",
];

fn found(text: &str) -> Vec<(ReferenceKind, String)> {
    references(text)
        .into_iter()
        .map(|reference| (reference.kind, reference.normalised))
        .collect()
}

fn only(text: &str) -> Reference {
    let mut all = references(text);
    assert_eq!(all.len(), 1, "{text:?} holds one reference: {all:?}");
    all.remove(0)
}

#[test]
fn the_26_references_of_the_document_are_found_and_typed() {
    let expected = [
        (ReferenceKind::CouncilDocument, "9298/5/14 REV 5"),
        (ReferenceKind::CourtCase, "C-293/12"),
        (ReferenceKind::CourtCase, "C-594/12"),
        (ReferenceKind::CourtCase, "C-131/12"),
        (ReferenceKind::CouncilDocument, "9647/14"),
        (ReferenceKind::CouncilDocument, "16200/14"),
        (ReferenceKind::OfficialJournal, "OJ L 257/73, 28.8.2014"),
        (ReferenceKind::CouncilDocument, "15776/14"),
        (ReferenceKind::CouncilDocument, "9937/14"),
        (ReferenceKind::CouncilDocument, "12992/14"),
        (ReferenceKind::CouncilDocument, "6738/15"),
        (ReferenceKind::CouncilDocument, "6891/15"),
        (ReferenceKind::CouncilDocument, "5946/15"),
        (ReferenceKind::CommissionDocument, "C(2014) 5651 final"),
        (ReferenceKind::LegalAct, "2013/40/EU"),
        (ReferenceKind::CouncilDocument, "8293/15"),
        (ReferenceKind::LegalAct, "2011/93/EU"),
        (ReferenceKind::EuropeanCouncilDocument, "EUCO 217/13"),
        (ReferenceKind::CouncilDocument, "15585/14"),
        (ReferenceKind::CouncilDocument, "6197/15"),
        (ReferenceKind::CouncilDocument, "11603/14"),
        (ReferenceKind::CouncilDocument, "11603/14 COR 1"),
        (ReferenceKind::CouncilDocument, "8672/15"),
        (ReferenceKind::CouncilDocument, "8993/15"),
        (ReferenceKind::CouncilDocument, "7589/15"),
        (ReferenceKind::CouncilDocument, "6122/15"),
    ]
    .map(|(kind, normalised)| (kind, normalised.to_owned()));
    let one_by_one: Vec<_> = SENTENCES.into_iter().flat_map(found).collect();
    assert_eq!(one_by_one, expected);
    assert_eq!(found(&SENTENCES.join("\n\n")), expected);
}

#[test]
fn dates_years_and_paragraphs_are_no_references() {
    for text in [
        "a coalition (04-09/2015)",
        "(call open till 09/2015)",
        "presented at GENVAL on \n29/4/15 \nUK (Jan 2015)",
        "in FOP \non 22/09/14.Next meeting",
        "GAC adopted on 24/6/2014.",
        "OSCE Permanent Council \nDecision 1106/3.12 2013 set \nCBM",
        "2014-2016",
        "organised on 12-13/5/2015 in \nRome",
        "on \n16-17/4/2015. Next one",
        "at FOP on \n8/6/2015 (FR, UK).",
        "Written \ninput by COM on 27/05. \nTechnical meeting on 1/06.",
        "the period 2015-2020",
        "the season 2014/15",
        "(para.44.1.a) (para 29.8) (para. 23.3)",
        "preparatory process of the \nWSIS+10 Review Process",
        "Europol/EC3",
        "- 23/07/14 \n- 29/1/15 at cyber attaches",
        "28.8.2014",
        "",
    ] {
        assert!(found(text).is_empty(), "{text:?}");
    }
}

#[test]
fn a_reference_broken_over_two_lines_is_normalised_to_one() {
    let text = "C-293/12, C-\n594/12";
    let broken = references(text).remove(1);
    assert_eq!(broken.printed, "C-\n594/12");
    assert_eq!(broken.normalised, "C-594/12");
    assert_eq!(&text[broken.range], "C-\n594/12");
}

#[test]
fn a_document_and_its_corrigendum_are_two_references() {
    let both = references("(11603/14 + COR 1 + ADD 2)");
    let printed: Vec<&str> = both.iter().map(|found| found.printed.as_str()).collect();
    assert_eq!(printed, ["11603/14", "COR 1", "ADD 2"]);
    assert_eq!(both[2].normalised, "11603/14 ADD 2");
}

#[test]
fn a_corrigendum_without_a_plus_sign_is_one_reference() {
    assert_eq!(only("see 11603/14 COR 1.").normalised, "11603/14 COR 1");
    assert_eq!(
        only("6183/2/15 REV 2  MK/FR/hm 10").normalised,
        "6183/2/15 REV 2"
    );
}

#[test]
fn a_word_that_lacks_its_number_is_left_out() {
    assert_eq!(only("9647/14 REV and so on").printed, "9647/14");
    assert_eq!(only("9647/14 ADD ").printed, "9647/14");
}

#[test]
fn acts_are_found_by_number_and_by_year() {
    assert_eq!(only("Regulation (EU) 2016/679").normalised, "(EU) 2016/679");
    assert_eq!(only("(EU) No 910/2014").normalised, "(EU) No 910/2014");
    assert_eq!(only("Directive 95/46/EC").normalised, "95/46/EC");
}

#[test]
fn a_page_of_the_official_journal_may_follow_its_date() {
    let found = only("OJ L 257, \n28.8.2014, p. 73.");
    assert_eq!(found.normalised, "OJ L 257, 28.8.2014, p. 73");
}

#[test]
fn documents_of_the_commission_are_found_in_every_series() {
    assert_eq!(only("JOIN(2013) 1 final").normalised, "JOIN(2013) 1 final");
    assert_eq!(only("COM (2013) 48").normalised, "COM(2013) 48");
}

#[test]
fn an_announced_number_may_be_short() {
    assert_eq!(only("(doc. 123/15)").normalised, "123/15");
    assert_eq!(only("PE-CONS 3/16").normalised, "PE-CONS 3/16");
}

fn text() -> impl Strategy<Value = String> {
    let pieces = vec![
        "9647/14",
        "COR 1",
        " + ",
        "EUCO ",
        "C-",
        "594/12",
        "(",
        ")",
        "EU",
        "2013/40/EU",
        "/",
        ".",
        "OJ L 257/73",
        ", ",
        "28.8.2014",
        "COM(2013) 48",
        " final",
        "\n",
        "é",
        "29/4/15",
        " ",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..16).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn references_print_their_ranges_and_never_overlap(text in text()) {
        let mut end = 0;
        for reference in references(&text) {
            prop_assert!(reference.range.start >= end);
            end = reference.range.end;
            prop_assert_eq!(&text[reference.range.clone()], reference.printed.as_str());
        }
    }

    #[test]
    fn any_string_is_searched_without_panic(text in any::<String>()) {
        let _found = references(&text);
    }
}
