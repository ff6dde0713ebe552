//! `roadbook replay`: tells event by event what happened between two moments, in the order in which it took effect.
//!
//! It owns which events lie between two moments and how one is printed; what an event says is told by `telling`.
//! Invariant: the events told are exactly those that the later state knows and the earlier one does not.

use anyhow::Context as _;
use roadbook_domain::{Event, Instant, Stamp, State, Version};
use roadbook_engine::{Moment, decode_payload};
use roadbook_store as store;
use roadbook_store::{EventHeader, StoredEvent, StreamId};
use serde_json::json;

use crate::arguments::ReplayArguments;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::telling::{Scene, tell};
use crate::terminal;
use crate::wiring::Wired;

/// Runs the command.
pub(crate) async fn run(arguments: &ReplayArguments, settings: &Settings) -> anyhow::Result<()> {
    let wired = Wired::to_read(settings).await?;
    let road_map = wired.road_map(arguments.road_map.as_deref()).await?;
    let to = road_map.resolve(arguments.to.selector()).await?;
    let (from, state) = match &arguments.from {
        None => (None, State::default()),
        Some(from) => {
            let found = road_map.at(from.selector()).await?;
            (Some(found.moment), found.state.clone())
        }
    };
    let between = Between::new(from, to)?;
    let mut printer = Printer {
        scene: Scene::new(state),
        json: arguments.json,
        width: terminal::terminal_width(),
    };
    let log = wired.store.log();
    let stream = StreamId(road_map.id().0);
    let page_events = settings.engine.page_events;
    let mut key = between.start();
    loop {
        let until = store::Instant(between.to.effective.as_micros());
        let through = store::Version(between.to.version.0);
        let page = log
            .read_effective(stream, key, until, through, page_events)
            .await?;
        let is_full = page.len() == page_events;
        let next = page
            .last()
            .map(|event| (event.header.effective_at, event.header.version));
        let mut lines = String::new();
        for event in page
            .into_iter()
            .filter(|event| between.holds(&event.header))
        {
            lines.push_str(&printer.line(event)?);
            lines.push('\n');
        }
        terminal::print(&lines)?;
        match next {
            Some(next) if is_full => key = next,
            _ => return Ok(()),
        }
    }
}

/// Two moments, the earlier one absent for the beginning of everything.
struct Between {
    from: Option<Moment>,
    to: Moment,
}

impl Between {
    fn new(from: Option<Moment>, to: Moment) -> anyhow::Result<Self> {
        let is_backwards = from.is_some_and(|from| {
            let is_no_earlier = from.version >= to.version && from.effective >= to.effective;
            is_no_earlier && (from.version, from.effective) != (to.version, to.effective)
        });
        if is_backwards {
            let message = "--from is later than --to; nothing lies between them".to_owned();
            return Err(Failure::Usage(message).into());
        }
        Ok(Self { from, to })
    }

    /// The key after which reading begins: if the earlier moment knew every version, its own instant.
    fn start(&self) -> (store::Instant, store::Version) {
        match self.from {
            Some(from) if from.version >= self.to.version => (
                store::Instant(from.effective.as_micros()),
                store::Version::MAX,
            ),
            _ => (store::Instant::MIN, store::Version::NONE),
        }
    }

    /// Whether the earlier state lacks an event that the later one knows.
    fn holds(&self, header: &EventHeader) -> bool {
        self.from.is_none_or(|from| {
            header.version.0 > from.version.0 || header.effective_at.0 > from.effective.as_micros()
        })
    }
}

struct Printer {
    scene: Scene,
    json: bool,
    width: Option<usize>,
}

impl Printer {
    fn line(&mut self, stored: StoredEvent) -> anyhow::Result<String> {
        let header = stored.header;
        let redacted_by = stored.remainder.as_ref().map(|left| left.redaction);
        let payload = stored.payload.or(stored.remainder.map(|left| left.payload));
        let Some(payload) = payload else {
            let message = format!("version {}: its payload is missing", header.version);
            return Err(Failure::Damaged(message).into());
        };
        let event = decode_payload(&header.kind, header.schema, &payload).map_err(|problem| {
            Failure::Damaged(format!("version {}: {problem}", header.version))
        })?;
        let stamp = Stamp {
            effective: Instant::from_micros(header.effective_at.0),
            version: Version(header.version.0),
        };
        let after = self.scene.after(&event, stamp);
        let line = if self.json {
            as_json(&header, &event, redacted_by)?
        } else {
            let told = tell(&event, &self.scene, &after);
            let line = format!(
                "{}  v{:<5} {:<10} {:<16} {}: {}",
                stamp.effective.brussels_day(),
                header.version.0,
                author(&header),
                header.kind,
                told.place,
                told.words,
            );
            cut(&line, self.width)
        };
        self.scene = after;
        Ok(line)
    }
}

fn author(header: &EventHeader) -> String {
    match &header.on_behalf_of {
        Some(other) => format!("{} for {other}", header.author),
        None => header.author.clone(),
    }
}

fn as_json(
    header: &EventHeader,
    event: &Event,
    redacted_by: Option<store::Version>,
) -> anyhow::Result<String> {
    let line = json!({
        "version": header.version.0,
        "id": header.id,
        "kind": header.kind,
        "effectiveAt": Instant::from_micros(header.effective_at.0).to_string(),
        "recordedAt": Instant::from_micros(header.recorded_at.0).to_string(),
        "author": header.author,
        "onBehalfOf": header.on_behalf_of,
        "capacity": header.capacity,
        "commandId": header.command_id,
        "batch": header.batch.0,
        "reason": header.reason,
        "source": header.source,
        "subjects": header.subjects,
        "redactedBy": redacted_by.map(|version| version.0),
        "payload": serde_json::to_value(event).context("an event cannot be printed")?,
    });
    Ok(line.to_string())
}

/// On a terminal one event is one line; a longer one is in the JSON form.
fn cut(line: &str, width: Option<usize>) -> String {
    match width {
        Some(width) if line.chars().count() > width => {
            let kept: String = line.chars().take(width.saturating_sub(1)).collect();
            format!("{kept}…")
        }
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(version: u64, effective: i64) -> Moment {
        Moment {
            version: Version(version),
            effective: Instant::from_micros(effective),
            live: false,
        }
    }

    #[test]
    fn two_dates_known_alike_are_read_from_the_first_on() {
        let between = Between::new(Some(moment(9, 100)), moment(9, 200)).unwrap();
        assert_eq!(between.start(), (store::Instant(100), store::Version::MAX));
    }

    #[test]
    fn what_was_learned_later_of_earlier_days_is_told_too() {
        let between = Between::new(Some(moment(5, 100)), moment(9, 100)).unwrap();
        assert_eq!(between.start().0, store::Instant::MIN);
    }

    #[test]
    fn moments_in_the_wrong_order_are_refused() {
        assert!(Between::new(Some(moment(9, 200)), moment(9, 100)).is_err());
        assert!(Between::new(Some(moment(9, 100)), moment(9, 100)).is_ok());
    }
}
