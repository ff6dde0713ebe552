//! A network between a node and its database that can be slow, swallow everything, or break.
//!
//! Owns one listening port and what is passed on. Invariant: bytes are late or their connection is cut, as TCP has it, but
//! what arrives is what was sent.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// How late everything is on a slow way.
const DELAY: Duration = Duration::from_millis(40);

/// What happens to bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// They are passed on.
    Open,
    /// They are passed on late.
    Slow,
    /// They are not passed on, and nobody is told: packets are lost.
    Silent,
    /// Connections are cut, and new ones too.
    Closed,
}

/// A network with one listener.
pub(crate) struct Proxy {
    address: String,
    shared: Arc<Shared>,
}

struct Shared {
    way: Mutex<Way>,
    changed: Condvar,
    /// Both ends of every connection.
    open: Mutex<Vec<TcpStream>>,
    /// How often connections were abandoned: older ones never pass anything again.
    abandoned: AtomicUsize,
}

impl Proxy {
    /// Begins to pass on to host and port.
    pub(crate) fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared {
            way: Mutex::new(Way::Open),
            changed: Condvar::new(),
            open: Mutex::default(),
            abandoned: AtomicUsize::new(0),
        });
        let (server, accepting) = (server.to_owned(), Arc::clone(&shared));
        thread::spawn(move || {
            for node in listener.incoming() {
                accepting.connect(&node.unwrap(), &server);
            }
        });
        Self { address, shared }
    }

    /// Where the node is to connect, host and port.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// From now on, bytes go that way.
    pub(crate) fn set(&self, way: Way) {
        println!("the way to the database: {way:?}");
        *self.shared.way.lock().unwrap() = way;
        self.shared.changed.notify_all();
        if way == Way::Closed {
            self.reset();
        }
    }

    /// Nothing ever passes again on the connections that are open, and nobody is told, as if the host at the other end had
    /// lost its power; new ones are let through.
    pub(crate) fn abandon(&self) {
        println!("the connections to the database are abandoned");
        self.shared.abandoned.fetch_add(1, Ordering::SeqCst);
    }

    /// Cuts every connection; new ones are let through.
    pub(crate) fn reset(&self) {
        for end in self.shared.open.lock().unwrap().drain(..) {
            // The other thread may have come first.
            drop(end.shutdown(Shutdown::Both));
        }
    }
}

impl Shared {
    fn connect(self: &Arc<Self>, node: &TcpStream, server: &str) {
        if *self.way.lock().unwrap() == Way::Closed {
            return;
        }
        let Ok(server) = TcpStream::connect(server) else {
            return;
        };
        let ends = [node, &server].map(|end| end.try_clone().unwrap());
        self.open.lock().unwrap().extend(ends);
        let directions = [(node, &server), (&server, node)];
        for (from, to) in directions {
            let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
            let shared = Arc::clone(self);
            let age = self.abandoned.load(Ordering::SeqCst);
            thread::spawn(move || shared.pass_on(from, to, age));
        }
    }

    fn pass_on(&self, mut from: TcpStream, mut to: TcpStream, age: usize) {
        let mut bytes = vec![0; 1 << 16];
        while let Ok(length @ 1..) = from.read(&mut bytes) {
            self.wait();
            if age < self.abandoned.load(Ordering::SeqCst) {
                continue;
            }
            if to.write_all(&bytes[..length]).is_err() {
                break;
            }
        }
        // The last word of a host without power is not heard either.
        if age == self.abandoned.load(Ordering::SeqCst) {
            drop(to.shutdown(Shutdown::Both));
        }
    }

    /// Until bytes may pass.
    fn wait(&self) {
        let way = self.way.lock().unwrap();
        let way = self
            .changed
            .wait_while(way, |way| *way == Way::Silent)
            .unwrap();
        if *way == Way::Slow {
            drop(
                self.changed
                    .wait_timeout_while(way, DELAY, |way| *way == Way::Slow),
            );
        }
    }
}
