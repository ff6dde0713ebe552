# `just` lists the recipes. Each is one line of cargo or of scripts/, which work without `just`.

_default:
    @just --list

# Formats all Rust code.
fmt:
    cargo fmt --all

# The compiler's and clippy's lints, as strict as in `check`.
lint:
    cargo clippy --locked --workspace --all-targets -- -D warnings

# Every test, the npm clients included.
test:
    scripts/test

# The fault tests: minutes, a whole deployment and its failures.
faults *words:
    scripts/faults {{ words }}

# All that continuous integration does.
check:
    scripts/check

# The binary with any arguments, for example `just run serve --listen 127.0.0.1:8080`.
run *arguments:
    cargo run --release -- {{ arguments }}

# The demonstration: the road map of 2015 on an embedded database.
demo *arguments:
    cargo run --release -- demo {{ arguments }}

# A whole deployment on this machine, until its standard input ends.
cluster *arguments:
    scripts/cluster {{ arguments }}

# Load over real sockets, beside the raw limits of this machine, into docs/performance.md: `just bench --only edits`.
bench *arguments:
    cargo build --release --package roadbook-cli
    cargo run --release --package roadbook-bench -- --write docs/performance.md {{ arguments }}

# Writes docs/schema.graphql from the code.
schema:
    scripts/schema

# A new migration, under the same name for every database: `just migration add_positions`.
migration name:
    scripts/migration {{ name }}

# Builds the web console into crates/console/dist.
console:
    scripts/console

# Takes the pictures of the console that stand in the documentation.
screenshots:
    cargo build --package roadbook-cli
    scripts/screenshots

# The documentation of all crates, in a browser.
doc:
    cargo doc --workspace --no-deps --open

# Known vulnerabilities among the dependencies; needs the network.
advisories:
    scripts/advisories
