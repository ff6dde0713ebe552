//! The table of rights as a page that a reader can check.
//!
//! It owns the words around the table; every row is taken from the table itself.
//! Invariant: the page says what the code does, since the code writes it.

use std::fmt::Write as _;

use super::{BACKDATING, CORRECTING, Condition, REDACTING, Right};
use crate::capacity::Capacity;
use crate::command_kind::CommandKind;

const ABOVE: &str = "\
# Rights

Who may do what on a road map.
This page is written by the code that decides (`crates/domain/src/rights.rs`), and a test compares the two: change the table there and run `scripts/schema`.

## Capacities

A capacity follows from the organisation, the road map's working party and the day on which a change is *recorded*; the date on which it takes effect plays no part.
When the Presidency passes on at midnight in Brussels, so do the rights.

| Capacity | Held by |
|---|---|
| PRESIDENCY | whoever chairs the working party: the delegation that holds the Presidency of the Council, or a fixed chair |
| SECRETARIAT | the General Secretariat of the Council (GSC), on every road map |
| LEAD | an organisation, for the actions that it leads, beside its other capacity |
| DELEGATION | any other delegation, institution or agency that is a member of the working party |
| OBSERVER | whoever attends the working party and is no member |

Whoever takes no part in the working party has no capacity and may do nothing, whatever an actors cell says.

An action is led by the one organisation that the first line of its actors cell names, in the state as of now.
The first present column of actors counts.
A class such as \"MS\" gives nobody the lead; neither does a list (\"COM, ENISA\"), which does not say which of its members leads; nor does a name with a condition in words (\"COM with ENISA\").
A body in brackets or a unit after a slash names the organisation before it: \"Europol/EC3\" and \"Europol (EC3)\" give Europol the lead.
A unit alone (\"EC3\") does not give it to the organisation of which it is a unit.

## Commands

";

const BELOW: &str = "
A batch is judged command by command, and done whole or not at all.
An event says by which capacity it was allowed; LEAD only where no other capacity allows it.

The directory of organisations and working parties belongs to no road map: the General Secretariat alone edits it.
";

/// The page.
pub fn document() -> String {
    let mut page = ABOVE.to_owned();
    page.push_str("| Command |");
    for capacity in Capacity::ALL {
        // Writing to a string cannot fail.
        let _ = write!(page, " {} |", capacity.as_str());
    }
    page.push_str("\n|---|");
    page.push_str(&"---|".repeat(Capacity::ALL.len()));
    page.push('\n');
    let mut conditions: Vec<Condition> = Vec::new();
    for kind in CommandKind::ALL {
        let name = format!("{}: {}", kind.as_str(), kind.deed());
        let rights = Capacity::ALL.map(|capacity| capacity.right(*kind));
        push_row(&mut page, &name, rights, &mut conditions);
    }
    let name = "*any command*: date it before the day of recording";
    push_row(&mut page, name, BACKDATING, &mut conditions);
    let name =
        "*any command*: date it into a closed presidency, in a batch that issues a corrigendum";
    push_row(&mut page, name, CORRECTING, &mut conditions);
    let name = "*redaction*: take words out of the log for good";
    push_row(&mut page, name, REDACTING, &mut conditions);
    if !conditions.is_empty() {
        page.push_str("\nWhere:\n\n");
    }
    for (index, condition) in conditions.iter().enumerate() {
        let _ = writeln!(page, "{}. {}.", index + 1, condition.sentence());
    }
    page.push_str(BELOW);
    page
}

fn push_row(page: &mut String, name: &str, rights: [Right; 5], conditions: &mut Vec<Condition>) {
    let _ = write!(page, "| {name} |");
    for right in rights {
        let word = match right {
            Right::No => "no".to_owned(),
            Right::Yes => "**yes**".to_owned(),
            Right::If(condition) => {
                let known = conditions.iter().position(|held| *held == condition);
                let index = known.unwrap_or_else(|| {
                    conditions.push(condition);
                    conditions.len() - 1
                });
                format!("where {}", index + 1)
            }
        };
        let _ = write!(page, " {word} |");
    }
    page.push('\n');
}
