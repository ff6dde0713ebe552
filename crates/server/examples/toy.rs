//! The transport over a toy schema, to try a client or an audit against: prints its URL, then a token.

#[path = "../tests/transport/toy.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod toy;

use std::sync::Arc;
use std::time::Duration;

use roadbook_server::{DevelopmentTokens, Settings, Viewer, router, serve};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let tokens = Arc::new(DevelopmentTokens::new(
        &[7; 32],
        jsonwebtoken::get_current_timestamp,
    )?);
    let viewer = Viewer {
        organisation: "LV".into(),
        person: None,
    };
    let settings = Settings {
        graphiql: true,
        ..Settings::default()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}/graphql", listener.local_addr()?);
    println!("{}", tokens.sign(&viewer, Duration::from_hours(24))?);
    let router = router(
        toy::schema(&toy::Probe::default()),
        tokens,
        settings.clone(),
        Arc::new(|| true),
    );
    serve(listener, router, &settings, std::future::pending()).await?;
    Ok(())
}
