//! The law of export and import: what is written and read back shows the same, and is written the same again.
//!
//! Random road maps are made by `decide` from random commands, so that removed things, retired columns,
//! split and shared cells, moved rows and several revisions stand in them; texts are made of what YAML stumbles over.

use proptest::prelude::*;
use roadbook_documents::demonstration::SEED;
use roadbook_documents::{Format, export};
use roadbook_domain::revision::Cover;
use roadbook_domain::{
    ActionId, CellContent, ColumnId, Command, ContentKind, Date, FieldId, Marking, Outline, Parent,
    Register, Revision, RoadMapId, StrandId, Thing,
};
use uuid::Uuid;

use crate::opened::{Opened, read};

/// What a road map shows, without ids and stamps.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    slug: String,
    title: String,
    marking: Marking,
    columns: Vec<(String, ContentKind, String, Option<String>)>,
    fields: Vec<(String, Vec<ShownStrand>)>,
    revisions: Vec<Revision>,
}

/// A content, and where the run that shows it begins and how far it spans.
type ShownCell = (CellContent, usize, usize);

#[derive(Debug, PartialEq, Eq)]
struct ShownStrand {
    title: String,
    source: Option<String>,
    /// The wording of each action, and its cells: the content, and the run in which it stands.
    actions: Vec<(String, Vec<ShownCell>)>,
}

fn shown(opened: &Opened) -> Shown {
    let state = &opened.state;
    let outline = opened.outline();
    let columns = outline.columns.iter().map(|column| {
        let (key, kind) = state.column(*column).unwrap();
        let heading = state.title(Thing::Column(*column)).to_owned();
        let footnote = state.note(&Register::Footnote(*column));
        (key.to_owned(), kind, heading, footnote.map(str::to_owned))
    });
    let fields = outline.fields.iter().map(|field| {
        let strands = field.strands.iter().map(|strand| ShownStrand {
            title: state.title(Thing::Strand(strand.id)).to_owned(),
            source: state.note(&Register::Source(strand.id)).map(str::to_owned),
            actions: strand
                .actions
                .iter()
                .map(|action| shown_action(opened, &outline, *action))
                .collect(),
        });
        let title = state.title(Thing::Field(field.id)).to_owned();
        (title, strands.collect())
    });
    Shown {
        slug: state.slug().to_owned(),
        title: state.road_map_title().to_owned(),
        marking: state.marking(),
        columns: columns.collect(),
        fields: fields.collect(),
        revisions: state
            .revisions()
            .into_iter()
            .map(|(_, revision)| revision.clone())
            .collect(),
    }
}

fn shown_action(
    opened: &Opened,
    outline: &Outline,
    action: ActionId,
) -> (String, Vec<(CellContent, usize, usize)>) {
    let state = &opened.state;
    let cells = outline.columns.iter().map(|column| {
        let run = outline.run(state, *column, action).unwrap();
        (state.text(run.slot).clone(), run.first, run.span)
    });
    let wording = state.title(Thing::Action(action)).to_owned();
    (wording, cells.collect())
}

#[track_caller]
fn assert_survives(opened: &Opened) {
    for format in [Format::Yaml, Format::Json] {
        let outline = opened.outline();
        let written = export(&opened.state, &outline, Some("a moment: now"), format);
        let again = Opened::of(&read(written.as_bytes()));
        assert_eq!(shown(opened), shown(&again), "{written}");
        let outline = again.outline();
        let rewritten = export(&again.state, &outline, Some("a moment: now"), format);
        assert_eq!(written, rewritten);
    }
}

/// A random change; the numbers choose among what there is, and what does not fit is refused by `decide`.
#[derive(Clone, Debug)]
enum Change {
    AddField(String),
    AddStrand(usize, String, Option<String>),
    AddAction(usize, usize, String),
    AddColumn(usize, String, Option<String>),
    SetCell(usize, usize, String),
    Share(usize, usize, usize, String),
    Unshare(usize, usize),
    Remove(usize),
    Restore(usize),
    Move(usize, usize, usize),
    Retitle(usize, String),
    Issue(String, Vec<String>),
    Details(String, bool),
}

const COLUMN_KEYS: [&str; 7] = ["progress", "due", "actors", "text", "actions", "null", "y"];

/// Pieces of text that mean something to a parser of YAML, or to the readers of cells.
const PIECES: [&str; 34] = [
    "word",
    " ",
    "\n",
    "\n\n",
    ": ",
    " #",
    "- ",
    "?",
    "'",
    "\"",
    "\\",
    "\t",
    "null",
    "~",
    "true",
    "1e3",
    "2015",
    "0x1F",
    "[",
    "{a: b}",
    "&a",
    "*a",
    "!b",
    "%",
    "@",
    "|",
    ">",
    "---",
    "é",
    "\u{a0}",
    "\u{2028}",
    "July 2015",
    "COM, MS",
    "<<",
];

fn text() -> impl Strategy<Value = String> {
    let pieces = prop::collection::vec(prop::sample::select(PIECES.to_vec()), 1..6);
    pieces.prop_map(|pieces| pieces.concat())
}

fn change() -> impl Strategy<Value = Change> {
    let n = || 0_usize..64;
    let note = || prop::option::of(text());
    prop_oneof![
        1 => text().prop_map(Change::AddField),
        2 => (n(), text(), note()).prop_map(|(f, t, s)| Change::AddStrand(f, t, s)),
        5 => (n(), n(), text()).prop_map(|(s, b, t)| Change::AddAction(s, b, t)),
        2 => (n(), text(), note()).prop_map(|(k, t, f)| Change::AddColumn(k, t, f)),
        6 => (n(), n(), text()).prop_map(|(a, c, t)| Change::SetCell(a, c, t)),
        4 => (n(), n(), n(), text()).prop_map(|(a, l, c, t)| Change::Share(a, l, c, t)),
        1 => (n(), n()).prop_map(|(a, c)| Change::Unshare(a, c)),
        1 => n().prop_map(Change::Remove),
        1 => n().prop_map(Change::Restore),
        2 => (n(), n(), n()).prop_map(|(t, p, b)| Change::Move(t, p, b)),
        1 => (n(), text()).prop_map(|(t, w)| Change::Retitle(t, w)),
        1 => (text(), prop::collection::vec(text(), 0..3)).prop_map(|(c, i)| Change::Issue(c, i)),
        1 => (text(), any::<bool>()).prop_map(|(t, p)| Change::Details(t, p)),
    ]
}

/// A road map under random change.
struct Random {
    opened: Opened,
    day: Date,
    next_id: u128,
    revisions_count: usize,
}

impl Random {
    fn new() -> Self {
        let mut random = Self {
            opened: Opened::default(),
            day: "2015-01-01".parse().unwrap(),
            next_id: 1_000,
            revisions_count: 0,
        };
        random.try_to(Command::OpenRoadMap {
            road_map: RoadMapId(Uuid::from_u128(1)),
            slug: "example".to_owned(),
            title: "Example".to_owned(),
            marking: Marking::Limite,
            working_party: None,
        });
        random
    }

    fn try_to(&mut self, command: Command) {
        self.day = self.day.tomorrow().unwrap();
        // Whatever is refused leaves the road map as it was.
        let _ = self.opened.apply(&[command], self.day);
    }

    fn id(&mut self) -> Uuid {
        self.next_id += 1;
        Uuid::from_u128(self.next_id)
    }

    fn things(&self) -> Vec<Thing> {
        self.opened
            .state
            .places()
            .map(|(thing, _, _)| thing)
            .collect()
    }

    fn column(&self, number: usize) -> Option<ColumnId> {
        let columns = self.opened.outline().columns;
        pick(&columns, number)
    }

    fn action(&self, number: usize) -> Option<ActionId> {
        let actions: Vec<ActionId> = self.opened.outline().actions().collect();
        pick(&actions, number)
    }

    fn strand(&self, number: usize) -> Option<StrandId> {
        let outline = self.opened.outline();
        let strands: Vec<StrandId> = outline.strands().map(|strand| strand.id).collect();
        pick(&strands, number)
    }

    fn field(&self, number: usize) -> Option<FieldId> {
        let outline = self.opened.outline();
        let fields: Vec<FieldId> = outline.fields.iter().map(|field| field.id).collect();
        pick(&fields, number)
    }

    fn apply(&mut self, change: Change) {
        if let Some(command) = self.command(change) {
            self.try_to(command);
        }
    }

    fn command(&mut self, change: Change) -> Option<Command> {
        Some(match change {
            Change::AddField(title) => Command::AddField {
                field: FieldId(self.id()),
                title,
                before: self.field(0),
            },
            Change::AddStrand(field, title, source) => Command::AddStrand {
                strand: StrandId(self.id()),
                field: self.field(field)?,
                title,
                source,
                before: None,
            },
            Change::AddAction(strand, before, wording) => {
                let strand = self.strand(strand)?;
                Command::AddAction {
                    action: ActionId(self.id()),
                    strand,
                    wording,
                    before: self.sibling(strand, before),
                }
            }
            Change::AddColumn(key, heading, footnote) => Command::AddColumn {
                column: ColumnId(self.id()),
                key: COLUMN_KEYS[key % COLUMN_KEYS.len()].to_owned(),
                heading,
                kind: [ContentKind::Text, ContentKind::Due, ContentKind::Actors][key % 3],
                footnote,
                before: None,
            },
            Change::SetCell(action, column, content) => Command::SetCell {
                column: self.column(column)?,
                action: self.action(action)?,
                content,
            },
            Change::Share(action, span, column, content) => Command::ShareCells {
                column: self.column(column)?,
                actions: self.run(action, 2 + span % 3)?,
                content,
            },
            Change::Unshare(action, column) => Command::UnshareCells {
                column: self.column(column)?,
                action: self.action(action)?,
            },
            other => return self.command_on_things(other),
        })
    }

    fn command_on_things(&mut self, change: Change) -> Option<Command> {
        Some(match change {
            Change::Remove(thing) => Command::Remove {
                thing: pick(&self.things(), thing)?,
                hiding: Vec::new(),
            },
            Change::Restore(thing) => {
                let mut removed = self.things();
                removed.retain(|thing| self.opened.state.is_removed(*thing));
                Command::Restore {
                    thing: pick(&removed, thing)?,
                }
            }
            Change::Move(thing, strand, before) => {
                let action = self.action(thing)?;
                let strand = self.strand(strand)?;
                Command::Move {
                    thing: Thing::Action(action),
                    under: Parent::Strand(strand),
                    before: self.sibling(strand, before).map(Thing::Action),
                }
            }
            Change::Retitle(thing, title) => Command::Retitle {
                thing: pick(&self.things(), thing)?,
                title,
            },
            Change::Issue(words, intro) => Command::IssueRevision {
                revision: Box::new(self.revision(words, intro)),
            },
            Change::Details(title, public) => Command::ChangeDetails {
                title: Some(title),
                marking: public.then_some(Marking::Public),
                working_party: None,
            },
            _ => return None,
        })
    }

    fn sibling(&self, strand: StrandId, number: usize) -> Option<ActionId> {
        let outline = self.opened.outline();
        let strand = outline.strands().find(|held| held.id == strand)?;
        strand.actions.get(number % 4).copied()
    }

    fn run(&self, action: usize, span: usize) -> Option<Vec<ActionId>> {
        let outline = self.opened.outline();
        let position = outline.position(Thing::Action(self.action(action)?))?;
        let actions = &outline.strand(position)?.actions;
        Some(
            actions
                .iter()
                .copied()
                .skip(position.action)
                .take(span)
                .collect(),
        )
    }

    fn revision(&mut self, words: String, intro: Vec<String>) -> Revision {
        self.revisions_count += 1;
        let count = self.revisions_count;
        Revision {
            number: format!("06183/{count}/15 REV {count}").parse().unwrap(),
            date: self.day,
            previous_document: (count > 1).then(|| "9298/5/14".parse().unwrap()),
            supersedes: (count > 2).then(|| format!("6183/{}/15", count - 1).parse().unwrap()),
            cover: Cover {
                kind: Some(words.clone()),
                presidency: Some(words),
                intro,
                ..Cover::default()
            },
        }
    }
}

fn pick<T: Copy>(things: &[T], number: usize) -> Option<T> {
    let index = number.checked_rem(things.len())?;
    Some(things[index])
}

proptest! {
    #[test]
    fn what_is_exported_is_imported_again_and_exported_alike(
        changes in prop::collection::vec(change(), 1..80),
    ) {
        let mut random = Random::new();
        for change in changes {
            random.apply(change);
        }
        assert_survives(&random.opened);
    }
}

#[test]
fn the_seed_survives_export_and_import() {
    assert_survives(&Opened::of(&read(SEED)));
}

#[test]
fn the_generator_reaches_what_the_law_is_about() {
    let words = || "word".to_owned();
    let mut random = Random::new();
    let mut changes = vec![
        Change::AddField(words()),
        Change::AddStrand(0, words(), None),
    ];
    changes.extend((0..4).map(|_| Change::AddAction(0, 3, words())));
    changes.extend((0..3).map(|key| Change::AddColumn(key, words(), Some(words()))));
    changes.push(Change::Share(0, 1, 0, words()));
    changes.push(Change::Issue(words(), vec![words()]));
    changes.push(Change::Issue(words(), Vec::new()));
    for change in changes {
        random.apply(change);
    }
    let shown = shown(&random.opened);
    assert_eq!((shown.columns.len(), shown.revisions.len()), (3, 2));
    let actions = &shown.fields[0].1[0].actions;
    assert_eq!(actions.len(), 4);
    assert_eq!(actions[0].1[0].2, 3, "three actions share the cell");
    assert_survives(&random.opened);
}

#[test]
fn an_export_names_older_revisions_and_the_moment() {
    let mut random = Random::new();
    for _ in 0..2 {
        random.apply(Change::Issue("NOTE".to_owned(), Vec::new()));
    }
    let opened = &random.opened;
    let written = export(
        &opened.state,
        &opened.outline(),
        Some("today"),
        Format::Yaml,
    );
    assert!(written.starts_with("moment: today\n"), "{written}");
    assert!(written.contains("revisions:\n"), "{written}");
}
