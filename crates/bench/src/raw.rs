//! Raw limits: what the disk, the loopback network and PostgreSQL do at best, without Roadbook.
//!
//! It owns the least work that each measurement implies. Nothing else of this process runs meanwhile, so it may block.
//! Invariant: the files stand in the folder of the databases, and are gone afterwards.

pub(crate) mod broadcast;
mod fan_out;
mod inserts;
mod prepared;
mod rows;

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::chance::Chance;
use crate::error::BenchError;
use crate::samples::{Percentiles, Samples, per_second};

pub(crate) use fan_out::FanOut;
pub(crate) use inserts::Inserts;
pub(crate) use prepared::{Prepared, serve as serve_prepared};
pub(crate) use rows::read_events;

/// One edit, as the least that a database of pages writes for it.
pub(crate) const PAGE_BYTES: usize = 4 * 1024;
/// One event with its payload, when many are written together.
const EVENT_BYTES: usize = 600;
/// Events that are written together.
pub(crate) const BATCH_EVENTS: usize = 64;
/// About as much as a snapshot holds.
pub(crate) const SNAPSHOT_BYTES: usize = 64 * 1024;
/// Bytes read at once from the beginning to the end.
const READ_THROUGH_BYTES: usize = 1024 * 1024;

const APPENDING: &str = "measuring appends to the disk";
const READING: &str = "measuring reads from the disk";

/// What the disk appends durably.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Appends {
    /// Pages in a second, each made durable by itself.
    pub(crate) single_per_second: f64,
    /// How long one of them takes, in milliseconds.
    pub(crate) single: Percentiles,
    /// Events in a second, a batch of them made durable together.
    pub(crate) batched_per_second: f64,
}

impl Appends {
    /// Appends to a fresh file, twice for as long as given.
    pub(crate) fn measure(folder: &Path, lasting: Duration) -> Result<Self, BenchError> {
        let (single_per_second, single) = append(folder, PAGE_BYTES, lasting)?;
        let (batches_per_second, _) = append(folder, EVENT_BYTES * BATCH_EVENTS, lasting)?;
        let batch = u32::try_from(BATCH_EVENTS).unwrap_or(u32::MAX);
        Ok(Self {
            single_per_second,
            single,
            batched_per_second: batches_per_second * f64::from(batch),
        })
    }
}

/// A file to which bytes are appended durably.
#[derive(Debug)]
pub(crate) struct Appended(File);

impl Appended {
    /// Makes a file without a name: it is gone with the process.
    pub(crate) fn create(folder: &Path) -> Result<Self, BenchError> {
        tempfile::tempfile_in(folder)
            .map(Self)
            .map_err(BenchError::io(APPENDING))
    }

    /// Appends bytes; when this returns they are durable.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), BenchError> {
        self.0
            .write_all(bytes)
            .and_then(|()| self.0.sync_data())
            .map_err(BenchError::io(APPENDING))
    }
}

fn append(
    folder: &Path,
    bytes: usize,
    lasting: Duration,
) -> Result<(f64, Percentiles), BenchError> {
    let mut file = Appended::create(folder)?;
    let bytes = vec![b'x'; bytes];
    let mut samples = Samples::default();
    let started = Instant::now();
    while started.elapsed() < lasting {
        let before = Instant::now();
        file.append(&bytes)?;
        samples.push(before.elapsed());
    }
    let rate = per_second(samples.count(), started.elapsed());
    Ok((rate, samples.percentiles()))
}

/// How long it takes to read as much as a snapshot at random places of a database.
pub(crate) fn random_reads(
    file: &Path,
    count: usize,
    chance: &mut Chance,
) -> Result<Percentiles, BenchError> {
    let file = File::open(file).map_err(BenchError::io(READING))?;
    let length = file.metadata().map_err(BenchError::io(READING))?.len();
    let mut buffer = vec![0; SNAPSHOT_BYTES];
    let mut samples = Samples::default();
    for _ in 0..count {
        let last = length.saturating_sub(SNAPSHOT_BYTES as u64);
        let place = chance.draw().checked_rem(last).unwrap_or(0);
        let before = Instant::now();
        file.read_at(&mut buffer, place)
            .map_err(BenchError::io(READING))?;
        samples.push(before.elapsed());
    }
    Ok(samples.percentiles())
}

/// How long it takes to read a database once from its beginning to its end, and how many bytes it has.
pub(crate) fn read_through(file: &Path) -> Result<(Duration, u64), BenchError> {
    let mut file = File::open(file).map_err(BenchError::io(READING))?;
    let mut buffer = vec![0; READ_THROUGH_BYTES];
    let mut bytes = 0;
    let started = Instant::now();
    loop {
        match file.read(&mut buffer).map_err(BenchError::io(READING))? {
            0 => return Ok((started.elapsed(), bytes)),
            read => bytes += read as u64,
        }
    }
}
