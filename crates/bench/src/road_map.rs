//! The road map of the bench: opened through the API, about as large as the one of 2015.
//!
//! It owns its shape; what is written into its cells is the affair of the measurements.
//! Invariant: every cell stands alone, so that edits of different cells never meet.

use std::net::SocketAddr;

use serde_json::{Value as Json, json};

use crate::chance::Chance;
use crate::editor::{Cell, Edit, Editor};
use crate::error::BenchError;
use crate::http::Connection;
use crate::program::Server;

/// The day from whose end on everything is there: before any day that a change is dated to.
const OPENED_ON: &str = "2014-12-31";
/// About as the note of 2015, which has 77 actions and four columns.
const OF_2015: Shape = Shape {
    fields: 4,
    strands: 4,
    actions: 5,
    columns: 5,
};

/// The number of the client that opens; no other may have it.
const OPENER: u64 = 0;

/// How large a road map is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Fields, as lettered bands.
    pub(crate) fields: usize,
    /// Strands in each field.
    pub(crate) strands: usize,
    /// Actions in each strand.
    pub(crate) actions: usize,
    /// Columns of text beside the actions.
    pub(crate) columns: usize,
}

/// A road map that was opened.
#[derive(Clone, Debug)]
pub(crate) struct RoadMap {
    /// Its id.
    pub(crate) id: String,
    /// The keys of its strands.
    pub(crate) strands: Vec<String>,
    /// Its cells, strand by strand.
    pub(crate) cells: Vec<Cell>,
    /// Its version before anything was written into a cell.
    pub(crate) version: u64,
    /// The cursor of that state.
    pub(crate) cursor: String,
}

impl RoadMap {
    /// Opens it on a server.
    pub(crate) async fn open(server: &Server, token: &str) -> Result<Self, BenchError> {
        Self::open_as(0, server, token).await
    }

    /// Opens one of several on a server, each with a number of its own.
    pub(crate) async fn open_as(
        number: u64,
        server: &Server,
        token: &str,
    ) -> Result<Self, BenchError> {
        Self::open_at(number, server.address(), token).await
    }

    /// The same, on the server of an address.
    pub(crate) async fn open_at(
        number: u64,
        address: SocketAddr,
        token: &str,
    ) -> Result<Self, BenchError> {
        Self::open_shaped(number, OF_2015, address, token).await
    }

    /// Opens one of several and of another size.
    pub(crate) async fn open_shaped(
        number: u64,
        shape: Shape,
        address: SocketAddr,
        token: &str,
    ) -> Result<Self, BenchError> {
        let id = Chance::new(u64::MAX - number).uuid();
        let connection = Connection::open(address, token).await?;
        let mut editor = Editor::new(connection, &id, OPENER);
        let mut commands = vec![json!({ "openRoadMap": {
            "slug": "bench", "title": "A road map under load", "marking": "PUBLIC", "workingParty": "FOP",
        } })];
        commands
            .extend((1..=shape.fields).map(
                |number| json!({ "addField": { "title": format!("Field number {number}") } }),
            ));
        commands.extend((1..=shape.columns).map(|number| {
            json!({ "addColumn": {
                "name": format!("column_{number}"), "heading": format!("Column {number}"), "kind": "TEXT",
            } })
        }));
        add(&mut editor, commands).await?;

        let keys = editor.keys().await?;
        let strands = list(&keys["fields"]).flat_map(|field| {
            (1..=shape.strands).map(move |number| {
                json!({ "addStrand": { "field": field["key"], "title": format!("Strand number {number}") } })
            })
        });
        add(&mut editor, strands.collect()).await?;

        let keys = editor.keys().await?;
        let actions = strands_of(&keys).flat_map(|strand| {
            (1..=shape.actions).map(move |number| {
                json!({ "addAction": {
                    "strand": strand["key"], "text": format!("Carry out measure number {number} of this strand"),
                } })
            })
        });
        add(&mut editor, actions.collect()).await?;

        let keys = editor.keys().await?;
        let strands = strands_of(&keys).filter_map(|strand| strand["key"].as_str());
        let strands = strands.map(str::to_owned).collect();
        let cells = cells(&keys);
        if cells.len() != shape.fields * shape.strands * shape.actions * shape.columns {
            let found = format!("{} cells", cells.len());
            return Err(BenchError::unexpected("opening a road map", &found));
        }
        let version = editor.catch_up().await?;
        Ok(Self {
            id,
            strands,
            cells,
            version,
            cursor: editor.cursor().to_owned(),
        })
    }
}

/// Adds things with effect from the opening day, made from the state of that day.
async fn add(editor: &mut Editor, commands: Vec<Json>) -> Result<(), BenchError> {
    let opens = editor.cursor().is_empty();
    let base = if opens {
        String::new()
    } else {
        let on = json!({ "effective": { "on": OPENED_ON } });
        editor.state(&on).await?.cursor
    };
    let commands = Json::from(commands).to_string();
    let edit = Edit {
        commands: &commands,
        effective: Some(OPENED_ON),
        base: Some(&base),
    };
    editor.edit(&edit).await?;
    Ok(())
}

fn cells(keys: &Json) -> Vec<Cell> {
    let actions = strands_of(keys).flat_map(|strand| list(&strand["actions"]));
    actions
        .flat_map(|action| {
            list(&keys["columns"]).filter_map(move |column| {
                Some(Cell {
                    action: action["key"].as_str()?.to_owned(),
                    column: column["key"].as_str()?.to_owned(),
                })
            })
        })
        .collect()
}

fn strands_of(keys: &Json) -> impl Iterator<Item = &Json> {
    list(&keys["fields"]).flat_map(|field| list(&field["strands"]))
}

fn list(value: &Json) -> impl Iterator<Item = &Json> {
    value.as_array().into_iter().flatten()
}
