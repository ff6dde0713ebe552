//! Why a socket is closed, and the closing itself: the frame, the peer's answer, and the last bytes on the way.
//!
//! Invariant: closing takes at most its wait, whatever the peer does.

use std::borrow::Cow;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::CapacityError;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::identity::IdentityError;

/// A control frame holds 125 bytes, two of them the code.
const REASON_BYTES_MAX: usize = 123;

/// A close code and its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Closing {
    pub(super) code: u16,
    pub(super) reason: Cow<'static, str>,
}

impl Closing {
    fn new(code: u16, reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            reason: reason.into(),
        }
    }

    /// 1001: the server stops.
    pub(super) fn stopping() -> Self {
        Self::new(1001, "The server is stopping")
    }

    /// 1013: the peer takes what is sent to it too slowly, or not at all.
    pub(super) fn not_reading() -> Self {
        Self::new(1013, "Reading too slowly")
    }

    /// 1013: the peer did not answer a ping.
    pub(super) fn silent() -> Self {
        Self::new(1013, "No answer to a ping")
    }

    /// 1013: no room for another socket.
    pub(super) fn too_many_sockets() -> Self {
        Self::new(1013, "Too many sockets")
    }

    /// 1013: no room for another socket of this caller.
    pub(super) fn too_many_of_caller() -> Self {
        Self::new(1013, "Too many sockets of this caller")
    }

    /// 1013: no room for another socket of somebody at this address who has not signed in.
    pub(super) fn too_many_of_address() -> Self {
        Self::new(1013, "Too many sockets of strangers at this address")
    }

    /// 1013: too many tokens of this address were refused.
    pub(super) fn too_often() -> Self {
        Self::new(1013, "Too many refused tokens from this address")
    }

    /// 4400: a message that the protocol does not know.
    pub(super) fn bad_message(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(4400, reason)
    }

    /// 4401: an operation before the connection was acknowledged.
    pub(super) fn unauthorized() -> Self {
        Self::new(4401, "Unauthorized")
    }

    /// 4403: the token is missing, wrong or over; 1013 if that could not be found out, so that the client tries again.
    pub(super) fn refused(error: &IdentityError) -> Self {
        match error {
            IdentityError::Unavailable => Self::new(1013, error.to_string()),
            _ => Self::new(4403, format!("Forbidden: {error}")),
        }
    }

    /// 4406: a subprotocol that is not served.
    pub(super) fn subprotocol(ours: &str) -> Self {
        Self::new(4406, format!("Subprotocol not acceptable: {ours} is"))
    }

    /// 4408: no `connection_init` in time.
    pub(super) fn init_timeout() -> Self {
        Self::new(4408, "Connection initialisation timeout")
    }

    /// 4409: the id belongs to an operation that is still open.
    pub(super) fn duplicate(id: &str) -> Self {
        Self::new(4409, format!("Subscriber for {id} already exists"))
    }

    /// 4429: a second `connection_init`.
    pub(super) fn second_init() -> Self {
        Self::new(4429, "Too many initialisation requests")
    }

    /// The answer to a frame that could not be read; `None` if there is nobody left to answer.
    pub(super) fn for_error(error: &Error) -> Option<Self> {
        match error {
            Error::Capacity(CapacityError::MessageTooLong { max_size, .. }) => Some(Self::new(
                1009,
                format!("Message larger than {max_size} bytes"),
            )),
            Error::Capacity(_) => Some(Self::new(1009, "Message too large")),
            Error::Utf8(_) => Some(Self::new(1007, "Text that is not UTF-8")),
            Error::Protocol(_) | Error::AttackAttempt => {
                Some(Self::new(1002, "Not a WebSocket frame"))
            }
            Error::Io(error) if error.kind() == std::io::ErrorKind::TimedOut => {
                Some(Self::not_reading())
            }
            _ => None,
        }
    }

    fn frame(&self) -> CloseFrame {
        let mut end = self.reason.len().min(REASON_BYTES_MAX);
        while !self.reason.is_char_boundary(end) {
            end -= 1;
        }
        CloseFrame {
            code: CloseCode::from(self.code),
            reason: self.reason[..end].into(),
        }
    }
}

/// Closes the socket: says why, hears the peer out, and ends the connection.
pub(super) async fn close<S>(mut stream: WebSocketStream<S>, closing: &Closing, wait: Duration)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    tracing::debug!(close.code = closing.code, close.reason = %closing.reason, "closing a socket");
    let handshake = async {
        if stream.close(Some(closing.frame())).await.is_err() {
            return;
        }
        // Without a flush the frame may still wait behind what the peer has not read.
        if stream.flush().await.is_err() {
            return;
        }
        while let Some(Ok(_)) = stream.next().await {}
        // After a broken frame the rest of it is still on its way; dropping the connection before it has come would
        // make the system discard the close frame on the peer's side.
        let raw = stream.get_mut();
        let mut discarded = [0; 1024];
        if raw.shutdown().await.is_ok() {
            while let Ok(1..) = raw.read(&mut discarded).await {}
        }
    };
    if tokio::time::timeout(wait, handshake).await.is_err() {
        tracing::debug!("a socket did not close in time");
    }
}

/// Lets the answer to the peer's own close frame go out, and ends the connection.
pub(super) async fn hear_out<S>(mut stream: WebSocketStream<S>, wait: Duration)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let rest = async { while let Some(Ok(_)) = stream.next().await {} };
    if tokio::time::timeout(wait, rest).await.is_err() {
        tracing::debug!("a socket did not close in time");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_reason_is_cut_at_a_character() {
        let closing = Closing::duplicate(&"é".repeat(100));
        let frame = closing.frame();
        assert!(frame.reason.len() <= REASON_BYTES_MAX);
        assert!(frame.reason.starts_with("Subscriber for é"));
    }
}
