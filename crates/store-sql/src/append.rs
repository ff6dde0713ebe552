//! The transaction that appends: reads where the streams stand, decides, writes, commits.
//!
//! Owns the order of its statements, and judging a batch anew if somebody else took a place that it was judged for, or if
//! a command of it turns out to be recorded. Which appends are accepted is decided by the contract's own rules.
//! Invariant: one commit for each batch, and nothing is written of an append that is not accepted.

use std::collections::BTreeSet;

use roadbook_store::{
    Append, AppendOutcome, Decision, Head, NewRemainder, RedactedEvent, Redaction, SealedRow,
    Standing, StoreError, StreamId, Version,
};
use sqlx::Error;
use uuid::Uuid;

use crate::call::{Call, find_all};
use crate::dialect::{Dialect, store_error};
use crate::presumed::append_presuming;
use crate::transaction::Transaction;
use crate::writer::Writer;
use crate::{row, sql};

/// What is asked before a batch is judged. Nearly no command is ever recorded, and one that is stops the insertion by its
/// key: where a batch can be judged again, commands are asked about only then.
#[derive(Clone, Copy)]
enum Asked {
    HeadsAndCommands,
    Heads,
    /// The stream is held, and this is where it stands.
    Nothing(Head),
}

/// What is done in the transaction besides appending.
#[derive(Clone, Copy)]
pub(crate) enum Besides<'a> {
    Nothing,
    /// Payloads are taken away, as the one append says.
    Redacting(&'a Redaction),
    /// Events of the one append are redacted already.
    Redacted(&'a [RedactedEvent]),
}

/// Why a batch was not written.
enum Unwritten {
    /// The batch is none that can be judged, as far as is known.
    Refused(StoreError),
    /// Nobody knows whether it was written after all.
    Unknown(StoreError),
    /// The database failed or somebody was faster; nothing was written.
    Failed(Error),
}

impl From<Error> for Unwritten {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Appends on one of the connections and tells what became of each append, and what was appended.
pub(crate) async fn append_batch<DB: Dialect>(
    writer: &Writer<DB>,
    mut appends: Vec<Append>,
) -> Result<(Vec<AppendOutcome>, Vec<Head>), StoreError> {
    if let Some(decision) = append_presuming(&writer.connections, &writer.heads, &appends).await? {
        let heads = heads_of(&decision);
        return Ok((decision.outcomes, heads));
    }
    let mut judgements_left = DB::JUDGEMENTS_MAX;
    let mut asked = Asked::Heads;
    loop {
        judgements_left = judgements_left.saturating_sub(1);
        let judged = if judgements_left == 0 {
            asked = Asked::HeadsAndCommands;
            std::mem::take(&mut appends)
        } else {
            appends.clone()
        };
        let begun = Transaction::begin(&writer.connections).await;
        let transaction = begun.map_err(|error| store_error::<DB>("the append", error))?;
        match judge_and_commit(transaction, judged, asked, Besides::Nothing).await {
            Ok(decision) => {
                let heads = heads_of(&decision);
                return Ok((decision.outcomes, heads));
            }
            // Where the streams stand now decides: most likely it is a conflict, which is an answer and no error.
            Err(Unwritten::Failed(error)) if judgements_left > 0 && DB::is_lost_race(&error) => {
                asked = Asked::HeadsAndCommands;
            }
            // A command that is recorded is answered before anything else that may be wrong with its append.
            Err(Unwritten::Refused(_)) if matches!(asked, Asked::Heads) => {
                asked = Asked::HeadsAndCommands;
            }
            Err(unwritten) => return Err(unwritten.told::<DB>()),
        }
    }
}

impl Unwritten {
    fn told<DB: Dialect>(self) -> StoreError {
        match self {
            Self::Refused(error) | Self::Unknown(error) => error,
            Self::Failed(error) => store_error::<DB>("the append", error),
        }
    }
}

/// Makes one append in a transaction that locks the head of the stream: of a stream that is there, nothing else can be in
/// the way, so that it is judged once.
pub(crate) async fn append_alone<DB: Dialect>(
    transaction: Transaction<DB>,
    append: Append,
    besides: Besides<'_>,
) -> Result<(AppendOutcome, Vec<Head>), StoreError> {
    let asked = Asked::HeadsAndCommands;
    let judged = judge_and_commit(transaction, vec![append], asked, besides).await;
    let decision = judged.map_err(Unwritten::told::<DB>)?;
    let heads = heads_of(&decision);
    Ok((only(&decision.outcomes)?, heads))
}

/// Makes one append in a transaction that has locked the head of the stream and found it so. If a command of it turns out to
/// be recorded, the hold is let go, and it is judged like any other append.
pub(crate) async fn append_held<DB: Dialect>(
    writer: &Writer<DB>,
    (transaction, head): (Transaction<DB>, Option<Head>),
    append: Append,
) -> Result<(AppendOutcome, Vec<Head>), StoreError> {
    // A stream without a head cannot be locked.
    let asked = head.map_or(Asked::HeadsAndCommands, Asked::Nothing);
    let judged = judge_and_commit(transaction, vec![append.clone()], asked, Besides::Nothing);
    let (outcomes, heads) = match judged.await {
        Ok(decision) => {
            let heads = heads_of(&decision);
            (decision.outcomes, heads)
        }
        Err(Unwritten::Refused(_)) => append_batch(writer, vec![append]).await?,
        Err(Unwritten::Failed(error)) if DB::is_lost_race(&error) => {
            append_batch(writer, vec![append]).await?
        }
        Err(unwritten) => return Err(unwritten.told::<DB>()),
    };
    Ok((only(&outcomes)?, heads))
}

/// The outcome of an append that went alone.
fn only(outcomes: &[AppendOutcome]) -> Result<AppendOutcome, StoreError> {
    let missing = || StoreError::corrupt("the append", "it was not judged");
    outcomes.first().copied().ok_or_else(missing)
}

fn heads_of(decision: &Decision) -> Vec<Head> {
    decision.heads.values().copied().collect()
}

async fn judge_and_commit<DB: Dialect>(
    mut transaction: Transaction<DB>,
    appends: Vec<Append>,
    asked: Asked,
    besides: Besides<'_>,
) -> Result<Decision, Unwritten> {
    let connection = transaction.connection();
    let decision = match judge_and_write::<DB>(connection, appends, asked, besides).await {
        Ok(decision) => decision,
        // A connection that failed is closed, which undoes what it wrote.
        Err(Unwritten::Failed(error)) if !DB::is_lost_race(&error) => return Err(error.into()),
        Err(unwritten) => {
            transaction.roll_back().await;
            return Err(unwritten);
        }
    };
    match transaction.commit().await {
        Ok(()) => Ok(decision),
        Err(error) if DB::is_lost_race(&error) || DB::is_full(&error) => Err(error.into()),
        Err(error) => Err(Unwritten::Unknown(StoreError::outcome_unknown(error))),
    }
}

async fn judge_and_write<DB: Dialect>(
    connection: &mut DB::Connection,
    appends: Vec<Append>,
    asked: Asked,
    besides: Besides<'_>,
) -> Result<Decision, Unwritten> {
    let standing = standing::<DB>(connection, &appends, asked).await?;
    let mut decision = standing.decide(appends).map_err(Unwritten::Refused)?;
    match besides {
        Besides::Redacted(redacted) => {
            let left = decision.redacted(redacted);
            DB::write(connection, &decision).await?;
            for (stream, (left, redaction)) in decision.heads.keys().cycle().zip(left) {
                put_remainder::<DB>(connection, *stream, &left, redaction).await?;
            }
        }
        Besides::Redacting(redaction) => {
            DB::write(connection, &decision).await?;
            let appended = |outcome| matches!(outcome, &AppendOutcome::Appended { .. });
            if decision.outcomes.iter().all(appended) {
                DB::redact(connection, redaction).await?;
            }
        }
        Besides::Nothing => DB::write(connection, &decision).await?,
    }
    Ok(decision)
}

/// Puts what is left of an event in the place of its payload.
pub(crate) async fn put_remainder<DB: Dialect>(
    connection: &mut DB::Connection,
    stream: StreamId,
    left: &NewRemainder,
    redaction: Version,
) -> Result<(), Error> {
    let of_event = |sql: &'static str| Call::<DB>::new(sql).stream(stream).version(left.version);
    of_event(sql::DELETE_PAYLOAD).run(connection).await?;
    of_event(sql::PUT_REMAINDER)
        .version(redaction)
        .bytes(left.salt.to_vec())
        .bytes(left.payload.to_vec())
        .run(connection)
        .await?;
    Ok(())
}

async fn standing<DB: Dialect>(
    connection: &mut DB::Connection,
    appends: &[Append],
    asked: Asked,
) -> Result<Standing, Error> {
    let mut standing = Standing::default();
    if let Asked::Nothing(head) = asked {
        standing.heads.insert(head.stream_id, head);
        return Ok(standing);
    }
    let streams: BTreeSet<StreamId> = appends.iter().map(|append| append.stream_id).collect();
    let streams: Vec<StreamId> = streams.into_iter().collect();
    let statement = if DB::LOCKS_HEADS {
        &sql::LOCK_HEADS_OF
    } else {
        &sql::HEADS_OF
    };
    let heads =
        find_all::<DB, _>(connection, statement, &streams, |call| call, Call::stream).await?;
    for row in &heads {
        let head = row::head::<DB>(row)?;
        standing.heads.insert(head.stream_id, head);
    }
    if matches!(asked, Asked::HeadsAndCommands) {
        standing.recorded = recorded_commands::<DB>(connection, appends).await?;
    }
    Ok(standing)
}

async fn recorded_commands<DB: Dialect>(
    connection: &mut DB::Connection,
    appends: &[Append],
) -> Result<BTreeSet<(StreamId, Uuid)>, Error> {
    let ids_of = |append: &Append| {
        let stream = append.stream_id.0;
        append
            .commands
            .iter()
            .map(|command| (stream, command.command_id))
            .collect::<Vec<_>>()
    };
    let ids: Vec<(Uuid, Uuid)> = appends.iter().flat_map(ids_of).collect();
    let bind = |call: Call<DB>, (stream, command)| call.uuid(stream).uuid(command);
    let statement = &sql::RECORDED_COMMANDS;
    let rows = find_all::<DB, _>(connection, statement, &ids, Call::planned_anew, bind).await?;
    rows.iter()
        .map(|row| Ok((StreamId(DB::uuid(row, 0)?), DB::uuid(row, 1)?)))
        .collect()
}

/// That an event touches a subject.
pub(crate) type Touch = (StreamId, Uuid, Version);

/// Each subject once: a header may name one twice.
pub(crate) fn touches(event: &SealedRow) -> impl Iterator<Item = Touch> {
    let subjects: BTreeSet<Uuid> = event.header.subjects.iter().copied().collect();
    let (stream, version) = (event.header.stream_id, event.header.version);
    subjects
        .into_iter()
        .map(move |subject| (stream, subject, version))
}
