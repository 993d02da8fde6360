"""One private Kafka node on this machine: broker and controller in one process."""

import re
import shutil
import signal
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

import psutil

from deploy.local import hang_detection, packages, ports, process
from deploy.local.errors import StartError
from deploy.local.home import hold_lock, home
from deploy.local.java import class_archive_options, environment, kafka_java_command
from deploy.local.kafka_storage import (
    NODE,
    format_properties,
    format_storage,
    is_formatted,
    keep_features,
)
from deploy.local.progress import show_progress

TIMEOUT_S = 180.0
"""Seconds to become ready, on a busy machine. A node that ends is reported at once."""

STOP_TIMEOUT_S = 60.0
"""Seconds to stop."""

SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": NODE,
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": 0,
    # A single node has no replicas.
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.num.partitions": 1,
    "share.coordinator.state.topic.num.partitions": 1,
    # After kill -9, its own controller counts a broker as alive until its session ends, some
    # moments after the restart. More heartbeats, and an empty metadata record twice a second,
    # would double the CPU of an idle broker.
    "broker.session.timeout.ms": 3000,
    "broker.heartbeat.interval.ms": 1000,
    "metadata.max.idle.interval.ms": 10_000,
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
    r"^listeners=PLAINTEXT://[^:]*:([0-9]+),CONTROLLER://[^:]*:([0-9]+)$", re.MULTILINE
)


def do_nothing() -> None:
    """Do nothing when a node is ready."""


@dataclass
class Kafka:
    """A running private node."""

    folder: Path
    port: int
    controller_port: int
    detached: bool
    log: Path
    on_ready: Callable[[], None] = do_nothing
    """Called at the end of each start, and at each new attempt if it fails."""

    server: psutil.Process = field(init=False)

    @property
    def bootstrap_address(self) -> str:
        """Address for clients, `host:port`."""
        return f"{ports.HOST}:{self.port}"

    @property
    def pid(self) -> int:
        """Process id of the node."""
        return self.server.pid

    @property
    def data(self) -> Path:
        """The node's data folder."""
        return self.folder / "data"

    @property
    def configuration(self) -> Path:
        """The node's settings file, rewritten at every start."""
        return self.folder / "server.properties"

    def start(self, *java_options: str) -> None:
        """Start again, on the same port; wait for a node that is already starting.

        A deleted data folder is formatted again; the services then republish their messages.
        """
        if not process.is_running(self):
            configure_and_format(self)
            self.server = launch(self, *(java_options or class_archive_options()))
        wait_until_ready(self)
        self.on_ready()

    def stop(self) -> None:
        """Stop in order: leadership is given up, everything is written."""
        process.end(self.server, signal.SIGTERM, STOP_TIMEOUT_S)

    def kill(self) -> None:
        """Kill with -9, as a power cut would."""
        process.kill_all([self.server])

    def answers(self) -> bool:
        """Tell whether it answers requests."""
        return answers(self.port, hang_detection.ANSWER_TIMEOUT_S)


def start_kafka(
    folder: Path, *, port: int | None = None, detached: bool = False, log: Path | None = None
) -> Kafka:
    """Start a node on this folder and return it; a node that runs already is returned as it is.

    Args:
        folder: Used by this node only; formatted if it is new.
        port: None for the previous port if it is free, else any free one.
        detached: True lets it outlive this process.
        log: None for `kafka.log` in the folder.

    Raises:
        StartError: It cannot start; the text has the reason and the remedy.
    """
    packages.fetch([packages.KAFKA])
    cache_kafka_start_files()
    folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    server, last = running_node(folder), last_ports(folder)
    log = log or folder / "kafka.log"
    if server and last:
        node = Kafka(folder, *last, detached, log)
        node.server = server
        return node
    own, controller = last or (None, None)
    own = ports.choose(port, own, "Kafka")
    node = Kafka(folder, own, ports.choose(None, controller, "Kafka"), detached, log)
    node.start()
    return node


def configure_and_format(node: Kafka) -> None:
    """Write the node's settings, and format its storage if it is new."""
    configure(node)
    if not is_formatted(node.data):
        format_storage(node.data, node.configuration)


def configure(node: Kafka) -> None:
    """Write the node's settings."""
    controller = f"{ports.HOST}:{node.controller_port}"
    addresses = {
        "listeners": f"PLAINTEXT://{node.bootstrap_address},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{node.bootstrap_address}",
        "controller.quorum.voters": f"{NODE}@{controller}",
        "log.dirs": node.data,
    }
    node.configuration.write_text(format_properties(SETTINGS | addresses))


def launch(node: Kafka, *java_options: str) -> psutil.Process:
    """Start the node's Java process."""
    return process.spawn(
        kafka_java_command(*java_options, "kafka.Kafka", str(node.configuration)),
        node.log,
        environment=environment(),
        folder=node.folder,
        orphan_signal=0 if node.detached else signal.SIGKILL,
    )


def cache_kafka_start_files() -> None:
    """Start and stop a first node once, and keep two files that make later starts faster.

    They are an archive of the loaded classes, and the list of features of the storage.
    """
    archive = packages.class_archive()
    with hold_lock("classes"):
        if archive.exists() and packages.kafka_features_path().exists():
            return
        half = archive.with_suffix(".half")
        folder = Path(mkdtemp(prefix="kafka-", dir=home()))
        try:
            with show_progress("preparing Kafka (once)"):
                port, controller_port = ports.free_port(), ports.free_port()
                log = folder / "kafka.log"
                node = Kafka(folder, port, controller_port, detached=False, log=log)
                node.start(f"-XX:AOTCacheOutput={half}")
                node.stop()
                keep_features(node.data)
        finally:
            shutil.rmtree(folder)
        # Without an archive Java only starts slower.
        half.rename(archive) if half.exists() else archive.touch()


def wait_until_ready(node: Kafka) -> None:
    """Wait until the node answers requests.

    Raises:
        StartError: It ended instead, or took too long.
    """
    deadline = time.monotonic() + TIMEOUT_S
    while not answers(node.port):
        if not process.is_alive(node.server):
            message = f"Kafka ended: {process.last_line(node.log)} (see {node.log})"
            raise StartError(message)
        if time.monotonic() > deadline:
            message = f"Kafka is not ready after {TIMEOUT_S:.0f} s; see {node.log}"
            raise StartError(message)
        time.sleep(0.02)


def answers(port: int, timeout_s: float = 1.0) -> bool:
    """Tell whether a broker on this port answers an ApiVersions request."""
    api_versions = struct.pack(">hhih", 18, 0, 1, -1)
    return ports.answers(port, struct.pack(">i", len(api_versions)) + api_versions, timeout_s)


def running_node(folder: Path) -> psutil.Process | None:
    """Return the process of the node that runs on this folder, if there is one."""
    return next(iter(process.processes_with_cwd(folder)), None)


def last_ports(folder: Path) -> tuple[int, int] | None:
    """Return the ports of the broker and its controller in the current or previous run."""
    settings = folder / "server.properties"
    found = LISTENERS.search(settings.read_text() if settings.exists() else "")
    return (int(found[1]), int(found[2])) if found else None
