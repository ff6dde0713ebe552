"""Keeps a cluster on addresses of this machine; scripts/cluster tells how it is used, and brings the programs.

Every process is a `Part` with a name. The files of docs/deploy are filled in with ports of this machine and nothing else
is changed in them, so that what is tested here is what is deployed. All processes end with this one, however it ends.
"""

import argparse
import json
import os
import secrets
import shutil
import signal
import socket
import string
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "docs" / "deploy"
HOST = "127.0.0.1"
# PostgreSQL refuses to run as root, so root becomes `nobody` for all parts but the nodes.
NOBODY = 65534
# Only a cluster that does not come up waits so long.
DEADLINE_S = 120
# Shorter than a deployment has them, so that a test need not wait long for a failover.
PATRONI_TIMES = {"PATRONI_TTL_S": 10, "PATRONI_LOOP_WAIT_S": 1, "PATRONI_RETRY_TIMEOUT_S": 3}


class Broken(Exception):
    """What cannot be done, told in a sentence."""


def arguments():
    parser = argparse.ArgumentParser(
        prog="scripts/cluster", description="Runs a whole deployment on this machine until standard input ends."
    )
    parser.add_argument("--nodes", type=int, default=3, choices=range(1, 6), help="how many nodes (3)")
    parser.add_argument("--demo", action="store_true", help="record the road map of the demonstration")
    parser.add_argument("--clocks", action="store_true", help="run nodes on clocks that can be moved")
    parser.add_argument("--port", type=int, help="the first of 24 consecutive ports; any free ones without it")
    parser.add_argument("--roadbook", type=Path, help="the binary; without it, that of the last build")
    for program in ("etcd", "patroni", "haproxy", "nats", "postgres", "faketime"):
        parser.add_argument(f"--{program}", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def built_roadbook():
    """The binary that was built last."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    built = [path for kind in ("release", "debug") if (path := target / kind / "roadbook").is_file()]
    if not built:
        raise Broken("roadbook is not built: run `cargo build --package roadbook-cli`, or name it by --roadbook")
    return max(built, key=lambda path: path.stat().st_mtime)


class Ports:
    """Free ports, or consecutive ones."""

    def __init__(self, first):
        self.next = first
        self.given = set()

    def any(self):
        if self.next is not None:
            self.next += 1
            return self.next - 1
        while True:
            with socket.socket() as found:
                found.bind((HOST, 0))
                port = found.getsockname()[1]
            if port not in self.given:
                self.given.add(port)
                return port

    def address(self):
        return f"{HOST}:{self.any()}"


def fill(file, variables):
    """A file of docs/deploy with its variables; one that is missing is an error."""
    text = (DEPLOY / file).read_text(encoding="utf-8")
    try:
        return string.Template(text).substitute(variables)
    except (KeyError, ValueError) as error:
        raise Broken(f"docs/deploy/{file}: {error} has no value here") from error


def status(url):
    """The status of an answer, or None if there is none."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def wait(what, ready):
    """Asks until it is so. There is nothing to be woken by: these are other people's programs."""
    deadline = time.monotonic() + DEADLINE_S
    while not ready():
        if time.monotonic() > deadline:
            raise Broken(f"{what} is not ready after {DEADLINE_S} s")
        time.sleep(0.1)


def descendants(process):
    """The processes that a process has started, and those that these have."""
    children = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name, in parentheses, may hold anything.
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    found, unseen = [], [process]
    while unseen:
        of_this = children.get(unseen.pop(), [])
        found += of_this
        unseen += of_this
    return found


def send(process, number):
    try:
        os.kill(process, number)
    except ProcessLookupError:
        pass


class Part:
    """One process with a name, in a folder of its own."""

    def __init__(self, cluster, name, command, environment=None, ready=None, as_nobody=True):
        self.name = name
        self.folder = cluster.folder / name
        self.folder.mkdir()
        if as_nobody and os.getuid() == 0:
            os.chown(self.folder, NOBODY, NOBODY)
        self.as_nobody = as_nobody
        self.command = [str(word) for word in command]
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8"} | (environment or {})
        self.ready = ready or (lambda: True)
        self.running = None
        cluster.parts[name] = self

    def launch(self):
        """Starts the process, which ends with this one whatever happens."""
        wrapped = ["setpriv", "--pdeathsig", "KILL"]
        if self.as_nobody and os.getuid() == 0:
            wrapped += [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        with open(self.folder / "log", "ab") as log:
            self.running = subprocess.Popen(
                [*wrapped, "--", *self.command],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def is_running(self):
        return self.running is not None and self.running.poll() is None

    def until_ready(self):
        def is_ready():
            if not self.is_running():
                raise Broken(f"{self.name} has ended:\n{self.log()}")
            return self.ready()

        wait(self.name, is_ready)

    def log(self):
        return "\n".join((self.folder / "log").read_text(errors="replace").splitlines()[-30:])

    def signal(self, number):
        if self.is_running():
            self.running.send_signal(number)

    def kill(self):
        self.signal(signal.SIGKILL)
        if self.running is not None:
            self.running.wait()

    def stop(self):
        self.signal(signal.SIGTERM)
        self.running.wait(DEADLINE_S)

    def end(self):
        """Ends it for good."""
        self.kill()


class Postgres(Part):
    """Patroni and the PostgreSQL that it keeps, as on one host."""

    def __init__(self, cluster, name, command, rest, **more):
        super().__init__(cluster, name, command, **more)
        self.rest = rest
        self.leftovers = []

    def postmaster(self):
        """The first process of PostgreSQL, which is no child of Patroni."""
        try:
            return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None

    def is_primary(self):
        return status(f"http://{self.rest}/primary") == 200

    def is_standby(self):
        """A standby that has every acknowledged commit."""
        return status(f"http://{self.rest}/synchronous") == 200

    def processes(self):
        """Those of PostgreSQL, the first of them first."""
        postmaster = self.postmaster()
        if postmaster is None or not self.is_ours(postmaster):
            return []
        return [postmaster, *descendants(postmaster)]

    def kill(self):
        processes = self.processes()
        self.remember_memory(processes[:1])
        super().kill()
        for process in processes:
            send(process, signal.SIGKILL)

    def signal(self, number):
        super().signal(number)
        if number in (signal.SIGSTOP, signal.SIGCONT):
            for process in self.processes():
                send(process, number)

    def end(self):
        """PostgreSQL takes its shared memory along unless it is killed; what it left behind earlier is taken here."""
        self.signal(signal.SIGCONT)
        super().kill()
        for postmaster in self.processes()[:1]:
            self.remember_memory([postmaster])
            send(postmaster, signal.SIGQUIT)
            deadline = time.monotonic() + 10
            while self.is_ours(postmaster) and time.monotonic() < deadline:
                time.sleep(0.02)
        for process in self.processes():
            send(process, signal.SIGKILL)
        for leftover in self.leftovers:
            subprocess.run(["ipcrm", "--shmem-id", leftover], check=False, capture_output=True)

    def is_ours(self, process):
        """Whether a process still is this PostgreSQL, since numbers are given again."""
        try:
            return str(self.folder).encode() in Path(f"/proc/{process}/cmdline").read_bytes()
        except OSError:
            return False

    def remember_memory(self, processes):
        """The segment that the system does not take back from a process that is killed: its number stands for an inode."""
        for process in processes:
            for line in Path(f"/proc/{process}/maps").read_text().splitlines():
                words = line.split(maxsplit=5)
                if len(words) > 5 and words[5].startswith("/SYSV"):
                    self.leftovers.append(words[4])


class Node(Part):
    """A node of roadbook, which says on its first line where it serves."""

    def __init__(self, cluster, name, command, url, **more):
        super().__init__(cluster, name, command, as_nobody=False, ready=self.is_serving, **more)
        self.url = url

    def kill(self):
        super().kill()
        # A clock that can be moved leaves what it shared with the process's children, unless that ends by itself.
        if self.running is not None:
            for name in (f"faketime_shm_{self.running.pid}", f"sem.faketime_sem_{self.running.pid}"):
                (Path("/dev/shm") / name).unlink(missing_ok=True)

    def is_serving(self):
        return status(f"{self.url}/health/ready") == 200


class Cluster:
    """All parts, and what is known about them."""

    def __init__(self, options):
        self.options = options
        self.roadbook = (options.roadbook or built_roadbook()).resolve()
        self.ports = Ports(options.port)
        self.parts = {}
        # Those that were ended on purpose.
        self.killed = set()
        self.password = secrets.token_hex(8)
        self.folder = Path(tempfile.mkdtemp(prefix="roadbook-cluster."))
        self.folder.chmod(0o755)
        self.begun = time.time_ns()

    def start(self):
        """Starts everything in the order in which it is needed."""
        etcd = self.etcd()
        servers = [self.postgres(number, etcd) for number in (1, 2)]
        self.servers = servers
        nats = self.nats()
        way = self.way_to_primary(servers)
        for part in [self.parts["etcd"], *nats, *servers, way]:
            part.launch()
        for part in [self.parts["etcd"], *nats]:
            part.until_ready()
        wait("a primary with a synchronous standby", self.is_settled)
        self.make_database()
        nodes = [self.node(number) for number in range(1, self.options.nodes + 1)]
        if self.options.demo:
            self.record_demonstration(nodes[0])
        front = self.front(nodes)
        for part in [*nodes, front]:
            part.launch()
        for part in [*nodes, front]:
            part.until_ready()

    def etcd(self):
        client, peer = self.ports.address(), self.ports.address()
        folder = self.folder / "etcd"
        variables = {
            "ETCD_NAME": "etcd-1",
            "ETCD_DATA_FOLDER": folder / "data",
            "ETCD_CLIENT_ADDRESS": client,
            "ETCD_PEER_ADDRESS": peer,
            "ETCD_CLUSTER": f"etcd-1=http://{peer}",
        }
        file = self.write("etcd.yml", fill("etcd.yml", variables))
        ready = lambda: status(f"http://{client}/health") == 200
        Part(self, "etcd", [self.options.etcd, "--config-file", file], ready=ready)
        return client

    def postgres(self, number, etcd):
        name = f"postgres-{number}"
        folder = self.folder / name
        rest, address = self.ports.address(), self.ports.address()
        variables = PATRONI_TIMES | {
            "PATRONI_NAME": name,
            "PATRONI_REST_ADDRESS": rest,
            "ETCD_CLIENT_ADDRESSES": etcd,
            "POSTGRES_ADDRESS": address,
            "POSTGRES_NETWORK": f"{HOST}/32",
            "POSTGRES_DATA_FOLDER": folder / "data",
            "POSTGRES_PROGRAMS_FOLDER": self.options.postgres,
            "POSTGRES_PASSWORDS_FILE": folder / "passwords",
            "POSTGRES_SOCKET_FOLDER": folder,
            "POSTGRES_SUPERUSER_PASSWORD": self.password,
            "POSTGRES_REPLICATION_PASSWORD": self.password,
            "POSTGRES_REWIND_PASSWORD": self.password,
        }
        file = self.write(f"{name}.yml", fill("patroni.yml", variables))
        part = Postgres(self, name, [self.options.patroni, file], rest, ready=self.is_settled)
        part.address = address
        return part

    def nats(self):
        names = [f"nats-{number}" for number in (1, 2, 3)]
        routes = {name: self.ports.address() for name in names}
        monitors = {name: self.ports.address() for name in names}
        self.nats_addresses = {name: self.ports.address() for name in names}
        parts = []
        for name in names:
            variables = {
                "NATS_NAME": name,
                "NATS_CLIENT_ADDRESS": self.nats_addresses[name],
                "NATS_MONITOR_ADDRESS": monitors[name],
                "NATS_CLUSTER_ADDRESS": routes[name],
                "NATS_ROUTES": ", ".join(f"nats://roadbook:{self.password}@{address}" for address in routes.values()),
                "NATS_PASSWORD": self.password,
                "NATS_DATA_FOLDER": self.folder / name / "data",
            }
            file = self.write(f"{name}.conf", fill("nats.conf", variables))
            ready = lambda url=f"http://{monitors[name]}/healthz": status(url) == 200
            parts.append(Part(self, name, [self.options.nats, "--config", file], ready=ready))
        return parts

    def way_to_primary(self, servers):
        self.primary_address = self.ports.address()
        variables = {"POSTGRES_PRIMARY_BIND": self.primary_address}
        for number, server in enumerate(servers, start=1):
            host, port = server.rest.split(":")
            variables |= {
                f"POSTGRES_{number}_ADDRESS": server.address,
                f"POSTGRES_{number}_REST_HOST": host,
                f"POSTGRES_{number}_REST_PORT": port,
            }
        return self.haproxy("haproxy-postgres", variables)

    def front(self, nodes):
        address = self.ports.address()
        self.url = f"http://{address}"
        variables = {"HAPROXY_BIND": address}
        for number, node in enumerate(nodes, start=1):
            variables[f"NODE_{number}_ADDRESS"] = node.url.removeprefix("http://")
        ready = lambda: status(f"{self.url}/health/ready") == 200
        return self.haproxy("haproxy", variables, ready)

    def haproxy(self, name, variables, ready=None):
        # It takes its variables from the environment by itself.
        file = DEPLOY / f"{name}.cfg"
        return Part(self, name, [self.options.haproxy, "-db", "-f", file], variables, ready)

    def node(self, number):
        name = f"node-{number}"
        address = self.ports.address()
        variables = {
            "NODE_ADDRESS": address,
            "NODE_DATABASE_FILE": self.folder / "database",
            "NODE_BUS_FILE": self.folder / "bus",
            "NODE_TOKEN_SECRET_FILE": self.folder / "token-secret",
        }
        file = self.write(f"{name}.toml", fill("roadbook.toml", variables))
        environment = {}
        if self.options.clocks:
            clock = self.write(f"{name}.clock", "+0s")
            environment |= {
                "LD_PRELOAD": str(self.options.faketime),
                "FAKETIME_TIMESTAMP_FILE": str(clock),
                "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }
        command = [self.roadbook, "serve", "--dev", "--config", file]
        return Node(self, name, command, f"http://{address}", environment=environment)

    def bus(self):
        """Where nodes find NATS: any of its servers."""
        return ",".join(f"nats://roadbook:{self.password}@{server}" for server in self.nats_addresses.values())

    def write(self, name, text):
        file = self.folder / name
        file.write_text(text, encoding="utf-8")
        return file

    def is_settled(self):
        """Whether there is a primary, and a standby that may take its place."""
        servers = [server for server in self.servers if server.name not in self.killed]
        for server in servers:
            if not server.is_running():
                raise Broken(f"{server.name} has ended:\n{server.log()}")
        return any(server.is_primary() for server in servers) and any(server.is_standby() for server in servers)

    def make_database(self):
        """A role that owns the tables and one that runs nodes, as docs/operations.md has them."""
        statements = [
            f"CREATE ROLE roadbook LOGIN PASSWORD '{self.password}'",
            f"CREATE ROLE roadbook_node LOGIN PASSWORD '{self.password}'",
            "CREATE DATABASE roadbook OWNER roadbook",
        ]
        # The front needs a moment to see who is the primary.
        host, port = self.primary_address.split(":")
        psql = [self.options.postgres / "psql", "--no-psqlrc", "--quiet", "-h", host, "-p", port, "-U", "postgres"]
        environment = os.environ | {"PGPASSWORD": self.password, "PGCONNECT_TIMEOUT": "5"}
        ask = lambda statement: subprocess.run([*psql, "-c", statement], env=environment, capture_output=True, text=True)
        wait("the way to the primary", lambda: ask("SELECT 1").returncode == 0)
        for statement in statements:
            if (ran := ask(statement)).returncode != 0:
                raise Broken(f"{statement.split(' PASSWORD')[0]}: {ran.stderr}")
        self.owner = f"postgres://roadbook:{self.password}@{self.primary_address}/roadbook"
        self.database = f"postgres://roadbook_node:{self.password}@{self.primary_address}/roadbook"
        self.write("database", self.database).chmod(0o600)
        self.write("bus", self.bus()).chmod(0o600)
        self.write("token-secret", secrets.token_hex(32)).chmod(0o600)
        self.run("migrate", "--database", self.owner, "--grant-to", "roadbook_node")

    def run(self, *command):
        ran = subprocess.run([self.roadbook, *command], cwd=self.folder, env={}, capture_output=True, text=True)
        if ran.returncode != 0:
            raise Broken(f"roadbook {command[0]} ended with {ran.returncode}: {ran.stderr}")

    def record_demonstration(self, node):
        """It is recorded before the first line is printed."""
        command = [self.roadbook, "demo", "--listen", f"{HOST}:0", *node.command[node.command.index("--config") :]]
        demo = subprocess.Popen(
            command, cwd=self.folder, env={}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        line = demo.stdout.readline()
        demo.terminate()
        said = demo.communicate()[1]
        if not line.startswith("http://"):
            raise Broken(f"the demonstration could not be recorded: {said}")

    def told(self):
        """What whoever started the cluster needs to know."""
        process = lambda part: {"name": part.name, "pid": part.running.pid}
        nodes = [part for part in self.parts.values() if isinstance(part, Node)]
        return {
            "url": self.url,
            "database": self.database,
            "token_secret_file": str(self.folder / "token-secret"),
            "folder": str(self.folder),
            "bus": self.bus(),
            "nodes": [process(node) | {"url": node.url} for node in nodes],
            "postgres": [
                process(server) | {"address": server.address, "rest": f"http://{server.rest}"} for server in self.servers
            ],
            "nats": [process(self.parts[name]) | {"address": address} for name, address in self.nats_addresses.items()],
            "others": [process(self.parts[name]) for name in ("etcd", "haproxy", "haproxy-postgres")],
        }

    def do(self, line):
        """Does one command of standard input."""
        match line.split():
            case ["primary"]:
                names = [server.name for server in self.servers if server.is_running() and server.is_primary()]
                return {"primary": names[0] if names else None}
            case ["clock", name, seconds] if self.options.clocks and isinstance(self.part(name), Node):
                self.write(f"{name}.clock", f"{int(seconds):+d}s")
            case ["kill", name]:
                self.killed.add(name)
                self.part(name).kill()
            case ["stop", name]:
                self.killed.add(name)
                self.part(name).stop()
            case ["start", name]:
                self.killed.discard(name)
                self.part(name).launch()
                self.part(name).until_ready()
            case ["pause", name]:
                self.part(name).signal(signal.SIGSTOP)
            case ["resume", name]:
                self.part(name).signal(signal.SIGCONT)
            case _:
                raise Broken(f"there is no such command: {line.strip()}")
        return {"done": line.strip()}

    def part(self, name):
        if name not in self.parts:
            raise Broken(f"there is no {name}, but {', '.join(self.parts)}")
        return self.parts[name]

    def end(self):
        """Nodes first, so that they do not complain of what goes away beneath them."""
        for part in reversed(self.parts.values()):
            part.end()
        self.forget_memory()
        shutil.rmtree(self.folder, ignore_errors=True)


    def forget_memory(self):
        """Shared memory that a killed PostgreSQL left behind: made since we began, and in no process any longer."""
        files = Path("/dev/shm").glob("PostgreSQL.*")
        made = [file for file in files if file.stat().st_mtime_ns >= self.begun]
        used = "".join(maps_of_all()) if made else ""
        for file in made:
            if str(file) not in used:
                file.unlink(missing_ok=True)


def maps_of_all():
    """What each process has in its memory, as far as we may know."""
    for maps in Path("/proc").glob("[0-9]*/maps"):
        try:
            yield maps.read_text()
        except OSError:
            continue


def main():
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(1))
    cluster = None
    try:
        cluster = Cluster(arguments())
        cluster.start()
        print(json.dumps(cluster.told()), flush=True)
        for line in sys.stdin:
            try:
                answer = cluster.do(line)
            except (Broken, ValueError) as error:
                answer = {"error": str(error)}
            print(json.dumps(answer), flush=True)
    except Broken as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Nobody reads any longer, so the end of standard input is near.
        return 1
    finally:
        if cluster is not None:
            cluster.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
