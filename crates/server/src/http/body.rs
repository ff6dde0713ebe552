//! Reading a request's body within its bound and its time.
//!
//! Invariant: at most the bound is kept in memory, whatever the client sends.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::Body as _;

use crate::failure::{Cause, Failure};
use crate::settings::Limits;

/// A body up to so many times the bound is read to its end and thrown away, so that its sender, who reads only
/// when it has written all, gets the answer instead of a broken connection.
const DISCARDED_BODIES_MAX: usize = 8;

/// The whole body, if it keeps within `body_bytes_max` and `body_read_ms`.
pub(super) async fn read(body: Body, limits: &Limits) -> Result<Bytes, Failure> {
    tokio::time::timeout(limits.body_read(), collect(body, limits.body_bytes_max))
        .await
        .map_err(|_| {
            Failure::new(
                Cause::BodyTimeout,
                "BODY_TIMEOUT",
                format!(
                    "the body did not arrive within limits.body_read_ms = {}",
                    limits.body_read_ms
                ),
            )
        })?
}

async fn collect(mut body: Body, bytes_max: usize) -> Result<Bytes, Failure> {
    let announced = body.size_hint().lower();
    let too_large = || {
        Failure::new(
            Cause::BodyTooLarge,
            "BODY_TOO_LARGE",
            format!("the body is larger than limits.body_bytes_max = {bytes_max} allows"),
        )
    };
    let discarded_max = bytes_max.saturating_mul(DISCARDED_BODIES_MAX);
    if usize::try_from(announced).is_ok_and(|announced| announced > discarded_max) {
        return Err(too_large());
    }
    let mut kept = BytesMut::new();
    let mut seen = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame = frame
            .map_err(|_| Failure::bad_request("the body ended before its announced length"))?;
        let Ok(bytes) = frame.into_data() else {
            continue;
        };
        seen = seen.saturating_add(bytes.len());
        if seen > discarded_max {
            return Err(too_large());
        }
        if seen <= bytes_max {
            kept.extend_from_slice(&bytes);
        } else {
            kept = BytesMut::new();
        }
    }
    if seen > bytes_max {
        Err(too_large())
    } else {
        Ok(kept.freeze())
    }
}
