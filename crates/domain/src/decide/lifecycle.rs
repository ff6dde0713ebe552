//! The life of a road map: opening it, issuing revisions and corrigenda, closing presidencies.
//!
//! It owns the rules on these one-time facts; the moments that they name follow from their stamps.
//! Invariant: each of them happens once.

use super::Outcome;
use super::scratch::{Scratch, Stop};
use super::structure::require_well_formed_name;
use super::value::checked_title;
use crate::command::Command;
use crate::content::check_text;
use crate::directory::is_key;
use crate::document_number::DocumentNumber;
use crate::event::Event;
use crate::identity::RoadMapId;
use crate::presidency::{self, PresidencyKey};
use crate::refusal::Refusal;
use crate::register::Marking;
use crate::revision::Revision;

pub(super) fn decide(scratch: &mut Scratch<'_>, command: &Command) -> Result<Outcome, Stop> {
    match command {
        Command::OpenRoadMap {
            road_map,
            slug,
            title,
            marking,
            working_party,
        } => {
            open(scratch, *road_map, slug, title, *marking)?;
            entrust(scratch, working_party.as_deref())
        }
        Command::IssueRevision { revision } => issue_revision(scratch, revision),
        Command::ClosePresidency { presidency } => close_presidency(scratch, presidency),
        Command::IssueCorrigendum { number } => issue_corrigendum(scratch, number),
        _ => unreachable!("only commands of the road map's life are handed over"),
    }
}

fn open(
    scratch: &mut Scratch<'_>,
    road_map: RoadMapId,
    slug: &str,
    title: &str,
    marking: Marking,
) -> Result<Outcome, Stop> {
    if scratch.head().opened().is_some() {
        return Err(Refusal::AlreadyOpened.into());
    }
    require_well_formed_name(slug)?;
    let event = Event::RoadMapOpened {
        road_map,
        slug: slug.to_owned(),
        title: checked_title(scratch, "road map", title)?,
        marking,
    };
    scratch.emit(event, Vec::new())?;
    Ok(Outcome::Applied)
}

fn entrust(scratch: &mut Scratch<'_>, working_party: Option<&str>) -> Result<Outcome, Stop> {
    if let Some(key) = working_party {
        let working_party = checked_working_party(key)?;
        scratch.emit(Event::RoadMapEntrusted { working_party }, Vec::new())?;
    }
    Ok(Outcome::Applied)
}

/// Whether the directory knows it is for whoever has the directory to say.
pub(super) fn checked_working_party(key: &str) -> Result<String, Stop> {
    if is_key(key) {
        Ok(key.to_owned())
    } else {
        Err(Refusal::WorkingPartyUnknown.into())
    }
}

fn issue_revision(scratch: &mut Scratch<'_>, revision: &Revision) -> Result<Outcome, Stop> {
    let number = revision.number.canonical();
    let issued = scratch.head().revisions();
    if issued
        .iter()
        .any(|(_, held)| held.number == revision.number)
    {
        return Err(Refusal::RevisionIssued(number).into());
    }
    if revision.date > scratch.recorded_at().brussels_day() {
        return Err(Refusal::FutureDate(revision.date).into());
    }
    let cover = &revision.cover;
    let lines = [
        &cover.kind,
        &cover.from,
        &cover.to,
        &cover.language,
        &cover.department,
        &cover.drafters,
        &cover.presidency,
    ];
    let lines = lines.into_iter().flatten().chain(&cover.intro);
    for line in lines {
        check_text(line, scratch.bounds().title_chars_max).map_err(|error| Refusal::Content {
            place: "cover page",
            error,
        })?;
    }
    let revision = Box::new(revision.clone());
    scratch.emit(Event::RevisionIssued { revision }, Vec::new())?;
    Ok(Outcome::Applied)
}

fn issue_corrigendum(scratch: &mut Scratch<'_>, number: &DocumentNumber) -> Result<Outcome, Stop> {
    if number.corrigendum().is_none() {
        return Err(Refusal::NotACorrigendum(number.canonical()).into());
    }
    let issued = scratch.head().corrigenda();
    if issued.iter().any(|(_, held)| *held == number) {
        return Err(Refusal::CorrigendumIssued(number.canonical()).into());
    }
    let number = number.clone();
    scratch.emit(Event::CorrigendumIssued { number }, Vec::new())?;
    Ok(Outcome::Applied)
}

fn close_presidency(
    scratch: &mut Scratch<'_>,
    presidency: &PresidencyKey,
) -> Result<Outcome, Stop> {
    if !presidency::is_known(presidency) {
        return Err(Refusal::UnknownPresidency(presidency.clone()).into());
    }
    let term = presidency.term();
    if scratch.recorded_at() <= term.last_instant() {
        return Err(Refusal::TermNotEnded {
            key: presidency.clone(),
            last_day: term.last_day(),
        }
        .into());
    }
    if scratch.head().seal(presidency).is_some() {
        return Err(Refusal::AlreadyClosed(presidency.clone()).into());
    }
    let presidency = presidency.clone();
    scratch.emit(Event::PresidencyClosed { presidency }, Vec::new())?;
    Ok(Outcome::Applied)
}
