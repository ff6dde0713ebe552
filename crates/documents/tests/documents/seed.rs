//! The seed: every cell of the transcription is found again in the road map that it opens.
//!
//! The transcription is parsed here a second time, by another reader, so that a mistake of the importer shows.

use std::collections::BTreeMap;

use roadbook_documents::demonstration::{SEED, SEED_TEXT};
use roadbook_domain::content::DueKind;
use roadbook_domain::outline::StrandOutline;
use roadbook_domain::{
    ActionId, CellContent, ColumnId, Command, ContentKind, Marking, Outline, Register, State, Thing,
};
use serde_json::Value;

use crate::opened::{Opened, read};

const COLUMNS: [&str; 4] = ["progress", "due", "actors", "notes"];

fn parsed() -> Value {
    serde_saphyr::from_str(std::str::from_utf8(SEED).unwrap()).unwrap()
}

fn seed() -> (State, Outline) {
    let opened = Opened::of(&read(SEED));
    let outline = opened.outline();
    (opened.state, outline)
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn words(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// What the transcription prints in a cell, as lines.
fn printed(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Array(lines) => lines.iter().map(words).collect::<Vec<_>>().join("\n"),
        _ => {
            let lead = words(&value["lead"]).to_owned();
            value["others"]
                .as_str()
                .map_or(lead.clone(), |others| format!("{lead}\n{others}"))
        }
    }
}

/// What the transcription prints for an action in a column, and the actions that share the cell, from 1.
fn expected<'v>(strand: &'v Value, action: u64, column: &str) -> (&'v Value, u64, u64) {
    let shared = list(strand, "shared_cells").iter().find(|shared| {
        shared["column"] == column && list(shared, "actions").iter().any(|held| *held == action)
    });
    if let Some(shared) = shared {
        let actions = list(shared, "actions");
        let first = actions[0].as_u64().unwrap();
        (&shared["value"], first, actions.len() as u64)
    } else {
        let index = usize::try_from(action - 1).unwrap();
        (&list(strand, "actions")[index][column], action, 1)
    }
}

#[test]
fn every_cell_of_the_transcription_is_found_again() {
    let (state, outline) = seed();
    let parsed = parsed();
    let mut actions_count = 0;
    assert_eq!(list(&parsed, "fields").len(), outline.fields.len());
    for (field, held) in list(&parsed, "fields").iter().zip(&outline.fields) {
        let thing = Thing::Field(held.id);
        assert_eq!(words(&field["title"]), state.title(thing));
        assert_eq!(
            Some(words(&field["letter"])),
            outline.label(thing).as_deref()
        );
        assert_eq!(list(field, "strands").len(), held.strands.len());
        for (strand, held) in list(field, "strands").iter().zip(&held.strands) {
            actions_count += check_strand(&state, &outline, strand, held);
        }
    }
    assert_eq!(actions_count, 77);
}

fn check_strand(state: &State, outline: &Outline, strand: &Value, held: &StrandOutline) -> usize {
    assert_eq!(words(&strand["title"]), state.title(Thing::Strand(held.id)));
    let source = state.note(&Register::Source(held.id));
    assert_eq!(strand["reference"].as_str(), source);
    let rows = list(strand, "actions");
    assert_eq!(rows.len(), held.actions.len());
    for (number, (row, action)) in (1..).zip(rows.iter().zip(&held.actions)) {
        assert_eq!(words(&row["text"]), state.title(Thing::Action(*action)));
        for key in COLUMNS {
            let column = outline.column_of_key(state, key).unwrap();
            let (value, first, span) = expected(strand, number, key);
            let run = outline.run(state, column, *action).unwrap();
            assert_eq!(state.cell(column, *action).printed(), printed(value));
            assert_eq!((run.first as u64 + 1, run.span as u64), (first, span));
        }
    }
    rows.len()
}

/// Each cell of a column once, with the number of actions that show it.
fn cells(state: &State, outline: &Outline, column: ColumnId) -> Vec<(CellContent, usize)> {
    let mut cells = Vec::new();
    for strand in outline.strands() {
        for (index, action) in strand.actions.iter().enumerate() {
            let run = outline.run(state, column, *action).unwrap();
            if run.first == index {
                cells.push((state.text(run.slot).clone(), run.span));
            }
        }
    }
    cells
}

fn column_cells(key: &str) -> Vec<(CellContent, usize)> {
    let (state, outline) = seed();
    let column = outline.column_of_key(&state, key).unwrap();
    cells(&state, &outline, column)
}

#[test]
fn fields_strands_and_actions_are_as_many_as_printed() {
    let (state, outline) = seed();
    let strands: Vec<usize> = outline.fields.iter().map(|f| f.strands.len()).collect();
    assert_eq!(strands, [4, 7, 7, 7, 2, 5]);
    let actions: Vec<usize> = outline
        .fields
        .iter()
        .map(|field| {
            field
                .strands
                .iter()
                .map(|strand| strand.actions.len())
                .sum()
        })
        .collect();
    assert_eq!(actions, [6, 15, 13, 14, 14, 15]);
    let sources: Vec<&str> = outline
        .strands()
        .filter_map(|strand| state.note(&Register::Source(strand.id)))
        .collect();
    assert_eq!(sources.len(), 32);
    assert_eq!(
        sources
            .iter()
            .filter(|source| **source == "Strategy")
            .count(),
        5
    );
    assert_eq!(
        sources
            .iter()
            .filter(|source| source.starts_with("para"))
            .count(),
        27
    );
    let longest = outline.strands().map(|strand| strand.actions.len()).max();
    assert_eq!(longest, Some(10));
}

#[test]
fn progress_cells_are_as_many_as_printed() {
    let cells = column_cells("progress");
    let printed: Vec<&(CellContent, usize)> = cells
        .iter()
        .filter(|(content, _)| !content.is_blank())
        .collect();
    assert_eq!(printed.len(), 45);
    assert_eq!(printed.iter().filter(|(_, span)| *span > 1).count(), 8);
    let blank: usize = cells
        .iter()
        .filter(|(content, _)| content.is_blank())
        .map(|(_, span)| *span)
        .sum();
    assert_eq!(blank, 19);
    let several = printed.iter().any(
        |(content, _)| matches!(content, CellContent::Text(text) if text.paragraphs().count() == 5),
    );
    assert!(several, "one cell has five paragraphs");
}

#[test]
fn due_cells_are_as_many_as_printed() {
    let mut kinds: BTreeMap<Vec<DueKind>, usize> = BTreeMap::new();
    let mut blank = 0;
    for (content, _) in column_cells("due") {
        match content {
            CellContent::Blank => blank += 1,
            CellContent::Due(due) => {
                let terms = due.terms().iter().map(|term| term.kind).collect();
                *kinds.entry(terms).or_default() += 1;
            }
            other => panic!("{other:?} is no deadline"),
        }
    }
    let expected = BTreeMap::from([
        (vec![DueKind::Month], 28),
        (vec![DueKind::Ongoing], 14),
        (vec![DueKind::Completed], 7),
        (vec![DueKind::Month, DueKind::Month], 1),
        (vec![DueKind::Year], 1),
        (vec![DueKind::Range], 1),
    ]);
    assert_eq!(kinds, expected);
    assert_eq!(blank, 20);
}

#[test]
fn actors_cells_are_as_many_as_printed() {
    let cells = column_cells("actors");
    let printed = cells.iter().filter(|(content, _)| !content.is_blank());
    assert_eq!(printed.count(), 73);
    let network = cells.iter().find_map(|(content, _)| match content {
        CellContent::Actors(actors) if content.printed().starts_with("JHA") => Some(actors),
        _ => None,
    });
    assert_eq!(network.unwrap().lead().len(), 1);
}

#[test]
fn notes_are_as_many_as_printed() {
    let cells = column_cells("notes");
    let count = |wanted: fn(&CellContent) -> bool| {
        cells.iter().filter(|(content, _)| wanted(content)).count()
    };
    assert_eq!(count(|content| matches!(content, CellContent::Text(_))), 25);
    assert_eq!(count(|content| matches!(content, CellContent::Question)), 4);
    assert_eq!(count(CellContent::is_blank), 47);
}

#[test]
fn thirteen_cells_are_shared() {
    let shared: Vec<usize> = COLUMNS
        .iter()
        .flat_map(|key| column_cells(key))
        .map(|(_, span)| span)
        .filter(|span| *span > 1)
        .collect();
    assert_eq!(shared.len(), 13);
    assert!(shared.iter().all(|span| (2..=5).contains(span)));
}

#[test]
fn the_cover_columns_and_footnote_are_those_of_the_document() {
    let import = read(SEED);
    assert_eq!(import.date.unwrap().to_string(), "2015-06-05");
    assert_eq!(import.presidency.clone().unwrap().to_string(), "2015H1-LV");
    assert!(import.remarks.is_empty());
    assert_eq!(import.commands.len(), import.sources.len());
    assert!(matches!(import.commands[0], Command::OpenRoadMap { .. }));
    let (state, outline) = seed();
    assert_eq!(
        state.road_map_title(),
        "EU Cybersecurity Strategy: Road map development"
    );
    assert_eq!(
        state.slug(),
        "eu-cybersecurity-strategy-road-map-development"
    );
    assert_eq!(state.marking(), Marking::Limite);
    let revisions = state.revisions();
    let (_, revision) = revisions[0];
    assert_eq!(revisions.len(), 1);
    assert_eq!(revision.number.printed(), "6183/2/15 REV 2");
    assert_eq!(
        revision.previous_document.as_ref().unwrap().printed(),
        "9298/5/14"
    );
    assert_eq!(revision.supersedes, None);
    assert_eq!(revision.cover.drafters.as_deref(), Some("MK/FR/hm"));
    assert_eq!(revision.cover.intro.len(), 3);
    assert!(revision.cover.intro[0].contains("seeked  \"to ensure"));
    let columns: Vec<(&str, ContentKind)> = outline
        .columns
        .iter()
        .filter_map(|column| state.column(*column))
        .collect();
    let kinds = [
        ("progress", ContentKind::Text),
        ("due", ContentKind::Due),
        ("actors", ContentKind::Actors),
        ("notes", ContentKind::Text),
    ];
    assert_eq!(columns, kinds);
    let actors = outline.column_of_key(&state, "actors").unwrap();
    let footnote = state.note(&Register::Footnote(actors));
    assert_eq!(
        footnote,
        Some("Within their competences and legal mandates.")
    );
}

#[test]
fn printed_mistakes_stay_as_printed() {
    let (state, outline) = seed();
    assert_eq!(
        state.title(Thing::Field(outline.fields[1].id)),
        "chieving Cyber Resilience"
    );
    let progress = outline.column_of_key(&state, "progress").unwrap();
    let forum = action(&outline, "C.3.2");
    let printed = state.cell(progress, forum).printed();
    assert!(printed.contains("launch in 215 of EU Internetl Forum"));
    assert!(SEED_TEXT.contains("215 of EU Internetl"));
}

fn action(outline: &Outline, label: &str) -> ActionId {
    let found = outline
        .actions()
        .find(|action| outline.label(Thing::Action(*action)).as_deref() == Some(label));
    found.unwrap()
}
