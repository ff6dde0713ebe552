//! Claims about actors, most of them prints of the road map of 2015.

use crate::content::{Actor, ActorKind, ActorsContent};

fn shape(actors: &[Actor]) -> Vec<(&str, ActorKind, Option<&str>, Option<&str>)> {
    actors
        .iter()
        .map(|actor| {
            (
                actor.printed.as_str(),
                actor.kind,
                actor.organisation.as_deref(),
                actor.qualifier.as_deref(),
            )
        })
        .collect()
}

fn printed(actors: &[Actor]) -> Vec<&str> {
    actors.iter().map(|actor| actor.printed.as_str()).collect()
}

#[test]
fn the_first_line_leads_and_the_lines_after_it_take_part() {
    let actors = ActorsContent::read("EEAS (COHOM)\nMS, COM");
    assert_eq!(
        shape(actors.lead()),
        [(
            "EEAS (COHOM)",
            ActorKind::Organisation,
            Some("EEAS"),
            Some("COHOM")
        )]
    );
    assert_eq!(
        shape(actors.others()),
        [
            ("MS", ActorKind::Class, None, None),
            ("COM", ActorKind::Organisation, Some("COM"), None),
        ]
    );
}

#[test]
fn the_presidency_is_no_organisation_and_keeps_its_body() {
    let actors = ActorsContent::read("Presidency (TELECOM FoP)\nPcy");
    assert_eq!(
        shape(actors.lead()),
        [(
            "Presidency (TELECOM FoP)",
            ActorKind::Presidency,
            None,
            Some("TELECOM FoP")
        )]
    );
    assert_eq!(actors.others()[0].kind, ActorKind::Presidency);
    assert_eq!(actors.others()[0].identity(), actors.lead()[0].identity());
}

#[test]
fn a_condition_in_words_is_a_qualifier() {
    let actors = ActorsContent::read("Presidency on the basis of MS/EC3 input");
    assert_eq!(
        shape(actors.lead()),
        [(
            "Presidency on the basis of MS/EC3 input",
            ActorKind::Presidency,
            None,
            Some("on the basis of MS/EC3 input")
        )]
    );
}

#[test]
fn a_network_with_its_members_is_one_actor() {
    let line = "JHA Agencies network (CEPOL, EASO, EIGE, EMCDDA, eu-LISA, Eurojust, Europol, FRA and Frontex)";
    let actors = ActorsContent::read(line);
    assert_eq!(printed(actors.lead()), [line]);
    assert_eq!(actors.lead()[0].kind, ActorKind::Class);
    assert_eq!(
        actors.lead()[0].qualifier.as_deref(),
        Some("CEPOL, EASO, EIGE, EMCDDA, eu-LISA, Eurojust, Europol, FRA and Frontex")
    );
}

#[test]
fn missing_commas_and_missing_spaces_are_understood() {
    let lines: [(&str, &[&str]); 6] = [
        (
            "Presidency, ENISA, eu-LISA MS",
            &["Presidency", "ENISA", "eu-LISA", "MS"],
        ),
        (
            "CERT-EU, ENISA COM, eu-LISA",
            &["CERT-EU", "ENISA", "COM", "eu-LISA"],
        ),
        ("ENISA, COM,Europol/EC3", &["ENISA", "COM", "Europol/EC3"]),
        ("Europol,ENISA", &["Europol", "ENISA"]),
        (
            "Private sector, COM, ENISA,  EU-LISA",
            &["Private sector", "COM", "ENISA", "EU-LISA"],
        ),
        ("MS/COM", &["MS", "COM"]),
    ];
    for (line, expected) in lines {
        assert_eq!(
            printed(ActorsContent::read(line).lead()),
            expected,
            "{line:?}"
        );
    }
}

#[test]
fn the_class_with_a_comma_in_its_name_is_one_actor() {
    for line in [
        "MS, EU institutions, agencies and bodies",
        "MS, EU institutions, Agencies and bodies",
    ] {
        let actors = ActorsContent::read(line);
        assert_eq!(actors.lead().len(), 2, "{line:?}");
        assert!(
            actors
                .lead()
                .iter()
                .all(|actor| actor.kind == ActorKind::Class)
        );
    }
}

#[test]
fn a_unit_after_a_slash_qualifies_its_organisation() {
    let actors = ActorsContent::read("Europol/EC3");
    assert_eq!(
        shape(actors.lead()),
        [(
            "Europol/EC3",
            ActorKind::Organisation,
            Some("EUROPOL"),
            Some("EC3")
        )]
    );
}

#[test]
fn a_member_state_named_in_brackets_is_that_delegation() {
    let actors = ActorsContent::read("MS (NL)");
    assert_eq!(
        shape(actors.lead()),
        [("MS (NL)", ActorKind::Organisation, Some("NL"), Some("NL"))]
    );
}

#[test]
fn a_name_that_is_not_known_stays_as_printed() {
    let actors =
        ActorsContent::read("COM (Contact Committee)\nCouncil of Europe (Octopus), IT experts");
    assert_eq!(actors.lead()[0].organisation.as_deref(), Some("COM"));
    assert_eq!(
        shape(actors.others()),
        [
            (
                "Council of Europe (Octopus)",
                ActorKind::Other,
                None,
                Some("Octopus")
            ),
            ("IT experts", ActorKind::Other, None, None),
        ]
    );
}

#[test]
fn brackets_that_never_close_lose_nothing() {
    let actors = ActorsContent::read("COM (Contact, MS");
    assert_eq!(printed(actors.lead()), ["COM (Contact, MS"]);
    assert_eq!(printed(ActorsContent::read(") COM").lead()), [") COM"]);
}
