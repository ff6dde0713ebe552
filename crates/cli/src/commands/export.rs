//! `roadbook export`: prints a whole road map as of a moment, in a form that can be imported again.
//!
//! It owns nothing but the order of asking and printing. Invariant: standard output holds the file and nothing else.

use roadbook_documents::Format;
use roadbook_domain::Marking;
use roadbook_server::{AuditEntry, AuditEvent, AuditLog as _};

use crate::arguments::{ExportArguments, FormatArgument};
use crate::audit::AuditFile;
use crate::settings::Settings;
use crate::terminal;
use crate::wiring::Wired;

/// Runs the command.
pub(crate) async fn run(arguments: &ExportArguments, settings: &Settings) -> anyhow::Result<()> {
    let wired = Wired::to_read(settings).await?;
    let road_map = wired.road_map(arguments.road_map.as_deref()).await?;
    let found = road_map.at(arguments.at.selector()).await?;
    let moment = arguments.at.describe(&found);
    let format = match arguments.format {
        FormatArgument::Yaml => Format::Yaml,
        FormatArgument::Json => Format::Json,
    };
    if found.state.marking() == Marking::Limite
        && let Some(audit) = AuditFile::open(&settings.audit)?
    {
        let mut entry = AuditEntry::new(AuditEvent::Export, "ok");
        entry.road_maps.push(road_map.id().to_string());
        audit.keep(entry);
        audit.close();
    }
    let file = roadbook_documents::export(&found.state, found.outline(), Some(&moment), format);
    terminal::print(&file)
}
