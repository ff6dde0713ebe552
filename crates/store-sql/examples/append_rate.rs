//! Measures the log alone, without engine or network: events appended and read each second, in a file of a folder
//! given as the first argument (or in a temporary one). Run it with `--release`.

#![expect(clippy::print_stdout, reason = "it is there to print")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant as Clock;

use bytes::Bytes;
use roadbook_store::testing::{Random, append, command, instant, stream};
use roadbook_store::{Append, AppendOutcome, EventLog, Instant, Version, verify_log};
use roadbook_store_sql::{Settings, SqlStore};
use uuid::Uuid;

const EVENTS: u64 = 100_000;
const APPENDS_IN_BATCH: u64 = 64;
/// How many fields, strands, columns and actions there are: each event touches one of each.
const SUBJECTS: [u64; 4] = [5, 25, 6, 200];
const PAYLOAD_BYTES: usize = 200;
const PAGE: usize = 1000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let temporary = tempfile::tempdir()?;
    let folder = std::env::args()
        .nth(1)
        .map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    let file = folder.join("append_rate.db");
    let log = SqlStore::open(&file, &Settings::default()).await?;
    append_all(&log).await?;
    read_all(&log).await?;
    verify_all(&log).await?;
    log.close().await?;
    report_size(&file)?;
    Ok(())
}

/// One append for each event, as group commit hands them in: one command record each, one event in ten backdated.
async fn append_all(log: &SqlStore) -> Result<(), Box<dyn Error>> {
    let mut random = Random::new(7);
    let mut slowest = 0;
    let begun = Clock::now();
    let mut version = 0;
    while version < EVENTS {
        let batch =
            (version..version + APPENDS_IN_BATCH).map(|expected| one_event(&mut random, expected));
        let batch: Vec<Append> = batch.collect();
        let sent = Clock::now();
        let outcomes = log.append_batch(batch).await?;
        slowest = slowest.max(sent.elapsed().as_micros());
        version += APPENDS_IN_BATCH;
        if outcomes.last()
            != Some(&AppendOutcome::Appended {
                head: Version(version),
            })
        {
            return Err(format!("unexpected outcomes at {version}: {outcomes:?}").into());
        }
    }
    report("appended", version, begun);
    println!("slowest batch of {APPENDS_IN_BATCH}: {slowest} µs");
    Ok(())
}

fn one_event(random: &mut Random, expected: u64) -> Append {
    let moment = if random.once_in(10) {
        expected / 2
    } else {
        expected
    };
    let mut append = append(stream(1), expected, &[moment.cast_signed()]);
    for event in &mut append.events {
        let subjects = (0..)
            .zip(SUBJECTS)
            .map(|(kind, count)| Uuid::from_u64_pair(kind, random.below(count)));
        event.header.subjects = subjects.collect();
        event.payload = Bytes::from(vec![b'x'; PAYLOAD_BYTES]);
        event.salt = random.salt();
    }
    append.commands = vec![command(random.id().as_u128(), append.head().0)];
    append
}

async fn read_all(log: &SqlStore) -> Result<(), Box<dyn Error>> {
    let (begun, mut after, mut count) = (Clock::now(), Version::NONE, 0);
    loop {
        let page = log
            .read_versions(stream(1), after, Version::MAX, &[], PAGE)
            .await?;
        let Some(last) = page.last() else { break };
        after = last.header.version;
        count += page.len() as u64;
    }
    report("read by version", count, begun);

    let (begun, mut after, mut count) = (Clock::now(), (Instant::MIN, Version::NONE), 0);
    loop {
        let page = log
            .read_effective(stream(1), after, instant(i64::MAX / 2), Version::MAX, PAGE)
            .await?;
        let Some(last) = page.last() else { break };
        after = (last.header.effective_at, last.header.version);
        count += page.len() as u64;
    }
    report("read by effect", count, begun);
    Ok(())
}

async fn verify_all(log: &SqlStore) -> Result<(), Box<dyn Error>> {
    let begun = Clock::now();
    let verified = verify_log(log, &mut |_| ()).await?;
    report("verified", verified.events, begun);
    Ok(())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a rate needs no more than three digits"
)]
fn report(what: &str, events: u64, begun: Clock) {
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{what}: {events} events in {seconds:.2} s, {:.0} a second",
        events as f64 / seconds
    );
}

fn report_size(file: &Path) -> Result<(), Box<dyn Error>> {
    println!(
        "bytes for each event in the file: {}",
        std::fs::metadata(file)?.len() / EVENTS
    );
    Ok(())
}
