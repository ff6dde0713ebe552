//! The directory's own stream: reading it, changing it, and telling whoever depends on it.
//!
//! It owns the stream's well-known id, the append that loses no race, and the directory in memory; what a change may be is
//! the domain's affair. Invariant: the directory in memory is what the log holds up to a version; before its first event
//! it is the seed, and the first change writes the seed into the log before itself.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use roadbook_domain::Version;
use roadbook_domain::capacity::SECRETARIAT;
use roadbook_domain::directory::{decide_directory, seed_events};
use roadbook_domain::{Capacity, Date, Directory, DirectoryCommand, DirectoryEvent, Instant};
use roadbook_store as store;
use roadbook_store::{
    Append, AppendOutcome, CommandRecord, EventHeader, EventLog, FormatLevel, NewEvent, StoreError,
    StoredEvent, StreamId,
};
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use uuid::Uuid;

use crate::clock::Clock;
use crate::codec::{
    decode_directory_payload, from_store, instant_from_store, instant_to_store, not_read, to_store,
    write_directory,
};
use crate::dependency::Changes;
use crate::error::EngineError;
use crate::group_commit::GroupCommit;
use crate::ids::Ids;
use crate::recorded::Author;

/// The directory's stream. ("directory" in ASCII, and the form of a version 8 id.)
pub(crate) const DIRECTORY_STREAM: StreamId =
    StreamId(Uuid::from_u128(0x6469_7265_6374_8f72_8000_0000_0000_0001));

/// Why the seed stands in the log.
const SEED_REASON: &str = "The directory as it was before its first change";

/// What someone wants done to the directory.
#[derive(Clone, Debug)]
pub struct DirectoryRequest {
    /// The name that the client gave it; sending it again changes nothing more.
    pub command_id: Uuid,
    /// Who wants it.
    pub author: Author,
    /// Why, in the author's words.
    pub reason: Option<String>,
    /// What is to be done, in order.
    pub commands: Vec<DirectoryCommand>,
}

/// What an accepted change is answered.
#[derive(Clone, Debug)]
pub struct DirectoryDone {
    /// The version of the directory right after it.
    pub version: Version,
    /// Its events, in order; none if it was so already, or if it was accepted before.
    pub events: Vec<DirectoryEvent>,
    /// Whether it had been accepted before.
    pub repeated: bool,
}

/// A fact of the directory as it was recorded.
#[derive(Clone, Debug)]
pub struct RecordedDirectoryEvent {
    /// Its place in the directory's log.
    pub version: Version,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// Who recorded it.
    pub author: Author,
    /// Why, in the author's words.
    pub reason: Option<String>,
    /// The fact.
    pub event: DirectoryEvent,
}

/// What rights depend on besides a road map itself. A change of it is a reason to judge anew.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The directory.
    pub directory: Arc<Directory>,
    /// The version of it.
    pub version: Version,
    /// The day in Brussels.
    pub today: Date,
}

/// The directory in memory.
pub(crate) struct Registrar {
    log: Arc<dyn EventLog>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    /// The last thing that was recorded or read; the day is that of the last look at the clock.
    held: RwLock<Held>,
    told: watch::Sender<Standing>,
    /// Twice how often that was changed, and one more while it is being changed.
    counted: AtomicU64,
    /// Those of the directory; a day is no change of it.
    pub(crate) changes: Changes,
    page_events: usize,
    retries_max: usize,
    /// One change or look at a time, so that versions are folded in order.
    turn: tokio::sync::Mutex<()>,
}

struct Held {
    directory: Directory,
    version: Version,
    recorded_at: Instant,
}

impl Registrar {
    /// Reads what the log holds.
    pub(crate) async fn load(
        log: &Arc<dyn EventLog>,
        clock: &Arc<dyn Clock>,
        ids: &Arc<dyn Ids>,
        page_events: usize,
        retries_max: usize,
    ) -> Result<Self, StoreError> {
        let directory = Directory::seeded();
        let standing = Standing {
            directory: Arc::new(directory.clone()),
            version: Version::ZERO,
            today: clock.now().brussels_day(),
        };
        let registrar = Self {
            log: Arc::clone(log),
            clock: Arc::clone(clock),
            ids: Arc::clone(ids),
            held: RwLock::new(Held {
                directory,
                version: Version::ZERO,
                recorded_at: Instant::MIN,
            }),
            told: watch::Sender::new(standing),
            counted: AtomicU64::new(0),
            changes: Changes::default(),
            page_events,
            retries_max,
            turn: tokio::sync::Mutex::new(()),
        };
        registrar.read_on().await?;
        Ok(registrar)
    }

    /// What rights depend on now, and whenever it changes.
    pub(crate) fn standing(&self) -> watch::Receiver<Standing> {
        self.told.subscribe()
    }

    /// Lets a road map be marked or entrusted otherwise, and tells whoever judges rights. Nobody who counts the changes sees
    /// one of the two without the other.
    pub(crate) fn road_map_changes(&self, store: impl FnOnce()) {
        self.told.send_modify(|_| self.counting(store));
    }

    /// Makes a change while those who count are kept waiting. The count is odd meanwhile.
    fn counting(&self, change: impl FnOnce()) {
        self.counted.fetch_add(1, Ordering::AcqRel);
        change();
        self.counted.fetch_add(1, Ordering::AcqRel);
    }

    /// A number that is another one after each change of what rights depend on. It is asked for with every item of every
    /// stream, so that it takes no lock unless something is being changed.
    pub(crate) fn standing_count(&self) -> u64 {
        let counted = self.counted.load(Ordering::Acquire);
        if counted.is_multiple_of(2) {
            return counted;
        }
        let _changed_by_now = self.told.borrow();
        self.counted.load(Ordering::Acquire)
    }

    /// The directory.
    pub(crate) fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.told.borrow().directory)
    }

    /// Tells whoever depends on it that another day has begun in Brussels, if one has.
    pub(crate) fn look_at_day(&self) {
        let today = self.clock.now().brussels_day();
        self.told.send_if_modified(|standing| {
            let is_new = standing.today != today;
            if is_new {
                self.counting(|| standing.today = today);
            }
            is_new
        });
    }

    /// Reads what others appended. If that cannot be understood, nobody takes part in any working party any more but
    /// the Secretariat: who was withdrawn must not go on reading because this node is too old to know.
    pub(crate) async fn catch_up(&self) -> Result<(), StoreError> {
        let _turn = self.turn.lock().await;
        let read = self.read_on().await;
        if let Err(error @ (StoreError::NewerFormat { .. } | StoreError::Corrupt { .. })) = &read {
            let (directory, version, _) = self.held();
            if directory != Directory::default() {
                tracing::error!(error = %error, "the directory cannot be read on: only the Secretariat sees what is LIMITE");
                self.hold(Directory::default(), version, Instant::MIN);
            }
        }
        read
    }

    async fn read_on(&self) -> Result<(), StoreError> {
        loop {
            let (mut directory, version, _) = self.held();
            if version == Version::ZERO {
                // The log holds the seed too, as it was when the directory was changed first.
                directory = Directory::default();
            }
            let page = self.page(version, self.page_events).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            let (last, recorded_at) = (last.version, last.recorded_at);
            for recorded in &page {
                directory.evolve(&recorded.event);
            }
            self.hold(directory, last, recorded_at);
        }
    }

    /// Facts after a version, in the order of recording.
    pub(crate) async fn page(
        &self,
        after: Version,
        limit: usize,
    ) -> Result<Vec<RecordedDirectoryEvent>, StoreError> {
        let through = store::Version::MAX;
        let limit = limit.min(self.page_events);
        let read = self
            .log
            .read_versions(DIRECTORY_STREAM, to_store(after), through, &[], limit);
        read.await?.into_iter().map(decoded).collect()
    }

    /// Makes a change durable, deciding anew as often as another node's change came first.
    pub(crate) async fn edit(
        &self,
        request: &DirectoryRequest,
        commit: &GroupCommit,
        level: FormatLevel,
    ) -> Result<DirectoryDone, EngineError> {
        let _turn = self.turn.lock().await;
        let fingerprint = fingerprint(request);
        for _ in 0..=self.retries_max {
            let ids = [request.command_id];
            let known = self.log.commands(DIRECTORY_STREAM, &ids).await?;
            if let Some(record) = known.first() {
                self.read_on().await?;
                return repeated(record, &fingerprint);
            }
            let (directory, version, recorded_before) = self.held();
            let recorded_at = self.clock.now().max(recorded_before.next());
            let decided = decide_directory(
                &directory,
                &request.commands,
                &request.author.organisation,
                recorded_at.brussels_day(),
            );
            let (events, after) = decided.map_err(EngineError::DirectoryRefused)?;
            let append = self.append(request, fingerprint, version, recorded_at, &events, level)?;
            let head = from_store(append.head());
            let outcome = commit.send(append).await.await;
            match outcome.unwrap_or(Err(StoreError::Closed)) {
                Ok(AppendOutcome::Appended { .. }) => {
                    if head > version {
                        self.hold(after, head, recorded_at);
                    }
                    return Ok(DirectoryDone {
                        version: head,
                        events,
                        repeated: false,
                    });
                }
                Ok(AppendOutcome::Conflict { .. }) | Err(StoreError::OutcomeUnknown { .. }) => {
                    self.read_on().await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(EngineError::Overloaded)
    }

    fn append(
        &self,
        request: &DirectoryRequest,
        fingerprint: [u8; 32],
        version: Version,
        recorded_at: Instant,
        events: &[DirectoryEvent],
        level: FormatLevel,
    ) -> Result<Append, EngineError> {
        let mut to_append = Vec::new();
        let mut next = version.0;
        if version == Version::ZERO && !events.is_empty() {
            let seed = DirectoryRequest {
                author: Author::organisation(SECRETARIAT),
                reason: Some(SEED_REASON.to_owned()),
                ..request.clone()
            };
            let seeded = self.batch(&seed, &mut next, recorded_at, &seed_events(), level)?;
            to_append.extend(seeded);
        }
        to_append.extend(self.batch(request, &mut next, recorded_at, events, level)?);
        Ok(Append {
            stream_id: DIRECTORY_STREAM,
            expected_version: to_store(version),
            events: to_append,
            commands: vec![CommandRecord {
                command_id: request.command_id,
                fingerprint,
                last_version: store::Version(next),
                answer: bytes::Bytes::new(),
            }],
        })
    }

    fn batch(
        &self,
        request: &DirectoryRequest,
        next: &mut u64,
        recorded_at: Instant,
        events: &[DirectoryEvent],
        level: FormatLevel,
    ) -> Result<Vec<NewEvent>, EngineError> {
        let batch = store::Version(*next + events.len() as u64);
        let mut new = Vec::with_capacity(events.len());
        for event in events {
            *next += 1;
            let written = write_directory(event, level)?;
            let effective_at = event.from().map_or(recorded_at, Instant::start_of_day);
            new.push(NewEvent {
                header: EventHeader {
                    format: EventHeader::FORMAT,
                    stream_id: DIRECTORY_STREAM,
                    version: store::Version(*next),
                    id: self.ids.id(),
                    kind: event.kind().to_owned(),
                    schema: written.schema(),
                    recorded_at: instant_to_store(recorded_at),
                    effective_at: instant_to_store(effective_at),
                    author: request.author.organisation.clone(),
                    person: request.author.person.clone(),
                    on_behalf_of: request.author.on_behalf_of.clone(),
                    capacity: Capacity::Secretariat.as_str().to_owned(),
                    command_id: request.command_id,
                    batch,
                    reason: request.reason.clone(),
                    source: None,
                    subjects: Vec::new(),
                },
                payload: written.payload(),
                salt: self.ids.salt(),
            });
        }
        Ok(new)
    }

    fn held(&self) -> (Directory, Version, Instant) {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        (held.directory.clone(), held.version, held.recorded_at)
    }

    fn hold(&self, directory: Directory, version: Version, recorded_at: Instant) {
        let told = Arc::new(directory.clone());
        {
            let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
            *held = Held {
                directory,
                version,
                recorded_at: held.recorded_at.max(recorded_at),
            };
        }
        let today = self.clock.now().brussels_day();
        self.told.send_modify(|standing| {
            self.counting(|| {
                *standing = Standing {
                    directory: told,
                    version,
                    today,
                };
            });
        });
        self.changes.happened();
    }
}

fn repeated(record: &CommandRecord, fingerprint: &[u8; 32]) -> Result<DirectoryDone, EngineError> {
    if record.fingerprint != *fingerprint {
        return Err(EngineError::CommandIdReused);
    }
    Ok(DirectoryDone {
        version: from_store(record.last_version),
        events: Vec::new(),
        repeated: true,
    })
}

fn decoded(stored: StoredEvent) -> Result<RecordedDirectoryEvent, StoreError> {
    let header = stored.header;
    let place = format!("the directory, version {}", header.version);
    let payload = stored
        .payload
        .ok_or_else(|| StoreError::corrupt(place.clone(), "its payload is missing"))?;
    let event = decode_directory_payload(&header.kind, header.schema, &payload);
    Ok(RecordedDirectoryEvent {
        version: from_store(header.version),
        recorded_at: instant_from_store(header.recorded_at),
        author: Author {
            organisation: header.author,
            person: header.person,
            on_behalf_of: header.on_behalf_of,
        },
        reason: header.reason,
        event: event.map_err(|error| not_read(&place, error))?,
    })
}

/// A digest of everything that was asked, apart from the command id itself.
fn fingerprint(request: &DirectoryRequest) -> [u8; 32] {
    let parts = (
        &request.author.organisation,
        &request.reason,
        &request.commands,
    );
    #[expect(
        clippy::expect_used,
        reason = "a request holds strings, days and lists only, which the encoding can always express"
    )]
    let bytes = postcard::to_stdvec(&parts).expect("a request is expressible");
    Sha256::digest(&bytes).into()
}
