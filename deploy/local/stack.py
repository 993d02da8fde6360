"""All of Kaitong on one machine: engines, simulator and services under a supervisor."""

import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, as_completed
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.local import ports, process, stack_record
from deploy.local.databases import make_databases
from deploy.local.errors import StartError
from deploy.local.existing_engines import (
    KAFKA,
    configured_engine_addresses,
    database_setting_name,
    fetch_engines,
    services_without_database_setting,
)
from deploy.local.fork_server_client import ForkServerClient, modules_of
from deploy.local.kafka import Kafka, start_kafka
from deploy.local.one_off_jobs import OneOffJobs
from deploy.local.postgres import Postgres, start_postgres
from deploy.local.process_environment import (
    INSTALLATION,
    LOG_KEY,
    PERSON_KEY,
    SETTINGS_WITH_PERSONS,
    environment_of,
    get_or_create_secret,
    is_started,
    purge,
    resolve_installation_name,
)
from deploy.local.stack_record import SERVICES
from deploy.local.supervisor import ForkedModule, Supervisor
from deploy.local.thread_pool import started_thread_pool

ELEMENTS = "elements"
FORK_SERVER = "template"
TIMEOUT_S = 180.0
"""Seconds for services to become ready on a busy machine; one that ends is reported at once."""

ENGINES, PROGRAMS = 0, 1
"""Stages: processes that depend on nothing, and those that depend on the engines."""


@dataclass
class Stack:
    """A running Kaitong. As a context manager it stops at the end of the block."""

    home: Path
    """The folder of all state."""

    services: Sequence[str]
    elements: bool
    wanted_ports: Mapping[str, int]
    """Required HTTP ports by service; the other services get any free port."""

    fsync: bool
    postgres: Postgres | None = None
    """None if settings name existing databases."""

    kafka: Kafka | None = None
    """None if a setting names an existing broker."""

    supervisor: Supervisor = field(init=False)
    fork_server: ForkServerClient = field(init=False)
    jobs: OneOffJobs = field(init=False)
    log: stack_record.StackRecordFile = field(init=False)

    @classmethod
    def start(
        cls,
        home: Path,
        *,
        services: Sequence[str] = SERVICES,
        elements: bool = True,
        wanted_ports: Mapping[str, int] | None = None,
        fsync: bool = True,
    ) -> Self:
        """Start everything and return when all of it is ready.

        Args:
            home: The folder of all state; the state of an earlier stack is used again.
            services: The services that run.
            elements: Whether the network-element simulator runs.
            wanted_ports: HTTP ports by service (the simulator's as `elements`).
            fsync: False trades PostgreSQL's safety against a power cut for speed; for tests.

        Raises:
            StartError: A process cannot start; the text has the remedy. Nothing runs then.
        """
        stack = cls(home.resolve(), services, elements, wanted_ports or {}, fsync)
        stack.claim_home()
        try:
            stack.start_processes()
        except Exception as error:
            stack.stop("failed", str(error) or type(error).__name__)
            raise
        except BaseException:  # stopped by a signal
            stack.stop()
            raise
        return stack

    def __enter__(self) -> Self:
        """Return the running stack."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def claim_home(self) -> None:
        """Lock the home for this stack.

        Raises:
            StartError: Another stack runs on it, or a wanted port is taken.
        """
        self.log = stack_record.StackRecordFile(
            self.home, lambda: tuple(it.record for it in self.supervisor.processes)
        )
        self.supervisor = Supervisor(self.log.write, self.log.log_event)
        log = self.home / "logs" / f"{FORK_SERVER}.log"
        self.fork_server = ForkServerClient(log, modules_of(self.services))
        self.jobs = OneOffJobs(self.fork_server)
        existing = configured_engine_addresses(self.services)
        self.log.write(urls=self.addresses(self.log.now.urls), existing=existing)

    def addresses(self, last: Mapping[str, str]) -> dict[str, str]:
        """Return the HTTP address of each service: the last one, if its port is still free."""
        names = [*self.services, *([ELEMENTS] if self.elements else [])]
        old = {name: int(url.rpartition(":")[2]) for name, url in last.items()}
        chosen = {
            name: ports.choose(self.wanted_ports.get(name), old.get(name), name) for name in names
        }
        return {name: f"http://{ports.HOST}:{port}" for name, port in chosen.items()}

    def start_processes(self) -> None:
        """Start engines and simulator concurrently, then the services."""
        fetch_engines(self.services)
        self.fork_server.start()
        self.supervisor.supervise(FORK_SERVER, self.fork_server, stage=ENGINES)
        with started_thread_pool(2) as pool:
            try:
                starts: list[Future[None]] = [
                    pool.submit(self.set_up_databases),
                    pool.submit(self.set_up_kafka),
                ]
                if self.elements:
                    self.run(ELEMENTS, {})
                for each in as_completed(starts):
                    each.result()
            except BaseException:
                self.jobs.cancel_and_refuse_new()
                raise
        for service in self.services:
            self.run(service, self.service_environment(service), "all")
        self.wait_until_ready()
        self.log.write(state="ready")

    def set_up_databases(self) -> None:
        """Find or start PostgreSQL, and migrate each service's database."""
        missing = services_without_database_setting(self.services)
        urls = {
            it: os.environ[database_setting_name(it)] for it in self.services if it not in missing
        }
        if missing:
            log = self.home / "logs" / "postgres.log"
            self.postgres = start_postgres(self.home / "postgres", fsync=self.fsync, log=log)
            self.supervisor.supervise("postgres", self.postgres, stage=ENGINES)
            urls |= make_databases(self.postgres, self.home / "run", missing)
        self.log.write(databases=urls)
        databases = {database_setting_name(service): url for service, url in urls.items()}
        self.run_job("migrate", databases, "shared.persistence.migrate", *self.services)

    def set_up_kafka(self) -> None:
        """Find or start Kafka, and make the topics."""
        bootstrap_address = os.environ.get(KAFKA)
        if not bootstrap_address:
            self.kafka = start_kafka(self.home / "kafka", log=self.home / "logs" / "kafka.log")
            self.supervisor.supervise("kafka", self.kafka, stage=ENGINES)
            bootstrap_address = self.kafka.bootstrap_address
            self.kafka.on_ready = self.make_topics
        self.log.write(kafka=bootstrap_address)
        self.make_topics()

    def make_topics(self) -> None:
        """Make the missing topics: all at the first start, and after a loss of Kafka's data."""
        self.run_job("topics", {KAFKA: self.log.now.kafka}, "shared.kafka.admin")

    def service_environment(self, service: str) -> dict[str, str]:
        """Return a service's settings: addresses, secrets and the installation's name."""
        settings = {
            database_setting_name(service): self.log.now.databases[service],
            KAFKA: self.log.now.kafka,
            LOG_KEY: get_or_create_secret(LOG_KEY, self.home),
            INSTALLATION: resolve_installation_name(
                service, self.log.now.databases[service], self.home
            ),
        }
        if service == "provisioning" and self.elements:
            settings["KAITONG_ELEMENTS_URL"] = self.log.now.urls.get(ELEMENTS, "")
        if database_setting_name(service) in SETTINGS_WITH_PERSONS:
            settings[PERSON_KEY] = get_or_create_secret(PERSON_KEY, self.home)
        return settings

    def run(self, name: str, settings: Mapping[str, str], *words: str) -> None:
        """Start a service (or the simulator) and supervise it."""
        url = self.log.now.urls[name]
        address = {"KAITONG_HTTP_HOST": ports.HOST, "KAITONG_HTTP_PORT": url.rpartition(":")[2]}
        folder = self.home / "state" / name
        folder.mkdir(mode=0o700, exist_ok=True)
        program = ForkedModule(
            self.module_arguments(name, *words),
            environment_of(name, self.home, address | dict(settings)),
            self.home / "logs" / f"{name}.log",
            folder,
            url,
            fork_server=self.fork_server,
        )
        program.start()
        self.supervisor.supervise(name, program, stage=PROGRAMS, url=url)

    def module_arguments(self, name: str, *words: str) -> list[str]:
        """Return the module that runs a service (or the simulator), and its arguments."""
        return [f"services.{name}", *words]

    def run_job(self, name: str, settings: Mapping[str, str], module: str, *words: str) -> None:
        """Run a tool to its end.

        Raises:
            StartError: It failed.
        """
        log = self.home / "logs" / f"{name}.log"
        environment = environment_of(name, self.home, settings)
        if not self.jobs.run([module, *words], log, environment, self.home):
            last = process.last_line(log).removeprefix(f"{name}: ")
            message = f"{name}: {last} (see {log})"
            raise StartError(message)

    def wait_until_ready(self) -> None:
        """Wait until every service reports that it is ready, or that its database was restored.

        Raises:
            StartError: One ended instead, or took too long.
        """
        deadline = time.monotonic() + TIMEOUT_S
        waiting = dict(self.log.now.urls)
        while waiting := {name: url for name, url in waiting.items() if not is_started(url)}:
            for each in self.supervisor.processes:
                if each.last_end:
                    how = "cannot start" if each.refuses else "ended"
                    message = f"{each.name} {how}: {each.last_log_line} (see {each.engine.log})"
                    raise StartError(message)
            if time.monotonic() > deadline:
                late = ", ".join(waiting)
                message = f"not ready after {TIMEOUT_S:.0f} s: {late}; see {self.home / 'logs'}"
                raise StartError(message)
            time.sleep(0.05)

    def stop(self, state: str = "stopped", error: str = "") -> None:
        """Stop everything, services first; keep all state. It also works on a full disk."""
        with suppress(OSError):
            self.log.write(state="stopping")
        self.supervisor.stop()
        self.fork_server.close()
        with suppress(OSError):
            self.log.write(state=state, error=error)
        self.log.close()

    def purge(self) -> None:
        """Kill everything at once, and delete all state; existing engines keep theirs."""
        self.supervisor.kill()
        self.fork_server.close()
        purge(self.home)
        self.log.close()

    def latest_record(self) -> stack_record.StackRecord:
        """Return the stack's record."""
        return self.log.now
