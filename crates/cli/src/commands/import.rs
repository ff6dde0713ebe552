//! `roadbook import`: opens a road map from a file.
//!
//! It owns who records it and how a bad file is told of; what a file means is the affair of `documents`.
//! Invariant: a file is imported whole or not at all.

use std::path::Path;

use anyhow::Context as _;
use roadbook_documents::{Diagnostic, IMPORT_BYTES_MAX};
use roadbook_domain::Base;
use roadbook_domain::capacity::SECRETARIAT;
use roadbook_engine::{Author, EditRequest, Ids as _, RandomIds};
use serde_json::json;

use crate::arguments::ImportArguments;
use crate::demonstration::source_of;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::wiring::{Wired, find_road_map};
use crate::{terminal, tokens};

/// Runs the command.
pub(crate) async fn run(arguments: &ImportArguments, settings: &Settings) -> anyhow::Result<()> {
    let file = arguments.file.display().to_string();
    let bytes = read(&arguments.file)?;
    let import = roadbook_documents::import(&bytes, &mut || RandomIds.id());
    let mut import = import.map_err(|found| refused(&file, &found))?;
    for remark in &import.remarks {
        terminal::say(&format!("{file}: {remark}"));
    }
    if let Some(slug) = &arguments.slug {
        import = import.with_slug(slug);
    }
    let on_behalf_of = match &arguments.on_behalf_of {
        Some(name) => Some(tokens::known(name)?.key.to_owned()),
        None => import
            .presidency
            .as_ref()
            .map(|presidency| presidency.holder().to_owned()),
    };
    let slug = import.slug().to_owned();
    let wired = Wired::to_write(settings).await?;
    if find_road_map(&wired.engine, Some(&slug)).await.is_ok() {
        let message =
            format!("there is a road map with the short name \"{slug}\"; give another by --slug");
        wired.close().await?;
        return Err(Failure::Refused(message).into());
    }
    let road_map = import.road_map;
    let request = EditRequest {
        command_id: RandomIds.id(),
        author: Author {
            on_behalf_of,
            ..Author::organisation(SECRETARIAT)
        },
        base: Base::NOTHING,
        effective: import.date,
        reason: None,
        source: Some(source_of(&import, &name_of(&arguments.file))),
        commands: import.commands,
    };
    let recorded = wired.engine.edit(road_map, request).await;
    wired.close().await?;
    let version = recorded?.published.moment.version;
    if arguments.json {
        let opened = json!({ "roadMap": road_map.0, "slug": slug, "version": version.0 });
        return terminal::print(&format!("{opened}\n"));
    }
    terminal::print(&format!("opened {slug} ({road_map}), version {version}\n"))
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let shown = file.display();
    let size = match std::fs::metadata(file) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Failure::NotFound(format!("there is no file {shown}")).into());
        }
        Err(error) => return Err(error).with_context(|| format!("{shown} cannot be read")),
    };
    if usize::try_from(size).is_ok_and(|size| size > IMPORT_BYTES_MAX) {
        let message = format!("{shown} has {size} bytes; {IMPORT_BYTES_MAX} are read at most");
        return Err(Failure::Refused(message).into());
    }
    std::fs::read(file).with_context(|| format!("{shown} cannot be read"))
}

/// The file's own name: where it lies on this machine is nobody's business later.
fn name_of(file: &Path) -> String {
    file.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn refused(file: &str, found: &[Diagnostic]) -> Failure {
    let lines: Vec<String> = found
        .iter()
        .map(|diagnostic| format!("  {diagnostic}"))
        .collect();
    Failure::Refused(format!("{file} was not imported:\n{}", lines.join("\n")))
}
