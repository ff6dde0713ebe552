//! The log on an SQL database: the contract, fulfilled by the statements of `sql`.
//!
//! Owns the pools and the translation of each call; the transaction that appends is in `append`, snapshots are in
//! `snapshots`. Opening and closing belong to each database. Invariant: there is this one body for every database.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use roadbook_store::{
    Append, AppendOutcome, CommandRecord, EventLog, FormatLevel, Head, Hold, Instant,
    RedactedEvent, Redaction, Remainder, Room, Scrubbed, SealedEvent, Snapshot, SnapshotFamily,
    SnapshotPoint, StoreError, StoredEvent, StreamId, Version, Wakeups,
};
use sqlx::{Error, Pool, Postgres, Sqlite};
use uuid::Uuid;

use crate::answer::in_time;
use crate::append::{Besides, append_alone, append_batch};
use crate::call::{Call, find_all};
use crate::dialect::{Dialect, store_error};
use crate::hold::HeldStream;
use crate::sql::Repeated;
use crate::transaction::Transaction;
use crate::writer::Writer;
use crate::{row, snapshots, sql};

/// A log on a database.
pub struct SqlStore<DB: Dialect = Sqlite> {
    pub(crate) readers: Pool<DB>,
    /// `None` if the log was opened for reading only.
    pub(crate) writer: Option<Arc<Writer<DB>>>,
    pub(crate) place: Arc<DB::Place>,
}

/// A log in a SQLite file.
pub type SqliteStore = SqlStore<Sqlite>;

/// A log in a PostgreSQL database.
pub type PostgresStore = SqlStore<Postgres>;

impl<DB: Dialect> SqlStore<DB> {
    pub(crate) fn writer(&self) -> Result<&Arc<Writer<DB>>, StoreError> {
        self.writer.as_ref().ok_or(StoreError::Closed)
    }

    /// Runs one statement in a transaction of its own, and tells how many rows it changed.
    pub(crate) async fn change(
        &self,
        doing: &'static str,
        call: Call<DB>,
    ) -> Result<u64, StoreError> {
        let writers = &self.writer()?.connections;
        let changed = async || {
            let mut transaction = Transaction::begin(writers).await?;
            let changed = call.run(transaction.connection()).await?;
            transaction.commit().await?;
            Ok(changed)
        };
        self.unless_late(doing, changed()).await
    }

    /// What a call that can be repeated gives, or that the database is unavailable if it does not answer in time.
    pub(crate) async fn unless_late<T>(
        &self,
        doing: &'static str,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, StoreError> {
        let call = async { call.await.map_err(|error| store_error::<DB>(doing, error)) };
        let late = |error| StoreError::unavailable(doing, error);
        in_time::<DB, _>(&self.place, call, late).await
    }

    /// Looks for many keys.
    async fn find<T: Copy>(
        &self,
        statement: &'static Repeated,
        keys: &[T],
        leading: impl Fn(Call<DB>) -> Call<DB>,
        bind: impl Fn(Call<DB>, T) -> Call<DB>,
    ) -> Result<Vec<DB::Row>, StoreError> {
        let found = async {
            let mut connection = self.readers.acquire().await?;
            find_all::<DB, _>(&mut connection, statement, keys, leading, bind).await
        };
        self.unless_late("a read", found).await
    }

    /// Refuses to write while the disk is low.
    fn check_room(&self) -> Result<(), StoreError> {
        match DB::room(&self.place) {
            Some(room) if room.is_low() => Err(StoreError::low(room)),
            _ => Ok(()),
        }
    }

    async fn rows(&self, call: Call<DB>) -> Result<Vec<DB::Row>, StoreError> {
        let rows = async { call.rows(&mut *self.readers.acquire().await?).await };
        self.unless_late("a read", rows).await
    }

    async fn row<T>(
        &self,
        call: Call<DB>,
        decode: impl Fn(&DB::Row) -> Result<T, Error>,
    ) -> Result<Option<T>, StoreError> {
        let row = async { call.row(&mut *self.readers.acquire().await?).await };
        let row = self.unless_late("a read", row).await?;
        row.as_ref()
            .map(decode)
            .transpose()
            .map_err(read_error::<DB>)
    }

    async fn events(
        &self,
        stream: StreamId,
        call: Call<DB>,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let rows = self.rows(call).await?;
        self.stored_events(stream, &rows).await
    }

    /// The events in rows that were read.
    pub(crate) async fn stored_events(
        &self,
        stream: StreamId,
        rows: &[DB::Row],
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let place = || format!("the events of stream {stream}");
        let events = row::all::<DB, _>(place, rows, row::stored_event::<DB>)?;
        self.with_remainders(stream, events, |event| event).await
    }

    /// The events, those without a payload with what is left of it. A payload goes in the same moment in which the remainder
    /// comes, so that whoever misses the one finds the other.
    async fn with_remainders<T: Send>(
        &self,
        stream: StreamId,
        mut events: Vec<T>,
        stored: impl Fn(&mut T) -> &mut StoredEvent + Send,
    ) -> Result<Vec<T>, StoreError> {
        let mut lacking = Vec::new();
        for event in &mut events {
            let event = stored(event);
            if event.payload.is_none() {
                lacking.push(event.header.version);
            }
        }
        if lacking.is_empty() {
            return Ok(events);
        }
        let mut left = self.remainders(stream, &lacking).await?;
        for event in &mut events {
            let event = stored(event);
            event.remainder = left.remove(&event.header.version);
        }
        Ok(events)
    }

    async fn remainders(
        &self,
        stream: StreamId,
        versions: &[Version],
    ) -> Result<BTreeMap<Version, Remainder>, StoreError> {
        let leading = |call: Call<DB>| call.stream(stream);
        let rows = self
            .find(&sql::REMAINDERS, versions, leading, Call::version)
            .await?;
        let place = || format!("the redactions of stream {stream}");
        let left = row::all::<DB, _>(place, &rows, row::remainder::<DB>)?;
        Ok(left.into_iter().collect())
    }

    /// Makes one append and what goes with it, in a task of its own: a caller that goes away must not leave it half-way.
    async fn append_with(&self, append: Append, with: With) -> Result<AppendOutcome, StoreError> {
        let writer = Arc::clone(self.writer()?);
        self.check_room()?;
        let place = Arc::clone(&self.place);
        let written = tokio::spawn(async move {
            let appended = async {
                let begun = Transaction::begin(&writer.connections).await;
                let transaction = begun.map_err(|error| store_error::<DB>("the append", error))?;
                append_alone(transaction, append, with.besides()).await
            };
            let appended = in_time::<DB, _>(&place, appended, StoreError::outcome_unknown).await;
            let (outcome, heads) = appended?;
            writer.appended(&place, &heads);
            Ok(outcome)
        });
        written.await.map_err(StoreError::outcome_unknown)?
    }

    /// Every statement takes a bounded number of subjects and is cut at the limit. Of what they find together, the
    /// first are the ones asked for.
    async fn touching(
        &self,
        range: (StreamId, Version, Version),
        subjects: &[Uuid],
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let (stream, after, through) = range;
        let subjects: BTreeSet<Uuid> = subjects.iter().copied().collect();
        let subjects: Vec<Uuid> = subjects.into_iter().collect();
        let leading = |call: Call<DB>| {
            call.stream(stream)
                .version(after)
                .version(through)
                .limit(limit)
        };
        let rows = self
            .find(&sql::READ_SUBJECTS, &subjects, leading, Call::uuid)
            .await?;
        let place = || format!("the events of stream {stream}");
        let mut events = row::all::<DB, _>(place, &rows, row::stored_event::<DB>)?;
        events.sort_by_key(|event| event.header.version);
        events.dedup_by_key(|event| event.header.version);
        events.truncate(limit);
        self.with_remainders(stream, events, |event| event).await
    }
}

/// What goes with an append, for a task of its own.
enum With {
    Redaction(Redaction),
    Redacted(Vec<RedactedEvent>),
}

impl With {
    fn besides(&self) -> Besides<'_> {
        match self {
            Self::Redaction(redaction) => Besides::Redacting(redaction),
            Self::Redacted(redacted) => Besides::Redacted(redacted),
        }
    }
}

pub(crate) fn read_error<DB: Dialect>(error: Error) -> StoreError {
    store_error::<DB>("a read", error)
}

#[async_trait]
impl<DB: Dialect> EventLog for SqlStore<DB> {
    async fn epoch(&self) -> Result<u64, StoreError> {
        let epoch = self
            .row(Call::new(sql::EPOCH), |row| row::version::<DB>(row, 0))
            .await?;
        let missing = || StoreError::corrupt("table log", "the epoch is missing");
        epoch.map(|epoch| epoch.0).ok_or_else(missing)
    }

    async fn raise_epoch(&self, at_least: u64) -> Result<(), StoreError> {
        let call = Call::new(sql::RAISE_EPOCH).version(Version(at_least));
        self.change("raising the epoch", call).await.map(|_| ())
    }

    async fn format_level(&self) -> Result<FormatLevel, StoreError> {
        let level = self
            .row(Call::new(sql::FORMAT_LEVEL), row::format_level::<DB>)
            .await?;
        level.ok_or_else(|| StoreError::corrupt("table log", "the format level is missing"))
    }

    async fn raise_format_level(&self, at_least: FormatLevel) -> Result<(), StoreError> {
        let call = Call::new(sql::RAISE_FORMAT_LEVEL).integer(i64::from(at_least.0));
        let raised = self.change("raising the format level", call).await;
        raised.map(|_| ())
    }

    fn room(&self) -> Option<Room> {
        DB::room(&self.place)
    }

    async fn now(&self) -> Result<Option<Instant>, StoreError> {
        let Some(question) = DB::NOW else {
            return Ok(None);
        };
        self.row(Call::new(question), |row| row::instant::<DB>(row, 0))
            .await
    }

    /// The transaction runs in a task of its own: a caller that goes away must not leave it half-way.
    async fn append_batch(&self, appends: Vec<Append>) -> Result<Vec<AppendOutcome>, StoreError> {
        let writer = Arc::clone(self.writer()?);
        self.check_room()?;
        let place = Arc::clone(&self.place);
        let written = tokio::spawn(async move {
            let appended = append_batch(&writer, appends);
            let appended = in_time::<DB, _>(&place, appended, StoreError::outcome_unknown).await;
            let (outcomes, heads) = appended?;
            writer.appended(&place, &heads);
            Ok(outcomes)
        });
        written.await.map_err(StoreError::outcome_unknown)?
    }

    async fn redact(&self, redaction: Redaction) -> Result<AppendOutcome, StoreError> {
        redaction.check()?;
        let append = redaction.append.clone();
        self.append_with(append, With::Redaction(redaction)).await
    }

    async fn append_redacted(
        &self,
        append: Append,
        redacted: Vec<RedactedEvent>,
    ) -> Result<AppendOutcome, StoreError> {
        self.append_with(append, With::Redacted(redacted)).await
    }

    async fn scrub(&self) -> Result<Scrubbed, StoreError> {
        DB::scrub(&self.place, &self.writer()?.connections).await
    }

    async fn last_redaction(&self, stream: StreamId) -> Result<Version, StoreError> {
        let call = Call::new(sql::LAST_REDACTION).stream(stream);
        let last = self.row(call, |row| row::version::<DB>(row, 0)).await?;
        Ok(last.unwrap_or(Version::NONE))
    }

    fn appends_in_parallel(&self) -> usize {
        let writer = self.writer.as_ref();
        writer.map_or(1, |writer| writer.appends_in_parallel)
    }

    async fn hold(&self, stream: StreamId) -> Result<Option<Box<dyn Hold + '_>>, StoreError> {
        if !DB::LOCKS_HEADS {
            return Ok(None);
        }
        let held = HeldStream::lock(self, self.writer()?, stream);
        Ok(Some(Box::new(
            self.unless_late("holding a stream", held).await?,
        )))
    }

    async fn head(&self, stream: StreamId) -> Result<Option<Head>, StoreError> {
        self.row(Call::new(sql::HEAD).stream(stream), row::head::<DB>)
            .await
    }

    async fn heads(&self, after: Option<StreamId>, limit: usize) -> Result<Vec<Head>, StoreError> {
        let call = match after {
            None => Call::new(sql::HEADS).limit(limit),
            Some(after) => Call::new(sql::HEADS_AFTER).stream(after).limit(limit),
        };
        let rows = self.rows(call).await?;
        row::all::<DB, _>(
            || "the heads of the streams".to_owned(),
            &rows,
            row::head::<DB>,
        )
    }

    async fn heads_of(&self, streams: &[StreamId]) -> Result<Vec<Head>, StoreError> {
        let streams: BTreeSet<StreamId> = streams.iter().copied().collect();
        let streams: Vec<StreamId> = streams.into_iter().collect();
        let rows = self
            .find(&sql::HEADS_OF, &streams, |call| call, Call::stream)
            .await?;
        let place = || "the heads of the streams".to_owned();
        let mut heads = row::all::<DB, _>(place, &rows, row::head::<DB>)?;
        heads.sort_by_key(|head| head.stream_id);
        Ok(heads)
    }

    fn wakeups(&self) -> Wakeups {
        DB::wakeups(&self.place)
    }

    fn tell(&self, note: String) {
        DB::tell(&self.place, note);
    }

    async fn read_versions(
        &self,
        stream: StreamId,
        after: Version,
        through: Version,
        subjects: &[Uuid],
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        if !subjects.is_empty() {
            return self
                .touching((stream, after, through), subjects, limit)
                .await;
        }
        let call = Call::new(sql::READ_VERSIONS)
            .stream(stream)
            .version(after)
            .version(through);
        self.events(stream, call.limit(limit)).await
    }

    async fn read_effective(
        &self,
        stream: StreamId,
        after: (Instant, Version),
        until: Instant,
        through: Version,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let call = Call::new(sql::READ_EFFECTIVE)
            .stream(stream)
            .instant(after.0)
            .version(after.1);
        self.events(stream, call.instant(until).version(through).limit(limit))
            .await
    }

    async fn read_backdated(
        &self,
        stream: StreamId,
        after: Version,
        through: Version,
        until: Instant,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let call = Call::new(sql::READ_BACKDATED)
            .stream(stream)
            .version(after)
            .version(through);
        self.events(stream, call.instant(until).limit(limit)).await
    }

    async fn count_backdated(
        &self,
        stream: StreamId,
        after: Version,
        through: Version,
    ) -> Result<u64, StoreError> {
        let call = Call::new(sql::COUNT_BACKDATED)
            .stream(stream)
            .version(after)
            .version(through);
        let count = self.row(call, |row| row::version::<DB>(row, 0)).await?;
        Ok(count.unwrap_or_default().0)
    }

    async fn version_at(&self, stream: StreamId, recorded: Instant) -> Result<Version, StoreError> {
        let call = Call::new(sql::VERSION_AT).stream(stream).instant(recorded);
        Ok(self
            .row(call, |row| row::version::<DB>(row, 0))
            .await?
            .unwrap_or(Version::NONE))
    }

    async fn effective_max_at(
        &self,
        stream: StreamId,
        version: Version,
    ) -> Result<Instant, StoreError> {
        let call = Call::new(sql::EFFECTIVE_MAX_AT)
            .stream(stream)
            .version(version);
        Ok(self
            .row(call, |row| row::instant::<DB>(row, 0))
            .await?
            .unwrap_or(Instant::MIN))
    }

    async fn commands(
        &self,
        stream: StreamId,
        ids: &[Uuid],
    ) -> Result<Vec<CommandRecord>, StoreError> {
        let ids: BTreeSet<Uuid> = ids.iter().copied().collect();
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let leading = |call: Call<DB>| call.stream(stream);
        let rows = self.find(&sql::COMMANDS, &ids, leading, Call::uuid).await?;
        let place = || format!("the commands of stream {stream}");
        let mut commands = row::all::<DB, _>(place, &rows, row::command::<DB>)?;
        commands.sort_by_key(|command| command.command_id);
        commands.dedup_by_key(|command| command.command_id);
        Ok(commands)
    }

    async fn commands_after(
        &self,
        stream: StreamId,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<CommandRecord>, StoreError> {
        let call = match after {
            None => Call::new(sql::LIST_COMMANDS).stream(stream),
            Some(after) => Call::new(sql::LIST_COMMANDS_AFTER)
                .stream(stream)
                .uuid(after),
        };
        let rows = self.rows(call.limit(limit)).await?;
        let place = || format!("the commands of stream {stream}");
        row::all::<DB, _>(place, &rows, row::command::<DB>)
    }

    async fn read_sealed(
        &self,
        stream: StreamId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<SealedEvent>, StoreError> {
        let call = Call::new(sql::READ_SEALED)
            .stream(stream)
            .version(after)
            .limit(limit);
        let rows = self.rows(call).await?;
        let place = || format!("stream {stream}, after version {after}");
        let events = row::all::<DB, _>(place, &rows, row::sealed_event::<DB>)?;
        self.with_remainders(stream, events, |sealed| &mut sealed.event)
            .await
    }

    async fn put_snapshots(&self, snapshots: Vec<Snapshot>) -> Result<(), StoreError> {
        let writers = &self.writer()?.connections;
        self.check_room()?;
        let put = snapshots::put(writers, snapshots);
        let late = |error| StoreError::unavailable("keeping snapshots", error);
        in_time::<DB, _>(&self.place, put, late).await
    }

    async fn nearest_snapshot(
        &self,
        stream: StreamId,
        family: SnapshotFamily,
        effective: Instant,
        version: Version,
        format: u16,
    ) -> Result<Option<Snapshot>, StoreError> {
        let call = snapshots::nearest(stream, family, effective, version, format);
        self.row(call, |row| row::snapshot::<DB>(row, stream, family))
            .await
    }

    async fn snapshot_points(
        &self,
        stream: StreamId,
        family: SnapshotFamily,
    ) -> Result<Vec<SnapshotPoint>, StoreError> {
        let rows = self.rows(snapshots::points(stream, family)).await?;
        let place = || format!("the snapshots of stream {stream}");
        row::all::<DB, _>(place, &rows, |row| row::snapshot_point::<DB>(row, family))
    }

    async fn snapshot(
        &self,
        stream: StreamId,
        point: SnapshotPoint,
    ) -> Result<Option<Snapshot>, StoreError> {
        let call = snapshots::at(stream, point);
        self.row(call, |row| row::snapshot::<DB>(row, stream, point.family))
            .await
    }

    async fn advance_snapshots(
        &self,
        stream: StreamId,
        from: Version,
        to: Version,
        below: Instant,
    ) -> Result<(), StoreError> {
        let call = Call::new(sql::ADVANCE_SNAPSHOTS)
            .stream(stream)
            .version(from)
            .version(to)
            .instant(below);
        self.change("advancing snapshots", call).await.map(|_| ())
    }

    async fn delete_snapshots(
        &self,
        stream: StreamId,
        family: Option<SnapshotFamily>,
    ) -> Result<u64, StoreError> {
        self.change("deleting snapshots", snapshots::delete(stream, family))
            .await
    }
}
