//! PostgreSQL servers for the tests: started by the tests themselves, one of each version in a process.
//!
//! Owns which of them there are, and their databases. `scripts/postgres-server` brings the programs if they are missing, so
//! a test needs nothing that was started or set before it; and it ends with this process, however that ends.
//! Invariant: a server outlives its process by no more than a moment.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};

/// The password of the superuser.
pub(crate) const PASSWORD: &str = "open sesame";

/// A running server.
pub(crate) struct Server {
    port: u16,
    databases: AtomicU64,
    /// The script between. Its standard input is open for as long as this process lives.
    _running: Child,
}

/// The server of a version; the first who asks starts it.
pub(crate) fn server(version: u32) -> &'static Server {
    static SERVERS: [OnceLock<Server>; 2] = [OnceLock::new(), OnceLock::new()];
    let place = usize::from(version != 15);
    SERVERS[place].get_or_init(|| Server::start(version))
}

impl Server {
    fn start(version: u32) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/postgres-server");
        let mut running = Command::new(script)
            .arg(version.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(running.stdout.take().unwrap())
            .read_line(&mut url)
            .unwrap();
        let options: Result<PgConnectOptions, _> = url.trim().parse();
        let options =
            options.unwrap_or_else(|_| panic!("PostgreSQL {version} does not start; see above"));
        Self {
            port: options.get_port(),
            databases: AtomicU64::new(0),
            _running: running,
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The URL of a database as the superuser.
    pub(crate) fn url(&self, database: &str) -> String {
        url_of("postgres", PASSWORD, self.port, database)
    }

    /// A new database with nothing in it; gives its name.
    pub(crate) async fn database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{number}");
        let make = format!("CREATE DATABASE {name} TEMPLATE template0");
        self.run("postgres", &[&make]).await;
        name
    }

    /// Makes a log as empty as a new one, which takes longer to make. Only a superuser can go past the triggers so.
    pub(crate) async fn empty(&self, database: &str) {
        let statements = [
            "SET session_replication_role = replica",
            "DELETE FROM events",
            "DELETE FROM payloads",
            "DELETE FROM backdated",
            "DELETE FROM subjects",
            "DELETE FROM commands",
            "DELETE FROM snapshot_states",
            "DELETE FROM snapshots",
            "DELETE FROM redactions",
            "DELETE FROM streams",
        ];
        self.run(database, &statements).await;
    }

    /// A superuser that knows nothing of Roadbook.
    pub(crate) async fn stranger(&self, database: &str) -> PgConnection {
        let options: PgConnectOptions = self.url(database).parse().unwrap();
        options.connect().await.unwrap()
    }

    /// Runs statements as the superuser, each in its turn.
    pub(crate) async fn run(&self, database: &str, statements: &[&str]) {
        let mut connection = self.stranger(database).await;
        for statement in statements {
            sqlx::raw_sql(AssertSqlSafe((*statement).to_owned()))
                .execute(&mut connection)
                .await
                .unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
        connection.close().await.unwrap();
    }
}

/// The URL of a database as somebody, by some way.
pub(crate) fn url_of(role: &str, password: &str, port: u16, database: &str) -> String {
    let password = password.replace(' ', "%20");
    format!("postgres://{role}:{password}@127.0.0.1:{port}/{database}")
}
