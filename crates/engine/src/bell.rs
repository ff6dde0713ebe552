//! A bell: what is waited for is polled only after its waker was called.
//!
//! Whoever waits for several things is woken by one of them, and to ask all of them which one it was costs more than what
//! it then does, since each lies somewhere else in memory. Invariant: what was ready, or has called its waker, is polled again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use futures_util::task::{ArcWake, AtomicWaker, waker_ref};

/// Tells whether something that is waited for may have something to say. At first it may.
#[derive(Clone, Debug)]
pub struct Bell(Arc<Clapper>);

#[derive(Debug)]
struct Clapper {
    rung: AtomicBool,
    listener: AtomicWaker,
}

impl Default for Bell {
    fn default() -> Self {
        Self(Arc::new(Clapper {
            rung: AtomicBool::new(true),
            listener: AtomicWaker::new(),
        }))
    }
}

impl Bell {
    /// Polls what the bell belongs to, if it has rung. Pending means that the caller will be woken.
    pub fn answer<T>(
        &self,
        cx: &Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        self.0.listener.register(cx.waker());
        if !self.0.rung.load(Ordering::Acquire) || !self.0.rung.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        let waker = waker_ref(&self.0);
        let polled = poll(&mut Context::from_waker(&waker));
        if polled.is_ready() {
            self.ring();
        }
        polled
    }

    /// Lets it be polled next time.
    pub fn ring(&self) {
        self.0.rung.store(true, Ordering::Release);
    }
}

impl ArcWake for Clapper {
    fn wake_by_ref(clapper: &Arc<Self>) {
        if !clapper.rung.swap(true, Ordering::AcqRel) {
            clapper.listener.wake();
        }
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
    async fn what_has_not_called_is_not_polled_again() {
        let bell = Bell::default();
        let (sender, receiver) = oneshot::channel();
        let mut receiver = pin!(receiver);
        let mut polls = 0;
        let mut poll = |cx: &mut Context<'_>| {
            bell.answer(cx, |cx| {
                polls += 1;
                receiver.as_mut().poll(cx)
            })
        };
        for _ in 0..3 {
            assert!(poll_fn(&mut poll).now_or_never().is_none());
        }
        sender.send(()).unwrap();
        assert_eq!(poll_fn(&mut poll).await, Ok(()));
        assert_eq!(polls, 2);
    }

    #[tokio::test]
    async fn whoever_waits_last_is_woken() {
        let bell = Bell::default();
        let (sender, mut receiver) = oneshot::channel();
        let mut poll = |cx: &mut Context<'_>| bell.answer(cx, |cx| receiver.poll_unpin(cx));
        // Somebody else looks first, and goes away.
        assert!(poll_fn(&mut poll).now_or_never().is_none());
        let (told, ()) = tokio::join!(poll_fn(&mut poll), async {
            sender.send(()).unwrap();
        });
        assert_eq!(told, Ok(()));
    }
}
