//! A crowd: thousands of sockets that listen, as cheaply as one thread can serve them.
//!
//! It owns just as much of WebSocket as is needed to count the messages that come in; what they say is not looked at.
//! Invariant: a message counts when its last byte was read.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::error::{BenchError, within};

/// Bytes read at once, into a place that all share.
const READ_BYTES: usize = 16 * 1024;
/// The longest head of a frame from a server: two bytes, and eight of the length.
const HEAD_BYTES_MAX: usize = 10;
/// How long everyone may take to receive what was sent.
const RECEIPT_MAX: Duration = Duration::from_mins(1);
const DOING: &str = "waiting for everyone to receive a message";

/// Sockets that listen.
#[derive(Debug)]
pub(crate) struct Crowd {
    tally: Arc<Tally>,
    /// Ends with this.
    listening: JoinSet<()>,
}

/// Messages that are still to come.
#[derive(Debug, Default)]
struct Tally {
    left: AtomicUsize,
    all_came: Notify,
}

/// One end of a socket, between two reads.
#[derive(Debug, Default)]
struct Frames {
    head: [u8; HEAD_BYTES_MAX],
    head_bytes: usize,
    /// Bytes of the present frame that are still to come, once its head is whole.
    left: usize,
}

impl Crowd {
    /// Nobody yet.
    pub(crate) fn new() -> Self {
        Self {
            tally: Arc::default(),
            listening: JoinSet::new(),
        }
    }

    /// How many they are.
    pub(crate) fn len(&self) -> usize {
        self.listening.len()
    }

    /// Lets a socket listen, on which nothing has come that is not read.
    pub(crate) fn join(&mut self, socket: TcpStream) {
        self.listening
            .spawn(listen(socket, Arc::clone(&self.tally)));
    }

    /// Says how many messages are about to come, all sockets together.
    pub(crate) fn expect(&self, messages: usize) {
        self.tally.left.store(messages, Ordering::Relaxed);
    }

    /// Waits for the last message that was expected; gives the instant at which that was known.
    pub(crate) async fn all_received(&mut self) -> Result<Instant, BenchError> {
        let (tally, listening) = (&self.tally, &mut self.listening);
        within(DOING, RECEIPT_MAX, async {
            while tally.left.load(Ordering::Relaxed) > 0 {
                tokio::select! {
                    () = tally.all_came.notified() => {}
                    Some(_) = listening.join_next() => {
                        return Err(BenchError::unexpected(DOING, "a socket ended"));
                    }
                }
            }
            Ok(Instant::now())
        })
        .await
    }
}

impl Tally {
    fn came(&self, messages: usize) {
        let before = self.left.fetch_sub(messages, Ordering::Relaxed);
        if before <= messages {
            self.all_came.notify_one();
        }
    }
}

impl Frames {
    /// Takes bytes in; tells how many frames ended in them.
    fn take(&mut self, mut bytes: &[u8]) -> usize {
        let mut ended = 0;
        while !bytes.is_empty() {
            if self.left == 0 {
                self.head[self.head_bytes] = bytes[0];
                self.head_bytes += 1;
                bytes = &bytes[1..];
                let Some(length) = self.length() else {
                    continue;
                };
                self.head_bytes = 0;
                self.left = length;
            }
            let taken = self.left.min(bytes.len());
            bytes = &bytes[taken..];
            self.left -= taken;
            ended += usize::from(self.left == 0);
        }
        ended
    }

    /// The length of the payload, once the head is whole.
    fn length(&self) -> Option<usize> {
        let head = &self.head[..self.head_bytes];
        let &[_, short, ref rest @ ..] = head else {
            return None;
        };
        let bytes = match short {
            126 => 2,
            127 => 8,
            _ => return Some(usize::from(short)),
        };
        (rest.len() == bytes).then(|| {
            let number = |sum: usize, byte: &u8| (sum << 8) | usize::from(*byte);
            rest.iter().fold(0, number)
        })
    }
}

async fn listen(socket: TcpStream, tally: Arc<Tally>) {
    let mut frames = Frames::default();
    loop {
        if socket.readable().await.is_err() {
            return;
        }
        let mut buffer = [0; READ_BYTES];
        match socket.try_read(&mut buffer) {
            Ok(0) => return,
            Ok(read) => {
                let ended = frames.take(&buffer[..read]);
                if ended > 0 {
                    tally.came(ended);
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame of text with a payload of so many bytes.
    fn frame(length: usize) -> Vec<u8> {
        let mut frame = vec![0x81];
        match u8::try_from(length) {
            Ok(short) if short < 126 => frame.push(short),
            _ => {
                frame.push(126);
                frame.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
        }
        frame.resize(frame.len() + length, b'x');
        frame
    }

    #[test]
    fn frames_are_counted_however_they_are_cut() {
        let mut bytes = frame(3);
        bytes.extend(frame(700));
        bytes.extend(frame(125));
        bytes.extend(frame(126));
        for cut in 1..bytes.len() {
            let mut frames = Frames::default();
            let ended: usize = bytes.chunks(cut).map(|chunk| frames.take(chunk)).sum();
            assert_eq!(ended, 4, "cut after {cut}");
        }
    }
}
