//! Traces: what a collector is told of an edit, and what it is not.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use serde_json::Value as Json;

use crate::api::{Api, Place};
use crate::running::{ANY_PORT, Running, Server, folder, roadbook, serve_arguments};

/// A safety net: a test that waits so long has failed.
const AT_LAST: Duration = Duration::from_mins(1);

const TEXT: &str = "what only members may read";

/// The trace of a caller, and what names it, as sampled.
const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const TRACE: [u8; 16] = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes();
const CALLERS_SPAN: [u8; 8] = 0xb7ad_6b71_6920_3331_u64.to_be_bytes();

/// Bodies that wait for the test; beyond it the collector waits.
const BODIES_MAX: usize = 64;

/// A collector that takes everything, and hands on what it was sent.
fn collector() -> (String, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    let endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let (bodies, sent) = sync_channel(BODIES_MAX);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let bodies = bodies.clone();
            thread::spawn(move || take(stream.unwrap(), &bodies));
        }
    });
    (endpoint, sent)
}

/// Takes request after request until the connection or the test ends.
fn take(stream: TcpStream, bodies: &SyncSender<Vec<u8>>) {
    let mut requests = BufReader::new(stream);
    loop {
        let mut length = 0;
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            if requests.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let (name, value) = line.split_once(':').unwrap_or_default();
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        requests.read_exact(&mut body).unwrap();
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        if requests.get_mut().write_all(answer).is_err() || bodies.send(body).is_err() {
            return;
        }
    }
}

/// A name as a span bears it: field 5 of its message, and its length.
fn span(name: &str) -> Vec<u8> {
    let length = u8::try_from(name.len()).unwrap();
    [&[0x2a, length], name.as_bytes()].concat()
}

fn holds(told: &[u8], part: &[u8]) -> bool {
    told.windows(part.len()).any(|window| window == part)
}

/// A server that tells a collector at once, and an edit through it, of which the collector is told until all of these
/// names are told.
fn told_of_an_edit(settings: &[(&str, &str)], traceparent: &str, names: &[&str]) -> Vec<u8> {
    let folder = folder();
    let folder = folder.path();
    Running::demo(folder).process.stop();
    let (endpoint, sent) = collector();
    let mut serve = roadbook(folder, &serve_arguments(ANY_PORT));
    serve.env("ROADBOOK_TRACES__ENDPOINT", endpoint);
    serve.env("ROADBOOK_TRACES__INTERVAL_MS", "50");
    serve.envs(settings.iter().copied());
    let server = Server::of(Running::start(serve));
    let mut api = Api::of(&server, folder, "GSC");
    api.within_trace(traceparent);
    let road_map = api.road_map(&Json::Null);
    api.set(&Place::find(&road_map, "B.5.1", "notes"), TEXT);

    let spans: Vec<_> = names.iter().map(|name| span(name)).collect();
    let mut told = Vec::new();
    while !spans.iter().all(|span| holds(&told, span)) {
        told.extend(sent.recv_timeout(AT_LAST).expect("a span is missing"));
    }
    told
}

#[test]
fn a_collector_is_told_of_an_edit_and_all_that_made_it_durable_and_of_no_text() {
    let names = ["graphql.operation", "append", "commit"];
    let told = told_of_an_edit(&[], TRACEPARENT, &names);
    assert!(holds(&told, b"roadbook"), "the service has a name");
    assert!(!holds(&told, TEXT.as_bytes()));
    assert!(!holds(&told, &TRACE), "callers are not followed unasked");
}

#[test]
fn an_operation_goes_on_with_the_trace_of_its_caller_where_callers_are_followed() {
    let followed = [("ROADBOOK_TRACES__FOLLOW_CALLERS", "true")];
    let names = ["graphql.operation", "http.request"];
    let told = told_of_an_edit(&followed, TRACEPARENT, &names);
    assert!(holds(&told, &TRACE));
    assert!(holds(&told, &CALLERS_SPAN));
}

#[test]
fn a_trace_that_is_not_well_formed_counts_as_none() {
    let followed = [("ROADBOOK_TRACES__FOLLOW_CALLERS", "true")];
    let malformed = "00-not-a-trace";
    let told = told_of_an_edit(&followed, malformed, &["graphql.operation"]);
    assert!(!holds(&told, &span("http.request")));
}

#[test]
fn a_collector_that_is_away_keeps_nobody_waiting() {
    let folder = folder();
    let folder = folder.path();
    Running::demo(folder).process.stop();
    let nobody = TcpListener::bind(ANY_PORT).unwrap().local_addr().unwrap();
    let mut serve = roadbook(folder, &serve_arguments(ANY_PORT));
    serve.env(
        "ROADBOOK_TRACES__ENDPOINT",
        format!("http://{nobody}/v1/traces"),
    );
    let mut server = Server::of(Running::start(serve));
    let mut api = Api::of(&server, folder, "GSC");
    let road_map = api.road_map(&Json::Null);
    api.set(
        &Place::find(&road_map, "B.5.1", "notes"),
        "kept all the same",
    );
    assert!(server.process.stop().success());
}
