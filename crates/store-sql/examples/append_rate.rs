//! Measures the log alone, without engine or network: events appended and read each second. The first argument is a
//! folder for a SQLite file (or none, for a temporary one), or the URL of an empty PostgreSQL database; the second how
//! many connections append at once, each to a stream of its own. Run it with `--release`.

#![expect(clippy::print_stdout, reason = "it is there to print")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant as Clock;

use bytes::Bytes;
use roadbook_store::testing::{Random, append, command, instant, stream};
use roadbook_store::{Append, AppendOutcome, EventLog, Instant, Version, verify_log};
use roadbook_store_sql::{PostgresSettings, Settings, SqlStore};
use uuid::Uuid;

const EVENTS: u64 = 100_000;
const APPENDS_IN_BATCH: u64 = 64;
/// How many fields, strands, columns and actions there are: each event touches one of each.
const SUBJECTS: [u64; 4] = [5, 25, 6, 200];
const PAYLOAD_BYTES: usize = 200;
const PAGE: usize = 1000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let place = arguments.next();
    let writers: u64 = arguments.next().map_or(Ok(1), |writers| writers.parse())?;
    if let Some(url) = place.as_ref().filter(|place| place.starts_with("postgres")) {
        let log = Arc::new(SqlStore::connect(url, &PostgresSettings::default()).await?);
        measure(log.clone(), writers).await?;
        log.close().await;
        return Ok(());
    }
    let temporary = tempfile::tempdir()?;
    let folder = place.map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    let file = folder.join("append_rate.db");
    let log = Arc::new(SqlStore::open(&file, &Settings::default()).await?);
    measure(log.clone(), writers).await?;
    log.close().await?;
    report_size(&file, writers)?;
    Ok(())
}

async fn measure(log: Arc<dyn EventLog>, writers: u64) -> Result<(), Box<dyn Error>> {
    let begun = Clock::now();
    let appending: Vec<_> = (1..=writers)
        .map(|number| {
            let log = Arc::clone(&log);
            tokio::spawn(async move {
                let appended = append_all(&*log, number).await;
                appended.map_err(|error| error.to_string())
            })
        })
        .collect();
    for appending in appending {
        appending.await??;
    }
    report("appended", EVENTS * writers, begun);
    read_all(&*log).await?;
    verify_all(&*log).await
}

/// One append for each event, as group commit hands them in: one command record each, one event in ten backdated.
async fn append_all(log: &dyn EventLog, number: u64) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut random = Random::new(number);
    let mut slowest = 0;
    let mut version = 0;
    while version < EVENTS {
        let batch = (version..version + APPENDS_IN_BATCH)
            .map(|expected| one_event(&mut random, number, expected));
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
    println!("slowest batch of {APPENDS_IN_BATCH}: {slowest} µs");
    Ok(())
}

fn one_event(random: &mut Random, number: u64, expected: u64) -> Append {
    let moment = if random.once_in(10) {
        expected / 2
    } else {
        expected
    };
    let mut append = append(stream(number), expected, &[moment.cast_signed()]);
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

async fn read_all(log: &dyn EventLog) -> Result<(), Box<dyn Error>> {
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

async fn verify_all(log: &dyn EventLog) -> Result<(), Box<dyn Error>> {
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

fn report_size(file: &Path, writers: u64) -> Result<(), Box<dyn Error>> {
    println!(
        "bytes for each event in the file: {}",
        std::fs::metadata(file)?.len() / (EVENTS * writers)
    );
    Ok(())
}
