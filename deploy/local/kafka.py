"""One private Kafka node on this machine: broker and controller in one process."""

import base64
import contextlib
import re
import secrets
import signal
import socket
import struct
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from deploy.local import packages, ports, process
from deploy.local.errors import StartError

PATIENCE = 60.0
"""Seconds to become ready or to stop."""

JAVA_OPTIONS = (
    "-Xms64m",
    "-Xmx192m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Xshare:auto",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
)

SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": 0,
    # One node has no one to copy to.
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.num.partitions": 1,
    "share.coordinator.state.topic.num.partitions": 1,
    # A broker killed with -9 is its own controller's ghost until its session ends.
    "broker.session.timeout.ms": 1000,
    "broker.heartbeat.interval.ms": 250,
    # Memory: the whole stack shares one small machine.
    "num.network.threads": 2,
    "num.io.threads": 4,
    "background.threads": 2,
    "num.recovery.threads.per.data.dir": 2,
    "log.cleaner.dedupe.buffer.size": 4 * 1024 * 1024,
    "socket.request.max.bytes": 16 * 1024 * 1024,
    "log.segment.bytes": 64 * 1024 * 1024,
    "log.index.size.max.bytes": 1024 * 1024,
    "metadata.log.segment.bytes": 16 * 1024 * 1024,
}


LISTENERS = re.compile(
    r"^listeners=PLAINTEXT://[^:]*:(\d+),CONTROLLER://[^:]*:(\d+)$", re.MULTILINE
)


@dataclass
class Kafka:
    """A running private node."""

    folder: Path
    port: int
    controller_port: int
    detached: bool
    log: Path
    server: psutil.Process = field(init=False)

    @property
    def bootstrap(self) -> str:
        """Where clients find it, `host:port`."""
        return f"{ports.HOST}:{self.port}"

    @property
    def pid(self) -> int:
        """Process id of the node."""
        return self.server.pid

    @property
    def configuration(self) -> Path:
        """The node's settings, written anew at every start."""
        return self.folder / "server.properties"

    def start(self) -> None:
        """Start again, on the same data and port, after `stop` or `kill`."""
        self.server = launch(self)
        wait_until_ready(self)

    def stop(self) -> None:
        """Stop in order: leadership given up, everything written."""
        process.end(self.server, signal.SIGTERM, PATIENCE)

    def kill(self) -> None:
        """Kill with -9, as a power cut would."""
        process.kill_all([self.server])


def start_kafka(
    folder: Path, *, port: int | None = None, detached: bool = False, log: Path | None = None
) -> Kafka:
    """Return a running node on this folder; one that runs already is returned as it is.

    Args:
        folder: Belongs to this node alone; it is formatted when it is new.
        port: Without one, the port of last time if it is still free, else any.
        detached: True lets it live on when this process ends.
        log: `kafka.log` in the folder unless told otherwise.

    Raises:
        StartError: It cannot start; the text says why and what to do.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    last = last_ports(folder)
    alive = running(folder)
    own = last[0] if alive else ports.settle(port, last[0], "Kafka")
    controller = last[1] if alive else ports.settle(None, last[1], "Kafka")
    node = Kafka(folder, own or 0, controller or 0, detached, log or folder / "kafka.log")
    if alive:
        node.server = alive
        return node
    configure(node)
    if not (folder / "data" / "meta.properties").exists():
        format_storage(node)
    node.start()
    return node


def configure(node: Kafka) -> None:
    """Write the node's settings."""
    controller = f"{ports.HOST}:{node.controller_port}"
    places = {
        "listeners": f"PLAINTEXT://{node.bootstrap},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{node.bootstrap}",
        "controller.quorum.voters": f"1@{controller}",
        "log.dirs": node.folder / "data",
    }
    lines = [f"{name}={value}\n" for name, value in (SETTINGS | places).items()]
    node.configuration.write_text("".join(lines))


def format_storage(node: Kafka) -> None:
    """Make the node's data folder; what an interrupted attempt left is written over."""
    identity = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
    if identity.startswith("-"):  # would look like an option
        identity = f"K{identity[1:]}"
    tool = ["kafka.tools.StorageTool", "format", "--ignore-formatted"]
    done = subprocess.run(
        java(*tool, "-t", identity, "-c", str(node.configuration)),
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    if done.returncode:
        reason = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        message = f"Kafka: cannot format {node.folder}: {' '.join(reason)}"
        raise StartError(message)


def launch(node: Kafka) -> psutil.Process:
    """Start the node's Java process."""
    return process.spawn(
        java("kafka.Kafka", str(node.configuration)),
        node.log,
        environment=environment(),
        folder=node.folder,
        orphan_signal=0 if node.detached else signal.SIGKILL,
    )


def java(*words: str) -> list[str]:
    """Return the command line that runs one of Kafka's main classes."""
    archive = packages.class_archive()
    shared = [f"-XX:SharedArchiveFile={archive}"] if archive else []
    program = str(packages.java_folder() / "bin" / "java")
    classes = ":".join(map(str, packages.kafka_jars()))
    return [program, *JAVA_OPTIONS, *shared, "-cp", classes, *words]


def environment() -> dict[str, str]:
    """Return all that Java needs to know of its surroundings."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def wait_until_ready(node: Kafka) -> None:
    """Return when the node answers requests.

    Raises:
        StartError: It ended instead, or took too long.
    """
    deadline = time.monotonic() + PATIENCE
    while not answers(node.port):
        if not process.is_alive(node.server):
            message = f"Kafka ended: {process.last_line(node.log)} (see {node.log})"
            raise StartError(message)
        if time.monotonic() > deadline:
            message = f"Kafka is not ready after {PATIENCE:.0f} s; see {node.log}"
            raise StartError(message)
        time.sleep(0.02)


def answers(port: int) -> bool:
    """Tell whether a broker there answers the request that opens every conversation."""
    api_versions = struct.pack(">hhih", 18, 0, 1, -1)
    with contextlib.suppress(OSError), socket.create_connection((ports.HOST, port), 1) as caller:
        caller.sendall(struct.pack(">i", len(api_versions)) + api_versions)
        return len(caller.recv(4)) > 0
    return False


def running(folder: Path) -> psutil.Process | None:
    """Return the node that serves this folder now, if there is one."""
    return next(iter(process.living_in(folder)), None)


def last_ports(folder: Path) -> tuple[int | None, int | None]:
    """Return the ports of the broker and of its controller in this life or the last one."""
    settings = folder / "server.properties"
    text = settings.read_text() if settings.exists() else ""
    found = LISTENERS.search(text)
    return (int(found[1]), int(found[2])) if found else (None, None)
