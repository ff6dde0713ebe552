//! Claims about who holds which capacity.

use super::*;
use crate::content::ActorsContent;

fn named(printed: &str) -> Option<String> {
    sole_lead(&ActorsContent::read(printed)).map(str::to_owned)
}

fn standing(organisation: &str, participation: Participation) -> Standing<'_> {
    Standing {
        organisation,
        participation,
        recorded_at: Instant::MIN,
    }
}

#[test]
fn the_one_organisation_of_the_first_line_leads() {
    for printed in [
        "COM",
        "COM\nMS, ENISA",
        "COM (Contact Committee)",
        " COM \n",
    ] {
        assert_eq!(named(printed).as_deref(), Some("COM"), "{printed:?}");
    }
    assert_eq!(named("EEAS (COHOM)\nMS, COM").as_deref(), Some("EEAS"));
    assert_eq!(named("MS (NL)").as_deref(), Some("NL"));
    assert_eq!(named("NL delegation").as_deref(), Some("NL"));
}

#[test]
fn a_class_the_presidency_and_an_unknown_name_lead_nothing() {
    for printed in [
        "MS",
        "MS\nCOM",
        "private sector",
        "EU institutions, agencies and bodies",
        "JHA Agencies network (CEPOL, EASO and Frontex)",
        "Presidency",
        "Presidency (DAPIX)",
        "somebody",
        "",
        "\nCOM",
    ] {
        assert_eq!(named(printed), None, "{printed:?}");
    }
}

#[test]
fn a_list_does_not_say_who_leads() {
    for printed in [
        "COM, ENISA",
        "MS, COM",
        "Presidency, COM, MS",
        "MS/COM",
        "ENISA COM",
        "COM and ENISA",
        "COM, ENISA\nMS",
    ] {
        assert_eq!(named(printed), None, "{printed:?}");
    }
}

#[test]
fn a_name_with_a_condition_in_words_leads_nothing() {
    for printed in [
        "ENISA or COM",
        "COM on the basis of MS input",
        "ENISA or COM (DG)",
    ] {
        assert_eq!(named(printed), None, "{printed:?}");
    }
}

#[test]
fn a_unit_counts_for_its_parent_only_where_the_cell_names_both() {
    assert_eq!(named("Europol/EC3").as_deref(), Some("EUROPOL"));
    assert_eq!(named("Europol (EC3)").as_deref(), Some("EUROPOL"));
    assert_eq!(named("EC3").as_deref(), Some("EC3"));
}

#[test]
fn the_role_follows_from_participation_and_the_secretariat_has_its_own() {
    use Participation::{Chair, Member, Observer, Outsider};
    assert_eq!(standing("LV", Outsider).capacity(), None);
    let role = |participation| standing("LV", participation).capacity();
    assert_eq!(role(Observer), Some(Capacity::Observer));
    assert_eq!(role(Member), Some(Capacity::Delegation));
    assert_eq!(role(Chair), Some(Capacity::Presidency));
    for participation in [Outsider, Observer, Member, Chair] {
        let held = standing(SECRETARIAT, participation).capacity();
        assert_eq!(held, Some(Capacity::Secretariat));
    }
}
