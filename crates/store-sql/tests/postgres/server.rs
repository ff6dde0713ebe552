//! PostgreSQL servers for the tests: started by the tests themselves, one of each version in a process.
//!
//! Owns their start and their end. `scripts/postgres` says where the programs are and brings them if they are missing,
//! so a test needs nothing that was started or set before it. A server is the child of a shell that reads from this
//! process: when the process ends, however it ends, the shell reads the end, kills the server and removes its folder.
//! Invariant: a server outlives its process by no more than a moment.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};

/// The password of the superuser.
pub(crate) const PASSWORD: &str = "open sesame";

/// Makes a cluster and runs it until its standard input ends. PostgreSQL refuses to run as root, so root becomes
/// `nobody` first; if `nobody` cannot get at the programs, they are copied. The servers are careless on purpose: that
/// commits reach the disk all the same is what the sessions must see to.
const RUN: &str = r#"
set -eu
programs=$1 port=$2 password=$3
folder=$(mktemp -d /tmp/roadbook-postgres.XXXXXX)
as=
if [ "$(id -u)" -eq 0 ]; then
    as='setpriv --reuid=65534 --regid=65534 --clear-groups --'
    chown 65534:65534 "$folder"
    if ! $as test -x "$programs/initdb"; then
        package=$(dirname "$(dirname "$programs")")
        cp -R "$package" "$package.libs" "$folder/"
        chmod -R a+rX "$folder"
        programs="$folder/$(basename "$package")/pginstall/bin"
    fi
fi
printf '%s' "$password" > "$folder/password"
chmod a+r "$folder/password"
trap 'kill -QUIT "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
server=0
cd "$folder"
$as "$programs/initdb" --pgdata="$folder/data" --username=postgres --pwfile="$folder/password" \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync > "$folder/initdb.log" 2>&1 \
    || { cat "$folder/initdb.log" >&2; exit 1; }
$as "$programs/postgres" -D "$folder/data" -p "$port" -k "$folder" -h 127.0.0.1 -c fsync=off -c full_page_writes=off \
    -c synchronous_commit=off -c max_connections=200 -c shared_buffers=64MB > "$folder/server.log" 2>&1 &
server=$!
for _ in $(seq 600); do
    if grep -qs 'ready to accept connections' "$folder/server.log"; then break; fi
    if ! kill -0 "$server" 2>/dev/null; then cat "$folder/server.log" >&2; exit 1; fi
    sleep 0.05
done
echo ready
exec > /dev/null 2>&1
read -r _ || true
"#;

/// A running server.
pub(crate) struct Server {
    port: u16,
    databases: AtomicU64,
    /// The shell between. Its standard input is open for as long as this process lives.
    _shell: Child,
}

/// The server of a version; the first who asks starts it.
pub(crate) fn server(version: u32) -> &'static Server {
    static SERVERS: [OnceLock<Server>; 2] = [OnceLock::new(), OnceLock::new()];
    let place = usize::from(version != 15);
    SERVERS[place].get_or_init(|| {
        // The port was free a moment ago, and may be somebody else's now.
        let started = (0..3).find_map(|_| Server::start(version));
        started.unwrap_or_else(|| panic!("PostgreSQL {version} does not start; see above"))
    })
}

impl Server {
    fn start(version: u32) -> Option<Self> {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let mut shell = Command::new("sh")
            .args([
                "-c",
                RUN,
                "sh",
                &programs(version),
                &port.to_string(),
                PASSWORD,
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(shell.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        (line.trim() == "ready").then_some(Self {
            port,
            databases: AtomicU64::new(0),
            _shell: shell,
        })
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

fn programs(version: u32) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/postgres");
    let output = Command::new(script)
        .arg(version.to_string())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "PostgreSQL {version} is missing; see above"
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
