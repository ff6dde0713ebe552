//! Bells: what a socket waits for is polled only when it has something to say.
//!
//! Whatever is polled is brought from memory first, and of what thousands of sockets wait for little is in any cache: to ask
//! all of it which one woke the task costs more than to deliver a change. Each source therefore has a bell, but for a stream
//! that is the only one, and all bells of a socket one board. Invariant: a source whose waker was called, or that was ready,
//! is polled again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use futures_util::task::{ArcWake, waker_ref};

/// Which bells have rung, and who is woken by them. It is the first of its bells itself.
#[derive(Debug)]
pub(super) struct Board {
    /// Stays when a bell rings: a board on which nothing has rung is only looked at.
    listener: Mutex<Option<Waker>>,
    rung: AtomicU64,
}

/// Another bell of a board, as whoever is waited for has it.
#[derive(Debug)]
pub(super) struct Bell {
    bit: u64,
    board: Arc<Board>,
}

impl Default for Board {
    fn default() -> Self {
        Self {
            listener: Mutex::default(),
            rung: AtomicU64::new(Self::OWN),
        }
    }
}

impl Board {
    /// Bells of a board that are told apart, its own included.
    pub(super) const BELLS_MAX: usize = u64::BITS as usize;

    /// The bit of its own bell.
    const OWN: u64 = 1;

    /// From now on every bell that rings calls this waker, and no other.
    pub(super) fn listen(&self, waker: Waker) {
        let mut listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        *listener = Some(waker);
    }

    /// Polls what its own bell belongs to, as [`Bell::answer`].
    pub(super) fn answer<T>(
        self: &Arc<Self>,
        source: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        self.answer_to(Self::OWN, &waker_ref(self), source)
    }

    /// Whether any of some bells has rung.
    pub(super) fn have_rung(&self, bells: u64) -> bool {
        self.rung.load(Ordering::Acquire) & bells != 0
    }

    /// Those of some bells that have rung, which have not rung any more afterwards.
    pub(super) fn take(&self, bells: u64) -> u64 {
        match self.rung.load(Ordering::Acquire) & bells {
            0 => 0,
            _ => self.rung.fetch_and(!bells, Ordering::AcqRel) & bells,
        }
    }

    fn answer_to<T>(
        &self,
        bit: u64,
        waker: &Waker,
        source: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        if self.take(bit) == 0 {
            return Poll::Pending;
        }
        let answered = source(&mut Context::from_waker(waker));
        if answered.is_ready() {
            self.ring(bit);
        }
        answered
    }

    fn ring(&self, bit: u64) {
        let before = self.rung.fetch_or(bit, Ordering::AcqRel);
        // Who rang before has woken the listener, and it has not looked yet.
        if before & bit == 0 {
            let listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(listener) = &*listener {
                listener.wake_by_ref();
            }
        }
    }
}

impl Bell {
    /// A bell of the board, at a place from 1 on, of [`Board::BELLS_MAX`]. It has rung: what is new was never asked.
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
        self.board.answer_to(self.bit, &waker_ref(self), source)
    }
}

impl ArcWake for Board {
    fn wake_by_ref(board: &Arc<Self>) {
        board.ring(Self::OWN);
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
        let board = Arc::<Board>::default();
        let last = Bell::new(&board, Board::BELLS_MAX - 1);
        let (tell, told) = oneshot::channel();
        let mut told = pin!(told);
        let mut polls = (0, 0);
        let mut both = |cx: &mut Context<'_>| {
            board.listen(cx.waker().clone());
            let _ = board.answer(|_| -> Poll<()> {
                polls.0 += 1;
                Poll::Pending
            });
            last.answer(|cx| {
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

    #[tokio::test]
    async fn whoever_listens_last_is_woken() {
        let board = Arc::<Board>::default();
        let (tell, mut told) = oneshot::channel();
        let mut poll = |cx: &mut Context<'_>| {
            board.listen(cx.waker().clone());
            board.answer(|cx| told.poll_unpin(cx))
        };
        // Somebody else looks first, and goes away.
        assert!(poll_fn(&mut poll).now_or_never().is_none());
        let (heard, ()) = tokio::join!(poll_fn(&mut poll), async { tell.send(()).unwrap() });
        assert_eq!(heard, Ok(()));
    }
}
