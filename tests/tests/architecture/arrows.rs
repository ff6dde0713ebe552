//! Which crate may depend on which, and which foreign crates each must not know.
//!
//! The two tables are the architecture; `docs/architecture.md` says why. Their one invariant: every package of
//! the workspace stands in the first, so that a new crate is placed by a decision and not by accident.

use std::collections::BTreeSet;

use crate::assert_kept;
use crate::workspace::{Dependency, dependencies, packages};

/// What one package may depend on within the workspace.
struct Arrows {
    package: &'static str,
    /// Allowed everywhere.
    to: &'static [&'static str],
    /// Allowed besides in tests alone, where a layer is driven with real parts in place of doubles.
    in_tests: &'static [&'static str],
}

/// Foreign crates of one purpose.
type Family = &'static [&'static str];

/// What one package must not know.
struct Strangers {
    package: &'static str,
    families: &'static [Family],
}

const ARROWS: &[Arrows] = &[
    arrows("roadbook-domain", &[], &[]),
    arrows("roadbook-store", &[], &[]),
    arrows("roadbook-store-sql", &["roadbook-store"], &[]),
    arrows("roadbook-bus-nats", &["roadbook-store"], &[]),
    arrows(
        "roadbook-engine",
        &["roadbook-domain", "roadbook-store"],
        &[],
    ),
    arrows("roadbook-documents", &["roadbook-domain"], &[]),
    arrows(
        "roadbook-graphql",
        &["roadbook-domain", "roadbook-engine"],
        &["roadbook-store", "roadbook-documents"],
    ),
    arrows("roadbook-console", &[], &[]),
    arrows(
        "roadbook-server",
        &["roadbook-graphql"],
        &[
            "roadbook-domain",
            "roadbook-store",
            "roadbook-engine",
            "roadbook-documents",
        ],
    ),
    arrows(
        "roadbook-cli",
        &[
            "roadbook-domain",
            "roadbook-store",
            "roadbook-store-sql",
            "roadbook-bus-nats",
            "roadbook-engine",
            "roadbook-documents",
            "roadbook-graphql",
            "roadbook-console",
            "roadbook-server",
        ],
        &[],
    ),
    // Both see Roadbook as a client does: over the wire.
    arrows("roadbook-bench", &[], &[]),
    arrows("e2e", &[], &[]),
];

const ASYNC: Family = &[
    "async-trait",
    "futures-util",
    "tokio",
    "tokio-stream",
    "tokio-util",
];
const BUS: Family = &["async-nats"];
const CHANCE: Family = &["getrandom", "rand"];
const EFFECTS: Family = &["tempfile", "tracing"];
const ENVIRONMENT: Family = &["anyhow", "clap", "figment", "tracing-subscriber"];
const GRAPHQL: Family = &["async-graphql"];
const SOCKETS: Family = &[
    "axum",
    "hyper",
    "hyper-util",
    "tokio-tungstenite",
    "tungstenite",
];
const SQL: Family = &["libsqlite3-sys", "rusqlite", "sqlx"];

/// The foreign crates that a package must not know, in tests neither.
const FORBIDDEN: &[Strangers] = &[
    strangers(
        "roadbook-domain",
        &[
            ASYNC,
            BUS,
            CHANCE,
            EFFECTS,
            ENVIRONMENT,
            GRAPHQL,
            SOCKETS,
            SQL,
        ],
    ),
    strangers("roadbook-store", &[BUS, ENVIRONMENT, GRAPHQL, SOCKETS, SQL]),
    strangers("roadbook-store-sql", &[BUS, ENVIRONMENT, GRAPHQL, SOCKETS]),
    strangers("roadbook-bus-nats", &[ENVIRONMENT, GRAPHQL, SOCKETS, SQL]),
    strangers(
        "roadbook-engine",
        &[BUS, ENVIRONMENT, GRAPHQL, SOCKETS, SQL],
    ),
    strangers(
        "roadbook-documents",
        &[ASYNC, BUS, CHANCE, ENVIRONMENT, GRAPHQL, SOCKETS, SQL],
    ),
    strangers("roadbook-graphql", &[BUS, ENVIRONMENT, SOCKETS, SQL]),
    strangers(
        "roadbook-console",
        &[BUS, CHANCE, ENVIRONMENT, GRAPHQL, SQL],
    ),
    strangers("roadbook-server", &[BUS, ENVIRONMENT, SQL]),
    strangers("roadbook-bench", &[BUS]),
    strangers("e2e", &[BUS]),
];

const fn arrows(
    package: &'static str,
    to: &'static [&'static str],
    in_tests: &'static [&'static str],
) -> Arrows {
    Arrows {
        package,
        to,
        in_tests,
    }
}

const fn strangers(package: &'static str, families: &'static [Family]) -> Strangers {
    Strangers { package, families }
}

#[test]
fn every_package_has_its_place_in_the_table_of_arrows() {
    let placed: BTreeSet<String> = ARROWS
        .iter()
        .map(|arrows| arrows.package.to_owned())
        .collect();
    let existing = packages();
    let violations: Vec<String> = existing
        .symmetric_difference(&placed)
        .map(|package| format!("{package}: add it to ARROWS, or drop it there if it is gone"))
        .collect();
    assert_kept(
        "the table of arrows names exactly the packages that exist",
        &violations,
    );
}

#[test]
fn crates_depend_only_along_the_arrows() {
    let ours = packages();
    let violations: Vec<String> = dependencies()
        .iter()
        .filter(|dependency| ours.contains(&dependency.name) && !is_allowed(dependency))
        .map(|dependency| format!("{} → {}", dependency.package, dependency.name))
        .collect();
    assert_kept(
        "these dependencies are not arrows of docs/architecture.md",
        &violations,
    );
}

#[test]
fn layers_do_not_know_the_foreign_crates_of_others() {
    let violations: Vec<String> = dependencies()
        .iter()
        .filter(|dependency| is_forbidden(&dependency.package, &dependency.name))
        .map(|dependency| format!("{} must not know {}", dependency.package, dependency.name))
        .collect();
    assert_kept(
        "a layer depends on a foreign crate that belongs to another",
        &violations,
    );
}

#[test]
fn an_arrow_that_points_outward_is_refused() {
    let outward = Dependency {
        package: "roadbook-domain".to_owned(),
        name: "roadbook-engine".to_owned(),
        for_tests: true,
    };
    assert!(!is_allowed(&outward));
    assert!(is_forbidden("roadbook-engine", "sqlx"));
    assert!(!is_forbidden("roadbook-store-sql", "sqlx"));
}

#[test]
fn an_arrow_for_tests_does_not_hold_elsewhere() {
    let dependency = |for_tests| Dependency {
        package: "roadbook-graphql".to_owned(),
        name: "roadbook-store".to_owned(),
        for_tests,
    };
    assert!(is_allowed(&dependency(true)));
    assert!(!is_allowed(&dependency(false)));
}

fn is_allowed(dependency: &Dependency) -> bool {
    // A package may name itself among its dev-dependencies, to turn on a feature for its own tests.
    let own = dependency.for_tests && dependency.package == dependency.name;
    let name = dependency.name.as_str();
    let table = ARROWS
        .iter()
        .find(|arrows| arrows.package == dependency.package);
    own || table.is_some_and(|arrows| {
        arrows.to.contains(&name) || (dependency.for_tests && arrows.in_tests.contains(&name))
    })
}

fn is_forbidden(package: &str, name: &str) -> bool {
    FORBIDDEN
        .iter()
        .filter(|strangers| strangers.package == package)
        .any(|strangers| {
            strangers
                .families
                .iter()
                .any(|family| family.contains(&name))
        })
}
