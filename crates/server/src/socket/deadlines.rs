//! The times of one socket: its next ping, the answer to the last one, and the limit of its present phase.
//!
//! Invariant: however busy the socket, it has one timer, which is touched only when it rings or a limit is set.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// The limit of the phase has come.
    Limit,
    /// Nothing was heard for a while: send a ping.
    Ping,
    /// Nothing was heard since the ping.
    Silence,
}

/// Deadlines of one socket.
pub(super) struct Deadlines {
    timer: Pin<Box<Sleep>>,
    limit: Option<Instant>,
    ping_interval: Duration,
    pong_wait: Duration,
    next_beat: Instant,
    pinged: bool,
}

impl Deadlines {
    /// Pings after `ping_interval` of silence, and waits `pong_wait` for a sign of life.
    pub(super) fn new(limit: Instant, ping_interval: Duration, pong_wait: Duration) -> Self {
        let next_beat = Instant::now() + ping_interval;
        Self {
            timer: Box::pin(tokio::time::sleep_until(limit.min(next_beat))),
            limit: Some(limit),
            ping_interval,
            pong_wait,
            next_beat,
            pinged: false,
        }
    }

    /// The peer sent something.
    pub(super) fn heard(&mut self) {
        self.next_beat = Instant::now() + self.ping_interval;
        // Otherwise the timer rings too early, which costs less than setting it on every frame.
        if std::mem::take(&mut self.pinged) {
            self.arm();
        }
    }

    /// Sets or lifts the limit of the phase. One that is further away than clocks reach is none.
    pub(super) fn set_limit(&mut self, limit: Option<Instant>) {
        self.limit = limit;
        self.arm();
    }

    /// Ready when something is due.
    pub(super) fn poll_due(&mut self, cx: &mut Context<'_>) -> Poll<Due> {
        loop {
            ready!(self.timer.as_mut().poll(cx));
            let now = Instant::now();
            if self.limit.is_some_and(|limit| limit <= now) {
                self.limit = None;
                self.arm();
                return Poll::Ready(Due::Limit);
            }
            if self.next_beat <= now {
                let due = if self.pinged { Due::Silence } else { Due::Ping };
                self.pinged = true;
                self.next_beat = now + self.pong_wait;
                self.arm();
                return Poll::Ready(due);
            }
            self.arm();
        }
    }

    fn arm(&mut self) {
        let next = self
            .limit
            .map_or(self.next_beat, |limit| limit.min(self.next_beat));
        self.timer.as_mut().reset(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(20);
    const WAIT: Duration = Duration::from_secs(5);

    async fn due(deadlines: &mut Deadlines) -> Due {
        std::future::poll_fn(|cx| deadlines.poll_due(cx)).await
    }

    fn far() -> Instant {
        Instant::now() + Duration::from_secs(10_000)
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_peer_is_pinged_and_then_given_up() {
        let started = Instant::now();
        let mut deadlines = Deadlines::new(far(), INTERVAL, WAIT);
        assert_eq!(due(&mut deadlines).await, Due::Ping);
        assert_eq!(started.elapsed(), INTERVAL);
        assert_eq!(due(&mut deadlines).await, Due::Silence);
        assert_eq!(started.elapsed(), INTERVAL + WAIT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_is_heard_is_pinged_an_interval_later() {
        let mut deadlines = Deadlines::new(far(), INTERVAL, WAIT);
        assert_eq!(due(&mut deadlines).await, Due::Ping);
        deadlines.heard();
        let heard = Instant::now();
        assert_eq!(due(&mut deadlines).await, Due::Ping);
        assert_eq!(heard.elapsed(), INTERVAL);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_brings_the_next_ping_forward_from_a_long_wait() {
        let mut deadlines = Deadlines::new(far(), WAIT, INTERVAL);
        assert_eq!(due(&mut deadlines).await, Due::Ping);
        deadlines.heard();
        let heard = Instant::now();
        assert_eq!(due(&mut deadlines).await, Due::Ping);
        assert_eq!(heard.elapsed(), WAIT);
    }

    #[tokio::test(start_paused = true)]
    async fn the_limit_comes_once_and_on_time() {
        let started = Instant::now();
        let mut deadlines = Deadlines::new(started + WAIT, INTERVAL, WAIT);
        assert_eq!(due(&mut deadlines).await, Due::Limit);
        assert_eq!(started.elapsed(), WAIT);
        assert_eq!(due(&mut deadlines).await, Due::Ping);
        deadlines.set_limit(Some(Instant::now() + Duration::from_secs(1)));
        assert_eq!(due(&mut deadlines).await, Due::Limit);
    }
}
