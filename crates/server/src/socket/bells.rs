//! Bells: what a session waits for is polled only when it has something to say.
//!
//! Whatever is polled is brought from memory first, and of thousands of sockets little is in any cache: to ask everything
//! that a session waits for whether it is the one that woke it costs more than to deliver a change. Each source therefore
//! has a bell, and all bells of a session one board. Invariant: a source whose waker was called is polled again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use futures_util::task::{ArcWake, AtomicWaker, waker_ref};

/// Bells of a board that are told apart.
pub(super) const BELLS_MAX: usize = u64::BITS as usize;

/// Which bells have rung, and who is to be woken by them.
#[derive(Debug, Default)]
pub(super) struct Board {
    listener: AtomicWaker,
    rung: AtomicU64,
}

/// One bell of a board, as whoever is waited for has it.
#[derive(Debug)]
pub(super) struct Bell {
    bit: u64,
    board: Arc<Board>,
}

impl Board {
    /// Wakes the caller with the next bell that rings from now on.
    pub(super) fn listen(&self, cx: &Context<'_>) {
        self.listener.register(cx.waker());
    }

    /// Those of some bells that have rung, which have not rung any more afterwards.
    pub(super) fn take(&self, bells: u64) -> u64 {
        match self.rung.load(Ordering::Acquire) & bells {
            0 => 0,
            _ => self.rung.fetch_and(!bells, Ordering::AcqRel) & bells,
        }
    }

    fn ring(&self, bit: u64) {
        let before = self.rung.fetch_or(bit, Ordering::AcqRel);
        // Who rang before has woken the listener, and it has not looked yet.
        if before & bit == 0 {
            self.listener.wake();
        }
    }
}

impl Bell {
    /// A bell of the board, of [`BELLS_MAX`]. It has rung: what is new was never asked.
    pub(super) fn new(board: &Arc<Board>, place: usize) -> Arc<Self> {
        let bell = Self {
            bit: 1 << place,
            board: Arc::clone(board),
        };
        bell.ring();
        Arc::new(bell)
    }

    /// Which of the bells of its board it is, for [`Board::take`].
    pub(super) fn bit(&self) -> u64 {
        self.bit
    }

    /// Lets the source be polled next time, whether it calls its waker or not.
    pub(super) fn ring(&self) {
        self.board.ring(self.bit);
    }

    /// Polls a source that calls this bell.
    pub(super) fn poll<T>(
        self: &Arc<Self>,
        source: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        source(&mut Context::from_waker(&waker_ref(self)))
    }

    /// Polls the source if the bell has rung, and again next time if it was ready.
    pub(super) fn answer<T>(
        self: &Arc<Self>,
        source: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        if self.board.take(self.bit) == 0 {
            return Poll::Pending;
        }
        let answered = self.poll(source);
        if answered.is_ready() {
            self.ring();
        }
        answered
    }
}

impl ArcWake for Bell {
    fn wake_by_ref(bell: &Arc<Self>) {
        bell.ring();
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;

    use futures_util::FutureExt as _;
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn only_what_called_is_polled_again() {
        let board = Arc::default();
        let [one, other] = [0, 63].map(|place| Bell::new(&board, place));
        let (tell, told) = oneshot::channel();
        let mut told = pin!(told);
        let mut polls = (0, 0);
        let mut both = |cx: &mut Context<'_>| {
            board.listen(cx);
            let _ = one.answer(|_| -> Poll<()> {
                polls.0 += 1;
                Poll::Pending
            });
            other.answer(|cx| {
                polls.1 += 1;
                told.as_mut().poll(cx)
            })
        };
        for _ in 0..3 {
            assert!(poll_fn(&mut both).now_or_never().is_none());
        }
        let (heard, ()) = tokio::join!(poll_fn(&mut both), async { tell.send(()).unwrap() });
        assert_eq!(heard, Ok(()));
        assert_eq!(polls, (1, 2));
    }
}
