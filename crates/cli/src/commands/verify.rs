//! `roadbook verify`: proves that the log still holds what was appended, and that snapshots say the same.
//!
//! It owns the report; digests are checked by `store`, snapshots by `engine`.
//! Invariant: nothing is repaired, and the first bad event is named.

use roadbook_domain::{Event, Instant, RoadMapId};
use roadbook_engine::{SnapshotsChecked, check_snapshots, decode_payload};
use roadbook_store::{EventLog, Fault, FoundRedaction, Verified, VerifyError, verify_log};
use serde_json::{Value as Json, json};

use crate::arguments::VerifyArguments;
use crate::database;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::terminal::{self, Progress};

/// Streams whose heads are read at once.
const PAGE_HEADS: usize = 256;

/// Runs the command.
pub(crate) async fn run(arguments: &VerifyArguments, settings: &Settings) -> anyhow::Result<()> {
    let log = database::open_read_only(settings).await?.log();
    let verified = match digests(&*log).await {
        Ok(verified) => verified,
        Err(VerifyError::Fault(fault)) => return Err(damaged(arguments, &fault)),
        Err(VerifyError::Store(error)) => return Err(error.into()),
    };
    let snapshots = match snapshots(&*log, settings.engine.page_events).await? {
        Ok(snapshots) => snapshots,
        Err(message) => {
            let found = json!({ "verified": false, "problem": message });
            return Err(report(arguments, &found, message));
        }
    };
    let Verified {
        streams,
        events,
        redacted,
        redactions,
    } = verified;
    let redactions: Vec<Order> = redactions.iter().map(Order::of).collect();
    let SnapshotsChecked { equal, skipped } = snapshots;
    if arguments.json {
        let found = json!({
            "verified": true, "streams": streams, "events": events, "redacted": redacted,
            "redactions": redactions.iter().map(Order::as_json).collect::<Vec<_>>(),
            "snapshots": equal, "snapshotsSkipped": skipped,
        });
        return terminal::print(&format!("{found}\n"));
    }
    let lines: String = redactions.iter().map(Order::in_words).collect();
    terminal::print(&format!(
        "{lines}verified {streams} road maps, {events} events ({redacted} of them redacted), \
         {equal} snapshots ({skipped} skipped)\n"
    ))
}

/// A redaction: what, when and on whose order.
struct Order {
    road_map: RoadMapId,
    version: u64,
    versions: Vec<u64>,
    recorded_at: Instant,
    author: String,
    ordered_by: Option<String>,
    reason: Option<String>,
}

impl Order {
    fn of(found: &FoundRedaction) -> Self {
        let header = &found.event.header;
        let payload = found.event.payload.as_deref().unwrap_or_default();
        let event = decode_payload(&header.kind, header.schema, payload).ok();
        let ordered_by = event.and_then(|event| match event {
            Event::TextRedacted { ordered_by, .. } => Some(ordered_by),
            _ => None,
        });
        Self {
            road_map: RoadMapId(header.stream_id.0),
            version: header.version.0,
            versions: found.versions.iter().map(|version| version.0).collect(),
            recorded_at: Instant::from_micros(header.recorded_at.0),
            author: header.author.clone(),
            ordered_by,
            reason: header.reason.clone(),
        }
    }

    fn as_json(&self) -> Json {
        json!({
            "roadMap": self.road_map.0, "version": self.version, "versions": self.versions,
            "recordedAt": self.recorded_at.to_string(), "author": self.author,
            "orderedBy": self.ordered_by, "reason": self.reason,
        })
    }

    fn in_words(&self) -> String {
        let versions: Vec<String> = self.versions.iter().map(ToString::to_string).collect();
        let Self {
            road_map,
            version,
            recorded_at,
            author,
            ..
        } = self;
        let ordered_by = self.ordered_by.as_ref().unwrap_or(author);
        let reason = self.reason.as_deref().unwrap_or("no reason given");
        format!(
            "road map {}: version {version} redacted {} on {recorded_at}, by {author} on the order of {ordered_by}: {reason}\n",
            road_map.0,
            versions.join(", ")
        )
    }
}

async fn digests(log: &dyn EventLog) -> Result<Verified, VerifyError> {
    let mut line = Progress::new("recomputing digests");
    verify_log(log, &mut |progress| {
        line.reached(progress.version.0, progress.head.0);
    })
    .await
}

/// Compares the snapshots of every stream with fresh folds; the inner error names the first that differs.
async fn snapshots(
    log: &dyn EventLog,
    page_events: usize,
) -> anyhow::Result<Result<SnapshotsChecked, String>> {
    let mut line = Progress::new("comparing snapshots");
    let mut total = SnapshotsChecked::default();
    let mut after = None;
    loop {
        let heads = log.heads(after, PAGE_HEADS).await?;
        for (done, head) in heads.iter().enumerate() {
            line.reached(done as u64, heads.len() as u64);
            match check_snapshots(log, RoadMapId(head.stream_id.0), page_events).await? {
                Ok(checked) => {
                    total.equal += checked.equal;
                    total.skipped += checked.skipped;
                }
                Err(fault) => return Ok(Err(format!("stream {}: {fault}", head.stream_id))),
            }
        }
        match heads.last() {
            Some(last) if heads.len() == PAGE_HEADS => after = Some(last.stream_id),
            _ => return Ok(Ok(total)),
        }
    }
}

fn damaged(arguments: &VerifyArguments, fault: &Fault) -> anyhow::Error {
    let found = json!({
        "verified": false, "roadMap": fault.stream.0, "version": fault.version.0,
        "problem": fault.problem.to_string(),
    });
    report(arguments, &found, format!("the first bad event: {fault}"))
}

/// Tells a script what was found; people read the error.
fn report(arguments: &VerifyArguments, found: &Json, message: String) -> anyhow::Error {
    let printed = if arguments.json {
        terminal::print(&format!("{found}\n"))
    } else {
        Ok(())
    };
    match printed {
        Ok(()) => Failure::Damaged(message).into(),
        Err(error) => error,
    }
}
