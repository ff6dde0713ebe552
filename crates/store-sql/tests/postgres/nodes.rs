//! Several nodes that write at once: versions stay dense, a lost race is a conflict, and nobody waits for ever.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use roadbook_store::testing::{append, command, stream};
use roadbook_store::{Append, AppendOutcome, EventLog, Version, verify_log};
use roadbook_store_sql::PostgresSettings;
use uuid::Uuid;

use crate::server::Server;
use crate::{Log, fresh, open, version};

crate::claims![
    two_nodes_on_one_stream_keep_it_dense_and_lose_nothing,
    of_two_nodes_that_open_a_stream_one_wins,
    two_nodes_with_the_same_streams_never_wait_for_each_other,
    one_command_is_recorded_by_one_node_alone,
    a_node_that_is_mistaken_about_a_stream_writes_nothing_of_it,
    a_log_that_lost_its_last_events_gets_none_with_a_gap_before_it,
    who_holds_a_stream_is_not_overtaken,
    streams_that_are_held_leave_connections_for_others,
    a_command_that_is_recorded_is_refused_through_a_hold_too,
    who_holds_a_stream_reads_what_others_appended,
    a_stream_without_events_can_be_held_by_several_and_one_wins,
    a_hold_that_is_not_used_lets_the_stream_go,
    a_log_has_one_name_and_no_other_log_has_it,
];

fn only(append: Append, id: u128) -> Append {
    let last = append.head().0;
    Append {
        commands: vec![command(id, last)],
        ..append
    }
}

/// Each writer appends one or two events where it believes the stream to stand, and believes what it is answered.
async fn write(log: Arc<Log>, writer: u128, rounds: u64) -> (Vec<u128>, u64) {
    let (mut acknowledged, mut conflicts, mut known) = (Vec::new(), 0, 0);
    for round in 0..rounds {
        let id = writer * 1_000_000 + u128::from(round);
        let effects = if round % 3 == 0 { vec![1, 2] } else { vec![1] };
        let mine = only(append(stream(1), known, &effects), id);
        let other = only(
            append(stream(100 + u64::try_from(writer).unwrap()), round, &[1]),
            id,
        );
        let outcomes = log.append_batch(vec![mine, other]).await.unwrap();
        match outcomes[0] {
            AppendOutcome::Appended { head } => {
                acknowledged.push(id);
                known = head.0;
            }
            AppendOutcome::Conflict { head } => {
                conflicts += 1;
                known = head.0;
            }
        }
        // The neighbour in the batch is not hindered by a conflict.
        let expected = AppendOutcome::Appended {
            head: Version(round + 1),
        };
        assert_eq!(outcomes[1], expected);
    }
    (acknowledged, conflicts)
}

async fn two_nodes_on_one_stream_keep_it_dense_and_lose_nothing(server: &'static Server) {
    let (first, database) = fresh(server).await;
    let nodes = [
        Arc::new(first),
        Arc::new(open(&server.url(&database)).await),
    ];
    let writers: Vec<_> = (0..6)
        .map(|writer| {
            let log = Arc::clone(&nodes[usize::try_from(writer % 2).unwrap()]);
            tokio::spawn(write(log, writer, 40))
        })
        .collect();
    let (mut acknowledged, mut conflicts) = (Vec::new(), 0);
    for writer in writers {
        let (ids, lost) = writer.await.unwrap();
        acknowledged.extend(ids);
        conflicts += lost;
    }
    assert!(conflicts > 0, "the writers never met");
    let ids: Vec<Uuid> = acknowledged.iter().copied().map(Uuid::from_u128).collect();
    let recorded = nodes[0].commands(stream(1), &ids).await.unwrap();
    assert_eq!(recorded.len(), acknowledged.len());
    let events = acknowledged
        .iter()
        .map(|id| if id % 1_000_000 % 3 == 0 { 2 } else { 1 });
    assert_eq!(version(&nodes[1], 1).await, events.sum::<u64>());
    verify_log(&*nodes[0], &mut |_| {}).await.unwrap();
}

async fn of_two_nodes_that_open_a_stream_one_wins(server: &'static Server) {
    let (first, database) = fresh(server).await;
    let second = open(&server.url(&database)).await;
    for number in 0..40 {
        let one = only(append(stream(number), 0, &[1]), u128::from(number) * 2);
        let two = only(
            append(stream(number), 0, &[1, 2]),
            u128::from(number) * 2 + 1,
        );
        let both = tokio::join!(
            first.append_batch(vec![one]),
            second.append_batch(vec![two])
        );
        let outcomes = [both.0.unwrap()[0], both.1.unwrap()[0]];
        let head = Version(version(&first, number).await);
        let mut expected = [
            AppendOutcome::Appended { head },
            AppendOutcome::Conflict { head },
        ];
        if outcomes[0] != expected[0] {
            expected.reverse();
        }
        assert_eq!(outcomes, expected);
    }
    verify_log(&first, &mut |_| {}).await.unwrap();
}

/// Half of the streams are new to both, and the batches name them in opposite orders.
async fn two_nodes_with_the_same_streams_never_wait_for_each_other(server: &'static Server) {
    let (first, database) = fresh(server).await;
    let second = open(&server.url(&database)).await;
    for round in 0..20_u64 {
        let streams = [round, round + 100, round + 1, round + 101];
        let mut batches = [Vec::new(), Vec::new()];
        for number in streams {
            let standing = version(&first, number).await;
            batches[0].push(append(stream(number), standing, &[1]));
            batches[1].insert(0, append(stream(number), standing, &[2]));
        }
        let [one, two] = batches;
        let both = tokio::join!(first.append_batch(one), second.append_batch(two));
        let (one, mut two) = (both.0.unwrap(), both.1.unwrap());
        two.reverse();
        for (one, two) in one.iter().zip(&two) {
            let won = [one, two].map(|outcome| matches!(outcome, AppendOutcome::Appended { .. }));
            assert!(won[0] != won[1], "{one:?} and {two:?}");
        }
    }
    let deadlocks: i64 = sqlx::query_scalar(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()",
    )
    .fetch_one(&mut server.stranger(&database).await)
    .await
    .unwrap();
    assert_eq!(deadlocks, 0);
}

/// Without events there is no head to lock, and the command alone decides.
async fn one_command_is_recorded_by_one_node_alone(server: &'static Server) {
    let (first, database) = fresh(server).await;
    let second = open(&server.url(&database)).await;
    for number in 0..40 {
        let same = only(append(stream(1), 0, &[]), number);
        let both = tokio::join!(
            first.append_batch(vec![same.clone()]),
            second.append_batch(vec![same])
        );
        let outcomes = [both.0.unwrap()[0], both.1.unwrap()[0]];
        let head = Version::NONE;
        assert!(
            outcomes.contains(&AppendOutcome::Appended { head })
                && outcomes.contains(&AppendOutcome::Conflict { head }),
            "{outcomes:?}"
        );
    }
}

/// Returns once a session waits for the lock of another.
async fn somebody_waits(server: &Server, database: &str) {
    let mut connection = server.stranger(database).await;
    let waiting = "SELECT count(*) FROM pg_stat_activity \
         WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(waiting)
        .fetch_one(&mut connection)
        .await
        .unwrap()
        == 0
    {}
}

/// A node appends on what it wrote last without asking; another may have gone on from there.
async fn a_node_that_is_mistaken_about_a_stream_writes_nothing_of_it(server: &'static Server) {
    let (first, database) = fresh(server).await;
    let second = open(&server.url(&database)).await;
    let both = |expected, id| {
        let of = |number| only(append(stream(number), expected, &[1]), id);
        vec![of(1), of(2)]
    };
    let head = Version(1);
    let appended = AppendOutcome::Appended { head };
    let outcomes = first.append_batch(both(0, 1)).await.unwrap();
    assert_eq!(outcomes, [appended, appended]);
    let other = vec![append(stream(1), 1, &[5, 4])];
    second.append_batch(other).await.unwrap();

    let outcomes = first.append_batch(both(1, 2)).await.unwrap();
    let conflict = AppendOutcome::Conflict { head: Version(3) };
    let head = Version(2);
    assert_eq!(outcomes, [conflict, AppendOutcome::Appended { head }]);
    let ids = [Uuid::from_u128(2)];
    assert!(first.commands(stream(1), &ids).await.unwrap().is_empty());
    // It goes on from where it was told that the stream stands.
    let next = first.append_batch(vec![append(stream(1), 3, &[2])]).await;
    let head = Version(4);
    assert_eq!(next.unwrap(), [AppendOutcome::Appended { head }]);
    verify_log(&first, &mut |_| {}).await.unwrap();
}

/// As when a standby that did not have them yet takes the place of the server.
async fn a_log_that_lost_its_last_events_gets_none_with_a_gap_before_it(server: &'static Server) {
    let (log, database) = fresh(server).await;
    for expected in 0..3 {
        let append = append(stream(1), expected, &[1]);
        log.append_batch(vec![append]).await.unwrap();
    }
    let lost = ["events", "payloads", "subjects", "backdated"];
    let lost = lost.map(|table| format!("DELETE FROM {table} WHERE version > 1"));
    let lost = lost.join("; ");
    let lost = format!(
        "SET session_replication_role = replica; {lost}; DELETE FROM commands WHERE last_version > 1; \
         UPDATE streams SET version = 1, recorded_at = (SELECT recorded_at FROM events), \
         effective_max = (SELECT effective_max FROM events)"
    );
    server.run(&database, &[&lost]).await;
    let outcomes = log.append_batch(vec![append(stream(1), 3, &[1])]).await;
    let conflict = AppendOutcome::Conflict { head: Version(1) };
    assert_eq!(outcomes.unwrap(), [conflict]);
    let next = log.append_batch(vec![append(stream(1), 1, &[1])]).await;
    let head = Version(2);
    assert_eq!(next.unwrap(), [AppendOutcome::Appended { head }]);
    verify_log(&log, &mut |_| {}).await.unwrap();
}

async fn who_holds_a_stream_is_not_overtaken(server: &'static Server) {
    let (here, database) = fresh(server).await;
    let there = Arc::new(open(&server.url(&database)).await);
    here.append_batch(vec![append(stream(1), 0, &[1])])
        .await
        .unwrap();
    let hold = here.hold(stream(1)).await.unwrap().unwrap();
    let other = Arc::clone(&there);
    let overtaking =
        tokio::spawn(async move { other.append_batch(vec![append(stream(1), 1, &[1])]).await });
    somebody_waits(server, &database).await;
    let outcome = hold.append(append(stream(1), 1, &[1, 2])).await.unwrap();
    assert_eq!(outcome, AppendOutcome::Appended { head: Version(3) });
    let overtaken = overtaking.await.unwrap().unwrap();
    assert_eq!(overtaken, [AppendOutcome::Conflict { head: Version(3) }]);
    let hold = there.hold(stream(1)).await.unwrap().unwrap();
    let late = hold.append(append(stream(1), 1, &[1])).await.unwrap();
    assert_eq!(late, AppendOutcome::Conflict { head: Version(3) });
    verify_log(&here, &mut |_| {}).await.unwrap();
}

/// Streams that are held wait for other nodes, which must not keep appends to other streams waiting.
async fn streams_that_are_held_leave_connections_for_others(server: &'static Server) {
    let (here, _) = fresh(server).await;
    let wanted = u64::from(PostgresSettings::default().write_connections_max) * 2;
    for number in 0..wanted {
        let first = here.append_batch(vec![append(stream(number), 0, &[1])]);
        first.await.unwrap();
    }
    let (mut begun, mut waiting) = (Vec::new(), Vec::new());
    for number in 0..wanted {
        let mut hold = here.hold(stream(number));
        match hold.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(hold) => begun.push(hold.unwrap().unwrap()),
            Poll::Pending => waiting.push(hold),
        }
    }
    let outcomes = here.append_batch(vec![append(stream(wanted), 0, &[1])]);
    let head = Version(1);
    assert_eq!(outcomes.await.unwrap(), [AppendOutcome::Appended { head }]);
    for hold in begun {
        hold.release().await;
    }
    for hold in waiting {
        hold.await.unwrap().unwrap().release().await;
    }
}

async fn a_command_that_is_recorded_is_refused_through_a_hold_too(server: &'static Server) {
    let (here, database) = fresh(server).await;
    let there = open(&server.url(&database)).await;
    let first = only(append(stream(1), 0, &[1]), 7);
    here.append_batch(vec![first]).await.unwrap();
    for log in [&here, &there] {
        let hold = log.hold(stream(1)).await.unwrap().unwrap();
        let again = hold.append(only(append(stream(1), 1, &[1]), 7)).await;
        let conflict = AppendOutcome::Conflict { head: Version(1) };
        assert_eq!(again.unwrap(), conflict);
    }
    let hold = there.hold(stream(1)).await.unwrap().unwrap();
    let next = hold.append(only(append(stream(1), 1, &[1]), 8)).await;
    let head = Version(2);
    assert_eq!(next.unwrap(), AppendOutcome::Appended { head });
    verify_log(&here, &mut |_| {}).await.unwrap();
}

async fn who_holds_a_stream_reads_what_others_appended(server: &'static Server) {
    let (here, database) = fresh(server).await;
    let there = open(&server.url(&database)).await;
    here.append_batch(vec![append(stream(1), 0, &[1, 2, 3])])
        .await
        .unwrap();
    let mut hold = there.hold(stream(1)).await.unwrap().unwrap();
    let mut read = Vec::new();
    for (after, limit) in [(0, 2), (2, 2), (3, 2)] {
        let page = hold.read(Version(after), limit).await.unwrap();
        let versions = page.iter().map(|event| event.header.version.0);
        read.push(versions.collect::<Vec<_>>());
    }
    assert_eq!(read, [vec![1, 2], vec![3], vec![]]);
    let outcome = hold.append(append(stream(1), 3, &[1])).await.unwrap();
    assert_eq!(outcome, AppendOutcome::Appended { head: Version(4) });
}

/// There is no row to lock.
async fn a_stream_without_events_can_be_held_by_several_and_one_wins(server: &'static Server) {
    let (here, database) = fresh(server).await;
    let there = open(&server.url(&database)).await;
    let first = here.hold(stream(1)).await.unwrap().unwrap();
    let mut second = there.hold(stream(1)).await.unwrap().unwrap();
    assert!(second.read(Version::NONE, 1).await.unwrap().is_empty());
    let outcome = first.append(append(stream(1), 0, &[1])).await.unwrap();
    assert_eq!(outcome, AppendOutcome::Appended { head: Version(1) });
    let outcome = second.append(append(stream(1), 0, &[1])).await.unwrap();
    assert_eq!(outcome, AppendOutcome::Conflict { head: Version(1) });
    verify_log(&here, &mut |_| {}).await.unwrap();
}

async fn a_hold_that_is_not_used_lets_the_stream_go(server: &'static Server) {
    let (here, database) = fresh(server).await;
    let there = open(&server.url(&database)).await;
    here.append_batch(vec![append(stream(1), 0, &[1])])
        .await
        .unwrap();
    here.hold(stream(1)).await.unwrap().unwrap().release().await;
    drop(here.hold(stream(1)).await.unwrap());
    let outcomes = there.append_batch(vec![append(stream(1), 1, &[1])]).await;
    assert_eq!(
        outcomes.unwrap(),
        [AppendOutcome::Appended { head: Version(2) }]
    );
}

async fn a_log_has_one_name_and_no_other_log_has_it(server: &'static Server) {
    let (here, database) = fresh(server).await;
    let there = open(&server.url(&database)).await;
    let name = here.name().await.unwrap();
    assert_eq!(there.name().await.unwrap(), name);
    let (elsewhere, _) = fresh(server).await;
    assert_ne!(elsewhere.name().await.unwrap(), name);
}
