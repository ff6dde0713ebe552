//! The directory as of a day, and what may be done to it.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;

const TODAY: Date = Date::constant(2016, 3, 1);

fn changed(commands: &[DirectoryCommand]) -> Directory {
    let (_, directory) = decide_directory(&Directory::seeded(), commands, "GSC", TODAY).unwrap();
    directory
}

fn refused(command: DirectoryCommand) -> DirectoryRefusal {
    let refusals = decide_directory(&Directory::seeded(), &[command], "GSC", TODAY).unwrap_err();
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    assert_eq!(refusals[0].0, Some(0));
    refusals[0].1.clone()
}

fn admit(
    working_party: &str,
    member: &str,
    role: MemberRole,
    from: Option<Date>,
) -> DirectoryCommand {
    DirectoryCommand::AdmitMember {
        working_party: working_party.to_owned(),
        member: member.to_owned(),
        role,
        from,
    }
}

fn withdraw(working_party: &str, member: &str, from: Option<Date>) -> DirectoryCommand {
    DirectoryCommand::WithdrawMember {
        working_party: working_party.to_owned(),
        member: member.to_owned(),
        from,
    }
}

fn add(key: &str, kind: OrganisationKind) -> DirectoryCommand {
    DirectoryCommand::AddOrganisation {
        organisation: key.to_owned(),
        kind,
        part_of: None,
        name: format!("The {key}"),
    }
}

#[test]
fn the_seed_says_of_every_day_what_the_tables_say() {
    let directory = Directory::seeded();
    for day in [
        date(2013, 6, 30),
        date(2013, 7, 1),
        date(2020, 1, 31),
        date(2020, 2, 1),
    ] {
        let table: Vec<&str> = crate::organisation::members_on(day)
            .map(|it| it.key)
            .collect();
        assert_eq!(directory.members_on(day), table, "{day}");
        for held in crate::organisation::organisations() {
            let names: Vec<&str> = held.names_on(day).collect();
            assert_eq!(
                directory.names_on(held.key, day),
                names,
                "{} {day}",
                held.key
            );
        }
    }
    assert_eq!(directory.members_on(date(2015, 6, 5)).len(), 28);
}

#[test]
fn ms_means_the_members_on_the_day_that_is_asked_for() {
    let directory = Directory::seeded();
    let on = |day| directory.participation("UK", Some("FOP"), day);
    assert_eq!(on(date(2015, 6, 5)), Participation::Member);
    assert_eq!(on(date(2021, 6, 5)), Participation::Outsider);
    let croatia = |day| directory.participation("HR", Some("FOP"), day);
    assert_eq!(croatia(date(2013, 6, 30)), Participation::Outsider);
    assert_eq!(croatia(date(2013, 7, 1)), Participation::Member);
}

#[test]
fn the_presidency_chairs_and_a_fixed_chair_does_so_always() {
    let directory = Directory::seeded();
    let on = |organisation, party, day| directory.participation(organisation, Some(party), day);
    assert_eq!(on("LV", "FOP", date(2015, 6, 30)), Participation::Chair);
    assert_eq!(on("LV", "FOP", date(2015, 7, 1)), Participation::Member);
    assert_eq!(on("LU", "FOP", date(2015, 7, 1)), Participation::Chair);
    for party in ["PSC", "COHOM", "CONUN", "PMG"] {
        assert_eq!(on("EEAS", party, date(2015, 6, 30)), Participation::Chair);
        assert_eq!(on("LV", party, date(2015, 6, 30)), Participation::Member);
    }
}

#[test]
fn a_road_map_of_no_working_party_has_secretariat_and_presidency() {
    let directory = Directory::seeded();
    let on = |organisation| directory.participation(organisation, None, TODAY);
    assert_eq!(on("GSC"), Participation::Member);
    assert_eq!(on("NL"), Participation::Chair);
    assert_eq!(on("EE"), Participation::Outsider);
    assert_eq!(on("COM"), Participation::Outsider);
}

#[test]
fn a_member_is_one_from_the_day_named_to_the_day_before_it_is_withdrawn() {
    let observer = MemberRole::Observer;
    let directory = changed(&[
        add("NATO", OrganisationKind::Body),
        admit("FOP", "NATO", observer, Some(date(2016, 3, 10))),
        withdraw("FOP", "NATO", Some(date(2016, 3, 20))),
    ]);
    let on = |day| directory.participation("NATO", Some("FOP"), date(2016, 3, day));
    assert_eq!(on(9), Participation::Outsider);
    assert_eq!(on(10), Participation::Observer);
    assert_eq!(on(19), Participation::Observer);
    assert_eq!(on(20), Participation::Outsider);
}

#[test]
fn the_greater_of_two_roles_counts() {
    let directory = changed(&[admit("FOP", "EE", MemberRole::Observer, None)]);
    let as_state = directory.participation("EE", Some("FOP"), TODAY);
    assert_eq!(as_state, Participation::Member);
    let directory = changed(&[
        admit("FOP", "EE", MemberRole::Observer, None),
        withdraw("FOP", MEMBER_STATES, None),
    ]);
    let on = |organisation| directory.participation(organisation, Some("FOP"), TODAY);
    assert_eq!(on("EE"), Participation::Observer);
    assert_eq!(on("LV"), Participation::Outsider);
    assert_eq!(on("GSC"), Participation::Member);
}

#[test]
fn a_later_name_is_the_short_one_from_its_day_on() {
    let directory = changed(&[DirectoryCommand::NameOrganisation {
        organisation: "CEPOL".to_owned(),
        name: "Police College".to_owned(),
        from: Some(date(2016, 7, 1)),
        until: None,
    }]);
    assert_eq!(directory.name_on("CEPOL", date(2016, 6, 30)), "CEPOL");
    assert_eq!(
        directory.name_on("CEPOL", date(2016, 7, 1)),
        "Police College"
    );
    assert_eq!(directory.name_on("EASO", date(2022, 1, 18)), "EASO");
    assert_eq!(directory.name_on("EASO", date(2022, 1, 19)), "EUAA");
}

#[test]
fn a_new_working_party_is_chaired_by_the_presidency_until_told_otherwise() {
    let new = add("HWPCI", OrganisationKind::WorkingParty);
    let directory = changed(std::slice::from_ref(&new));
    let chair = |directory: &Directory| directory.chair_on(Some("HWPCI"), TODAY);
    assert_eq!(chair(&directory).as_deref(), Some("NL"));
    let fixed = DirectoryCommand::GiveChair {
        working_party: "HWPCI".to_owned(),
        chair: ChairHolder::Organisation("COM".to_owned()),
        from: None,
    };
    assert_eq!(chair(&changed(&[new, fixed])).as_deref(), Some("COM"));
}

#[test]
fn only_the_secretariat_changes_the_directory() {
    let command = [admit("FOP", "COM", MemberRole::Member, None)];
    for asker in ["NL", "COM", "", "gsc"] {
        let refusals = decide_directory(&Directory::seeded(), &command, asker, TODAY).unwrap_err();
        assert_eq!(refusals, [(None, DirectoryRefusal::NotSecretariat)]);
    }
}

#[test]
fn what_is_so_already_gives_no_event() {
    let commands = [
        admit("FOP", "COM", MemberRole::Member, None),
        DirectoryCommand::BeginMembership {
            organisation: "LV".to_owned(),
            from: None,
        },
    ];
    let (events, _) = decide_directory(&Directory::seeded(), &commands, "GSC", TODAY).unwrap();
    assert_eq!(events, []);
}

#[test]
fn what_cannot_be_is_refused_with_the_fact() {
    use DirectoryRefusal as R;
    let member = MemberRole::Member;
    let long = "X".repeat(33);
    let missing = R::OrganisationNotFound("NATO".to_owned());
    assert_eq!(refused(admit("FOP", "NATO", member, None)), missing);
    let party = R::NotAWorkingParty("COM".to_owned());
    assert_eq!(refused(admit("COM", "EE", member, None)), party);
    let nowhere = R::CannotTakePart("DAPIX".to_owned());
    assert_eq!(refused(admit("FOP", "DAPIX", member, None)), nowhere);
    assert!(matches!(
        refused(withdraw("DAPIX", "ENISA", None)),
        R::NotAMember { .. }
    ));
    assert!(matches!(
        refused(add("COM", OrganisationKind::Body)),
        R::KeyTaken(_)
    ));
    assert!(matches!(
        refused(add("MS", OrganisationKind::Body)),
        R::MalformedKey(_)
    ));
    assert!(matches!(
        refused(add("nato", OrganisationKind::Body)),
        R::MalformedKey(_)
    ));
    assert!(matches!(
        refused(add(&long, OrganisationKind::Body)),
        R::MalformedKey(_)
    ));
    assert_eq!(
        refused(add("NATO", OrganisationKind::Delegation)),
        R::MalformedCode
    );
    let far = Some(date(2090, 1, 1));
    assert!(matches!(
        refused(admit("FOP", "COM", member, far)),
        R::DayOutOfRange(_)
    ));
    let backwards = DirectoryCommand::NameOrganisation {
        organisation: "COM".to_owned(),
        name: "EC".to_owned(),
        from: Some(TODAY),
        until: Some(date(2015, 1, 1)),
    };
    assert!(matches!(refused(backwards), R::EndsBeforeItBegins { .. }));
    let commission = DirectoryCommand::EndMembership {
        organisation: "COM".to_owned(),
        from: None,
    };
    assert!(matches!(refused(commission), R::NotADelegation(_)));
}

#[test]
fn a_batch_is_refused_whole_with_every_reason_and_within_its_bound() {
    let seeded = Directory::seeded();
    let bad = admit("FOP", "NATO", MemberRole::Member, None);
    let good = admit("DAPIX", "ENISA", MemberRole::Member, None);
    let batch = [bad.clone(), good.clone(), bad];
    let refusals = decide_directory(&seeded, &batch, "GSC", TODAY).unwrap_err();
    let indexes: Vec<_> = refusals.iter().map(|(index, _)| *index).collect();
    assert_eq!(indexes, [Some(0), Some(2)]);
    let many = vec![good; 201];
    for batch in [&[][..], &many] {
        let refusals = decide_directory(&seeded, batch, "GSC", TODAY).unwrap_err();
        assert_eq!(refusals[0].0, None);
    }
}

proptest! {
    /// Whatever is admitted and withdrawn in whatever order: on each day that holds which was said from the latest day on,
    /// and of two for one day the one said last.
    #[test]
    fn a_day_is_judged_by_the_latest_day_before_it(
        changes in prop::collection::vec((1_i8..28, prop::option::of(any::<bool>())), 0..40),
        asked in 1_i8..29,
    ) {
        let mut directory = Directory::seeded();
        for (day, role) in &changes {
            let from = Some(date(2016, 2, *day));
            let working_party = "DAPIX".to_owned();
            let member = "ENISA".to_owned();
            directory.evolve(&match role {
                Some(reads) => DirectoryEvent::MemberAdmitted {
                    working_party,
                    member,
                    role: if *reads { MemberRole::Observer } else { MemberRole::Member },
                    from,
                },
                None => DirectoryEvent::MemberWithdrawn { working_party, member, from },
            });
        }
        let mut latest = None;
        for (day, role) in &changes {
            if *day <= asked && latest.is_none_or(|(held, _)| held <= *day) {
                latest = Some((*day, *role));
            }
        }
        let expected = match latest {
            Some((_, Some(true))) => Participation::Observer,
            Some((_, Some(false))) => Participation::Member,
            Some((_, None)) | None => Participation::Outsider,
        };
        let found = directory.participation("ENISA", Some("DAPIX"), date(2016, 2, asked));
        prop_assert_eq!(found, expected);
    }
}
