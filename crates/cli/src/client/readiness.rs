//! Asking a server whether it wants requests: one request, without signing in.
//!
//! It owns that one request. Invariant: it ends, whatever the server does.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;
use tokio_rustls::rustls::ClientConfig;

use super::{Address, ClientError, stream};

/// How long the whole question may take: a server that does not say so in time is not ready.
const PATIENCE: Duration = Duration::from_secs(2);
/// The status line is far shorter.
const ANSWER_BYTES_MAX: u64 = 1024;

/// Whether the server of a URL wants requests.
pub(crate) async fn is_ready(url: &str, tls: &Arc<ClientConfig>) -> Result<bool, ClientError> {
    let address = Address::read(url)?;
    let late = |_| ClientError::Lost(format!("{url} did not answer in time"));
    let answer = timeout(PATIENCE, ask(&address, tls)).await.map_err(late)?;
    let answer =
        answer.map_err(|error| ClientError::Lost(format!("{url} cannot be reached: {error}")))?;
    match answer.split(' ').nth(1) {
        Some("200") => Ok(true),
        Some("503") => Ok(false),
        _ => Err(ClientError::Answer(
            "no word of its health; is this Roadbook?".to_owned(),
        )),
    }
}

/// The beginning of the answer.
async fn ask(address: &Address, tls: &Arc<ClientConfig>) -> std::io::Result<String> {
    let Address { host, port, .. } = address;
    let mut stream = stream::open(address, tls).await?;
    let request =
        format!("GET /health/ready HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream
        .take(ANSWER_BYTES_MAX)
        .read_to_end(&mut answer)
        .await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
