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

from deploy.local import liveness, packages, ports, process
from deploy.local.errors import StartError
from deploy.local.home import home, locked
from deploy.local.java import class_archive, environment, java
from deploy.local.kafka_storage import (
    NODE,
    format_properties,
    format_storage,
    is_formatted,
    keep_features,
)
from deploy.local.progress import show_progress

TIMEOUT_S = 180.0
"""Seconds to become ready, on a machine that is busy with something else. One that ends is
told at once."""

STOP_TIMEOUT_S = 60.0
"""Seconds to stop."""

SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": NODE,
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
    # A broker killed with -9 counts as alive at its own controller until its session ends, some
    # moments after it has started again. More heartbeats, and an empty metadata record twice a
    # second, would double the CPU of an idle broker.
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
    """Do nothing once a node is ready."""


@dataclass
class Kafka:
    """A running private node."""

    folder: Path
    port: int
    controller_port: int
    detached: bool
    log: Path
    on_ready: Callable[[], None] = do_nothing
    """Called at the end of each start, and again with each new try if it fails."""

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
    def data(self) -> Path:
        """All that it has to keep."""
        return self.folder / "data"

    @property
    def configuration(self) -> Path:
        """The node's settings, written anew at every start."""
        return self.folder / "server.properties"

    def start(self, *java_options: str) -> None:
        """Start again, on the same port; one that is starting still is waited for.

        Data that were deleted meanwhile are formatted anew; the services send again what
        they have told.
        """
        if not process.is_running(self):
            configure_and_format(self)
            self.server = launch(self, *(java_options or class_archive()))
        wait_until_ready(self)
        self.on_ready()

    def stop(self) -> None:
        """Stop in order: leadership given up, everything written."""
        process.end(self.server, signal.SIGTERM, STOP_TIMEOUT_S)

    def kill(self) -> None:
        """Kill with -9, as a power cut would."""
        process.kill_all([self.server])

    def answers(self) -> bool:
        """Tell whether it answers requests."""
        return answers(self.port, liveness.ANSWER_TIMEOUT_S)


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
    packages.fetch([packages.KAFKA])
    prepare_kafka()
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
    """Write the node's settings, and format its storage when it is new."""
    configure(node)
    if not is_formatted(node.data):
        format_storage(node.data, node.configuration)


def configure(node: Kafka) -> None:
    """Write the node's settings."""
    controller = f"{ports.HOST}:{node.controller_port}"
    places = {
        "listeners": f"PLAINTEXT://{node.bootstrap},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{node.bootstrap}",
        "controller.quorum.voters": f"{NODE}@{controller}",
        "log.dirs": node.data,
    }
    node.configuration.write_text(format_properties(SETTINGS | places))


def launch(node: Kafka, *java_options: str) -> psutil.Process:
    """Start the node's Java process."""
    return process.spawn(
        java(*java_options, "kafka.Kafka", str(node.configuration)),
        node.log,
        environment=environment(),
        folder=node.folder,
        orphan_signal=0 if node.detached else signal.SIGKILL,
    )


def prepare_kafka() -> None:
    """Start and stop a first node, and keep what makes the start of others faster.

    That is an archive of the classes that it has loaded, and the features of its storage.
    """
    archive = packages.class_archive()
    with locked("classes"):
        if archive.exists() and packages.kafka_features().exists():
            return
        half = archive.with_suffix(".half")
        folder = Path(mkdtemp(prefix="kafka-", dir=home()))
        try:
            with show_progress("preparing Kafka (once)"):
                ends = (ports.free_port(), ports.free_port())
                node = Kafka(folder, *ends, detached=False, log=folder / "kafka.log")
                node.start(f"-XX:AOTCacheOutput={half}")
                node.stop()
                keep_features(node.data)
        finally:
            shutil.rmtree(folder)
        # A Java that cannot make one starts slower; that is all.
        half.rename(archive) if half.exists() else archive.touch()


def wait_until_ready(node: Kafka) -> None:
    """Return when the node answers requests.

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
    """Tell whether a broker there answers the request that opens every conversation."""
    api_versions = struct.pack(">hhih", 18, 0, 1, -1)
    return ports.answers(port, struct.pack(">i", len(api_versions)) + api_versions, timeout_s)


def running_node(folder: Path) -> psutil.Process | None:
    """Return the node that serves this folder now, if there is one."""
    return next(iter(process.processes_in(folder)), None)


def last_ports(folder: Path) -> tuple[int, int] | None:
    """Return the ports of the broker and of its controller in this life or the last one."""
    settings = folder / "server.properties"
    found = LISTENERS.search(settings.read_text() if settings.exists() else "")
    return (int(found[1]), int(found[2])) if found else None
