//! What clients of a random history want: intents, and the commands that they become for whoever read a state.
//!
//! It owns the weights and the words; when an edit takes effect and what comes of it is `history`'s affair.
//! Invariant: an intent is numbers only, so that a failing history shrinks and can be played again.

use proptest::prelude::*;
use roadbook_domain::{
    ActionId, AmendmentId, ColumnId, Command, ContentKind, FieldId, Outline, Parent, State,
    StrandId, Thing,
};
use uuid::Uuid;

/// One edit of a history.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) intents: Vec<Intent>,
    pub(crate) when: When,
    pub(crate) reading: Reading,
    /// By a delegation, which may not date its edits.
    pub(crate) delegation: bool,
    /// If a removal would hide something, its author accepts to hide it.
    pub(crate) hiding: bool,
}

/// From when on an edit is so.
#[derive(Clone, Copy, Debug)]
pub(crate) enum When {
    Now,
    /// So many days behind the day that the story has reached.
    Back(i64),
}

/// What the client read before: at which version, and as of when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// How many batches the client lags behind.
    pub(crate) behind: usize,
    pub(crate) moment: Moment,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    /// As of the instant at which the edit takes effect.
    OfTheEdit,
    Live,
    On(i64),
}

/// What is wanted, with three numbers that pick things and words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Intent {
    what: What,
    one: u8,
    two: u8,
    three: u8,
}

#[derive(Clone, Copy, Debug)]
enum What {
    SetCell,
    Share,
    Unshare,
    AddAction,
    AddStrand,
    AddField,
    AddColumn,
    MoveAction,
    MoveStrand,
    MoveColumn,
    Remove,
    Restore,
    Retitle,
    SetOrPropose,
    Propose,
    Withdraw,
    Accept,
    AcceptAsOwn,
    Decline,
}

const WEIGHTS: [(What, usize); 19] = [
    (What::SetCell, 9),
    (What::Share, 6),
    (What::Unshare, 3),
    (What::AddAction, 4),
    (What::AddStrand, 1),
    (What::AddField, 1),
    (What::AddColumn, 1),
    (What::MoveAction, 6),
    (What::MoveStrand, 2),
    (What::MoveColumn, 1),
    (What::Remove, 5),
    (What::Restore, 6),
    (What::Retitle, 2),
    (What::SetOrPropose, 2),
    (What::Propose, 6),
    (What::Withdraw, 1),
    (What::Accept, 4),
    (What::AcceptAsOwn, 1),
    (What::Decline, 1),
];

/// Histories short enough to shrink well and long enough to tangle.
pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 6..=24)
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let intents = prop_oneof![
        6 => prop::collection::vec(intent(), 1),
        2 => prop::collection::vec(intent(), 2),
        1 => prop::collection::vec(intent(), 3),
    ];
    let when = prop_oneof![
        2 => Just(When::Now),
        9 => (0..4_i64).prop_map(When::Back),
    ];
    let moment = prop_oneof![
        7 => Just(Moment::OfTheEdit),
        2 => Just(Moment::Live),
        1 => (0..DAYS).prop_map(Moment::On),
    ];
    let behind = prop_oneof![3 => Just(0_usize), 2 => 1..4_usize];
    let reading = (behind, moment).prop_map(|(behind, moment)| Reading { behind, moment });
    let delegation = prop::bool::weighted(0.15);
    (intents, when, reading, delegation, any::<bool>()).prop_map(
        |(intents, when, reading, delegation, hiding)| Step {
            intents,
            when,
            reading,
            delegation,
            hiding,
        },
    )
}

/// How many days the story of a history goes through.
pub(crate) const DAYS: i64 = 12;

fn intent() -> impl Strategy<Value = Intent> {
    let whats: Vec<What> = WEIGHTS
        .into_iter()
        .flat_map(|(what, weight)| std::iter::repeat_n(what, weight))
        .collect();
    let numbers = any::<(u8, u8, u8)>();
    (prop::sample::select(whats), numbers).prop_map(|(what, (one, two, three))| Intent {
        what,
        one,
        two,
        three,
    })
}

/// Ids for new things, the same in every run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ids(u128);

impl Ids {
    pub(crate) fn fresh(&mut self) -> Uuid {
        self.0 += 1;
        // An odd factor mixes the order of ids, so that no rule can lean on it.
        let mixed = self
            .0
            .wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
        Uuid::from_u128(mixed)
    }
}

/// What a client sees of the road map that it read.
pub(crate) struct Seen<'a> {
    state: &'a State,
    outline: Outline,
    fields: Vec<FieldId>,
    strands: Vec<StrandId>,
    actions: Vec<ActionId>,
}

impl<'a> Seen<'a> {
    pub(crate) fn of(state: &'a State) -> Self {
        let outline = Outline::of(state);
        Self {
            state,
            fields: outline.fields.iter().map(|field| field.id).collect(),
            strands: outline.strands().map(|strand| strand.id).collect(),
            actions: outline.actions().collect(),
            outline,
        }
    }

    /// The command that the intent becomes; none if there is nothing that it could be about.
    pub(crate) fn command(&self, intent: Intent, ids: &mut Ids) -> Option<Command> {
        let Intent {
            what,
            one,
            two,
            three,
        } = intent;
        match what {
            What::SetCell | What::SetOrPropose | What::Propose => self.cell(intent, ids),
            What::Withdraw | What::Accept | What::AcceptAsOwn | What::Decline => {
                self.decided(what, one, three)
            }
            What::Share => self.share(one, two, three),
            What::Unshare => self.unshare(one),
            What::AddAction | What::AddStrand | What::AddField | What::AddColumn => {
                self.add(intent, ids)
            }
            What::MoveAction => {
                let thing = Thing::Action(pick(&self.actions, one)?);
                self.moved(thing, Parent::Strand(pick(&self.strands, two)?), three)
            }
            What::MoveStrand => {
                let thing = Thing::Strand(pick(&self.strands, one)?);
                self.moved(thing, Parent::Field(pick(&self.fields, two)?), three)
            }
            What::MoveColumn => {
                let thing = Thing::Column(pick(&self.outline.columns, one)?);
                self.moved(thing, Parent::Columns, three)
            }
            What::Remove => Some(Command::Remove {
                thing: self.present(one, two)?,
                hiding: Vec::new(),
            }),
            What::Restore => {
                let removed: Vec<Thing> = self
                    .state
                    .places()
                    .map(|(thing, _, _)| thing)
                    .filter(|thing| self.state.is_removed(*thing))
                    .collect();
                let thing = pick(&removed, one)?;
                Some(Command::Restore { thing })
            }
            What::Retitle => {
                let thing = self.present(one, two)?;
                let title = revised_words(self.state.title(thing), three);
                Some(Command::Retitle { thing, title })
            }
        }
    }

    /// A text for a cell: set, set or proposed, or proposed.
    fn cell(&self, intent: Intent, ids: &mut Ids) -> Option<Command> {
        // Most edits meet in a few cells: elsewhere stale readers would hardly ever write the same one.
        let few = |count: usize| count.min(if intent.one < 200 { 1 } else { usize::MAX });
        let columns = &self.outline.columns;
        let column = pick(&columns[..few(columns.len())], intent.one)?;
        let action = pick(&self.actions[..few(self.actions.len())], intent.two)?;
        let content = self.revised(column, action, intent.three);
        Some(match intent.what {
            What::SetCell => Command::SetCell {
                column,
                action,
                content,
            },
            What::SetOrPropose => Command::SetCellOrPropose {
                column,
                action,
                content,
                amendment: AmendmentId(ids.fresh()),
            },
            _ => Command::ProposeAmendment {
                amendment: AmendmentId(ids.fresh()),
                column,
                action,
                content,
            },
        })
    }

    /// What becomes of an amendment that was read.
    fn decided(&self, what: What, one: u8, by: u8) -> Option<Command> {
        let seen: Vec<AmendmentId> = self.state.amendments().map(|held| held.id).collect();
        let amendment = pick(&seen, one)?;
        let held = self.state.amendment(amendment)?;
        Some(match what {
            What::Withdraw => Command::WithdrawAmendment { amendment },
            What::Decline => Command::DeclineAmendment {
                amendment,
                reason: "one two three".to_owned(),
            },
            What::Accept => Command::AcceptAmendment {
                amendment,
                content: None,
            },
            _ => Command::AcceptAmendment {
                amendment,
                content: Some(self.revised(held.column, held.action, by)),
            },
        })
    }

    fn add(&self, intent: Intent, ids: &mut Ids) -> Option<Command> {
        let id = ids.fresh();
        let title = "one two three four".to_owned();
        Some(match intent.what {
            What::AddAction => {
                let strand = pick(&self.strands, intent.one)?;
                let before = self.sibling(Parent::Strand(strand), intent.two);
                Command::AddAction {
                    action: ActionId(id),
                    strand,
                    wording: title,
                    before: before.map(|thing| ActionId(thing.uuid())),
                }
            }
            What::AddStrand => Command::AddStrand {
                strand: StrandId(id),
                field: pick(&self.fields, intent.one)?,
                title,
                source: None,
                before: None,
            },
            What::AddField => Command::AddField {
                field: FieldId(id),
                title,
                before: pick(&self.fields, intent.one),
            },
            _ => Command::AddColumn {
                column: ColumnId(id),
                key: format!("column-{}", id.simple()),
                heading: title,
                kind: ContentKind::Text,
                footnote: None,
                before: pick(&self.outline.columns, intent.one),
            },
        })
    }

    fn share(&self, one: u8, two: u8, three: u8) -> Option<Command> {
        let column = pick(&self.outline.columns, one)?;
        let position = self
            .outline
            .position(Thing::Action(pick(&self.actions, two)?))?;
        let siblings = &self.outline.strand(position)?.actions;
        let first = position.action.min(siblings.len().checked_sub(2)?);
        let span = 2 + usize::from(three) % 2;
        let last = siblings.len().min(first + span);
        Some(Command::ShareCells {
            column,
            actions: siblings[first..last].to_vec(),
            content: self.revised(column, siblings[first], three),
        })
    }

    fn unshare(&self, one: u8) -> Option<Command> {
        let mut shared = Vec::new();
        for column in &self.outline.columns {
            for action in &self.actions {
                let run = self.outline.run(self.state, *column, *action);
                if run.is_some_and(|run| run.span > 1) {
                    shared.push((*column, *action));
                }
            }
        }
        let (column, action) = pick(&shared, one)?;
        Some(Command::UnshareCells { column, action })
    }

    fn moved(&self, thing: Thing, under: Parent, before: u8) -> Option<Command> {
        let before = self.sibling(under, before);
        if before == Some(thing) {
            return None;
        }
        Some(Command::Move {
            thing,
            under,
            before,
        })
    }

    /// Something present, an action more often than what holds actions.
    fn present(&self, kind: u8, by: u8) -> Option<Thing> {
        match kind % 8 {
            0..=3 => pick(&self.actions, by).map(Thing::Action),
            4 | 5 => pick(&self.strands, by).map(Thing::Strand),
            6 => pick(&self.outline.columns, by).map(Thing::Column),
            _ => pick(&self.fields, by).map(Thing::Field),
        }
    }

    /// A child before which to stand, or the end.
    fn sibling(&self, parent: Parent, by: u8) -> Option<Thing> {
        let siblings = self.state.children(parent);
        siblings
            .get(usize::from(by) % (siblings.len() + 1))
            .copied()
    }

    /// What the client makes of the cell that it read.
    fn revised(&self, column: ColumnId, action: ActionId, by: u8) -> String {
        const DUES: [&str; 6] = ["July 2015", "On-going", "completed", "2016", "?", ""];
        const OTHERS: [&str; 5] = ["MS", "ENISA", "EDA", "FRA", "CEPOL"];
        let read = self.state.cell(column, action).printed();
        match self.state.column(column) {
            Some((_, ContentKind::Due)) => DUES[usize::from(by) % DUES.len()].to_owned(),
            Some((_, ContentKind::Actors)) => {
                let toggled = OTHERS[usize::from(by) % OTHERS.len()];
                let mut others: Vec<&str> = OTHERS
                    .into_iter()
                    .filter(|other| read.contains(other))
                    .collect();
                if others.contains(&toggled) {
                    others.retain(|other| *other != toggled);
                } else {
                    others.push(toggled);
                }
                format!("COM\n{}", others.join(", "))
            }
            _ => match by {
                0..8 => String::new(),
                8..12 => "?".to_owned(),
                _ => revised_words(read, by),
            },
        }
    }
}

/// The words with one of them replaced, so that two such changes often merge.
fn revised_words(read: &str, by: u8) -> String {
    let mut words: Vec<&str> = read.split(' ').filter(|word| !word.is_empty()).collect();
    if words.len() < 3 {
        words = vec!["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta"];
    }
    let index = usize::from(by) % words.len();
    let word = format!("w{by}");
    words[index] = &word;
    words.join(" ")
}

fn pick<T: Copy>(from: &[T], by: u8) -> Option<T> {
    let index = usize::from(by).checked_rem(from.len())?;
    from.get(index).copied()
}
