//! The merge of actors by members.
//!
//! It owns which changes of members go together; how a print falls into actors is `content`'s affair.
//! Invariant: a clean result, read again, names exactly the members that both changes leave.

use super::Merged;
use crate::content::{Actor, ActorsContent};

/// Merges two changes of actors by members: who was added, removed, moved between lead and others, or qualified anew.
///
/// The order is that of `theirs`, and members that only `yours` adds follow at the end of their line.
/// A member that both changed differently overlaps, and so does a lead that one side took away
/// while the other changed the leads in another way.
/// The result is one line of leads and one line of others.
pub fn merge_actors(base: &ActorsContent, theirs: &ActorsContent, yours: &ActorsContent) -> Merged {
    if theirs == yours || yours == base {
        return Merged::Clean(theirs.printed().to_owned());
    }
    if theirs == base {
        return Merged::Clean(yours.printed().to_owned());
    }
    let (base, theirs, yours) = (members(base), members(theirs), members(yours));
    let distinct = [&base, &theirs, &yours]
        .into_iter()
        .all(|side| is_distinct(side));
    if !distinct || leads_collide(&base, &theirs, &yours) || is_reordered(&base, &yours) {
        return Merged::Overlap;
    }
    let Some(merged) = united(&base, &theirs, &yours) else {
        return Merged::Overlap;
    };
    let printed = print(&merged);
    if is_read_as(&printed, &merged) {
        Merged::Clean(printed)
    } else {
        Merged::Overlap
    }
}

/// An actor in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Member {
    identity: String,
    leads: bool,
    printed: String,
}

fn members(content: &ActorsContent) -> Vec<Member> {
    let leads = content.lead().iter().map(|actor| member(actor, true));
    let others = content.others().iter().map(|actor| member(actor, false));
    leads.chain(others).collect()
}

fn member(actor: &Actor, leads: bool) -> Member {
    // White space within a print is no change that two authors could quarrel about.
    let words: Vec<&str> = actor.printed.split_whitespace().collect();
    Member {
        identity: actor.identity().to_owned(),
        leads,
        printed: words.join(" "),
    }
}

fn find<'a>(members: &'a [Member], identity: &str) -> Option<&'a Member> {
    members.iter().find(|member| member.identity == identity)
}

/// An actor named twice in one cell has no one place, so nothing can be said of how it changed.
fn is_distinct(members: &[Member]) -> bool {
    let mut identities: Vec<&str> = members
        .iter()
        .map(|member| member.identity.as_str())
        .collect();
    identities.sort_unstable();
    identities.windows(2).all(|pair| pair[0] != pair[1])
}

fn leads(members: &[Member]) -> Vec<&str> {
    let mut leads: Vec<&str> = members
        .iter()
        .filter(|member| member.leads)
        .map(|member| member.identity.as_str())
        .collect();
    leads.sort_unstable();
    leads
}

fn leads_collide(base: &[Member], theirs: &[Member], yours: &[Member]) -> bool {
    let (base, theirs, yours) = (leads(base), leads(theirs), leads(yours));
    let changed_differently = theirs != base && yours != base && theirs != yours;
    let taken_away = base
        .iter()
        .any(|lead| !theirs.contains(lead) || !yours.contains(lead));
    changed_differently && taken_away
}

/// Whether `yours` changed the order of members it kept: the result has the order of the other side.
fn is_reordered(base: &[Member], yours: &[Member]) -> bool {
    let kept = |from: &[Member], of: &[Member]| -> Vec<String> {
        from.iter()
            .filter(|member| {
                find(of, &member.identity).is_some_and(|same| same.leads == member.leads)
            })
            .map(|member| member.identity.clone())
            .collect()
    };
    kept(base, yours) != kept(yours, base)
}

/// The members that both changes leave, or nothing if both changed one member differently.
fn united(base: &[Member], theirs: &[Member], yours: &[Member]) -> Option<Vec<Member>> {
    let mut kept = Vec::new();
    let mut appended = Vec::new();
    let added = yours
        .iter()
        .filter(|member| find(theirs, &member.identity).is_none());
    for member in theirs.iter().chain(added) {
        let old = find(base, &member.identity);
        let by_them = find(theirs, &member.identity);
        let by_you = find(yours, &member.identity);
        let left = if by_them == by_you || by_you == old {
            by_them
        } else if by_them == old {
            by_you
        } else {
            return None;
        };
        let Some(left) = left else { continue };
        let in_their_place = by_them.is_some_and(|theirs| theirs.leads == left.leads);
        if in_their_place {
            kept.push(left.clone());
        } else {
            appended.push(left.clone());
        }
    }
    kept.append(&mut appended);
    Some(kept)
}

fn print(members: &[Member]) -> String {
    let line = |leads: bool| -> String {
        let printed: Vec<&str> = members
            .iter()
            .filter(|member| member.leads == leads)
            .map(|member| member.printed.as_str())
            .collect();
        printed.join(", ")
    };
    let (leads, others) = (line(true), line(false));
    if others.is_empty() {
        leads
    } else {
        format!("{leads}\n{others}")
    }
}

/// Whether the print names these members again: without a lead, or with names that only together are one, it does not.
fn is_read_as(printed: &str, expected: &[Member]) -> bool {
    let has_lead_or_is_empty = expected.is_empty() || expected.iter().any(|member| member.leads);
    let read = members(&ActorsContent::read(printed));
    has_lead_or_is_empty
        && read.len() == expected.len()
        && expected.iter().all(|member| read.contains(member))
}
