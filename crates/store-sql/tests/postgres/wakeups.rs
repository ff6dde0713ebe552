//! What one node hears of another.

use std::time::Duration;

use roadbook_store::testing::{append, stream};
use roadbook_store::{EventLog, NOTE_BYTES_MAX, Version, Wakeup, Wakeups};
use roadbook_store_sql::PostgresSettings;
use tokio::time::timeout;

use crate::server::Server;
use crate::{Log, fresh, open};

crate::claims![
    a_node_hears_what_another_appends_and_not_what_it_appends_itself,
    after_its_connection_was_lost_a_node_hears_that_anything_may_have_changed,
    a_note_is_heard_as_it_was_told,
    many_streams_at_once_are_told_as_anything,
    what_is_appended_last_is_told_before_closing,
    a_node_that_tells_others_in_another_way_sends_no_wakeups,
];

async fn next(wakeups: &mut Wakeups) -> Wakeup {
    let heard = timeout(Duration::from_secs(20), wakeups.next()).await;
    heard.unwrap_or_else(|_| panic!("nothing was heard"))
}

/// Wake-ups from when the node listens.
async fn listening(log: &Log) -> Wakeups {
    let mut wakeups = log.wakeups();
    assert_eq!(next(&mut wakeups).await, Wakeup::Anything);
    wakeups
}

async fn one_event(log: &Log, number: u64, expected: u64) {
    log.append_batch(vec![append(stream(number), expected, &[1])])
        .await
        .unwrap();
}

fn heard(number: u64, version: u64) -> Wakeup {
    Wakeup::Stream {
        stream: stream(number),
        version: Version(version),
    }
}

async fn a_node_hears_what_another_appends_and_not_what_it_appends_itself(server: &'static Server) {
    let (first, database) = fresh(server).await;
    let mut to_first = listening(&first).await;
    let second = open(&server.url(&database)).await;
    let mut to_second = listening(&second).await;
    one_event(&first, 1, 0).await;
    assert_eq!(next(&mut to_second).await, heard(1, 1));
    one_event(&second, 2, 0).await;
    // Had it heard itself, it would have heard that first.
    assert_eq!(next(&mut to_first).await, heard(2, 1));
}

async fn after_its_connection_was_lost_a_node_hears_that_anything_may_have_changed(
    server: &'static Server,
) {
    let (first, database) = fresh(server).await;
    let mut to_first = listening(&first).await;
    let second = open(&server.url(&database)).await;
    let end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
         WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    server.run(&database, &[end]).await;
    assert_eq!(next(&mut to_first).await, Wakeup::Anything);
    one_event(&second, 1, 0).await;
    assert_eq!(next(&mut to_first).await, heard(1, 1));
}

async fn a_note_is_heard_as_it_was_told(server: &'static Server) {
    let (first, database) = fresh(server).await;
    let mut to_first = listening(&first).await;
    let second = open(&server.url(&database)).await;
    let longest = "é".repeat(NOTE_BYTES_MAX / 2);
    for note in ["one", &longest] {
        first.tell("not to oneself".to_owned());
        second.tell(note.to_owned());
        assert_eq!(next(&mut to_first).await, Wakeup::Told(note.into()));
    }
}

async fn many_streams_at_once_are_told_as_anything(server: &'static Server) {
    let (first, database) = fresh(server).await;
    let mut to_first = listening(&first).await;
    let second = open(&server.url(&database)).await;
    let many = (0..300).map(|number| append(stream(number), 0, &[1]));
    second.append_batch(many.collect()).await.unwrap();
    assert_eq!(next(&mut to_first).await, Wakeup::Anything);
}

async fn what_is_appended_last_is_told_before_closing(server: &'static Server) {
    let (first, database) = fresh(server).await;
    let mut to_first = listening(&first).await;
    let second = open(&server.url(&database)).await;
    one_event(&second, 1, 0).await;
    second.close().await;
    assert_eq!(next(&mut to_first).await, heard(1, 1));
}

async fn a_node_that_tells_others_in_another_way_sends_no_wakeups(server: &'static Server) {
    let (first, database) = fresh(server).await;
    let mut to_first = listening(&first).await;
    let settings = PostgresSettings {
        notify: false,
        ..PostgresSettings::default()
    };
    let url = server.url(&database);
    let silent = Log::connect(&url, &settings).await.unwrap();
    one_event(&silent, 1, 0).await;
    // What it had to tell it would have told by now.
    silent.close().await;
    let second = open(&url).await;
    one_event(&second, 2, 0).await;
    assert_eq!(next(&mut to_first).await, heard(2, 1));
}
