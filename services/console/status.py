"""`kaitong status`: the processes of the stack, their troubles and remedies."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import psutil
import typer

from deploy.local.stack_record import SERVICES, ProcessRecord, StackRecord
from deploy.local.usage import pss_mb
from services.console.client import Client, NoAnswerError, connect, running_stack
from services.console.errors import FAILURE, CommandError
from services.console.output import Row, Styled, print_line, print_table
from services.console.troubles import (
    ServiceTrouble,
    StackProcess,
    describe_overall_status,
    stack_troubles,
    summarize_waiting_items,
    trouble_lines,
)
from shared.version import VERSION

DEAD_LETTERS_SHOWN = 10
TIMEOUT_S = 5.0
"""The longest that one service may take to answer."""

FIGURES = ("lag", "unsent", "parked", "attempts_waiting", "attempts_in_doubt", "timers_due")


@dataclass(frozen=True, slots=True)
class StackStatus:
    """The current status of the stack."""

    processes: Sequence[StackProcess]
    services: Mapping[str, Mapping[str, Any]]
    """The state that each service reports, or its `error`."""

    parked: Sequence[Mapping[str, Any]]
    troubles: Sequence[ServiceTrouble]

    @property
    def is_well(self) -> bool:
        """Return whether nothing is wrong; notices do not count."""
        return all(each.trouble.is_notice for each in self.troubles)

    @property
    def pss_mb(self) -> float:
        """The memory of all processes."""
        return round(sum(each.pss_mb for each in self.processes), 1)

    @property
    def uncounted_services(self) -> list[str]:
        """The services whose database could not be queried for its backlog."""
        return [name for name, state in self.services.items() if state.get("parked") is None]

    def as_json(self) -> dict[str, Any]:
        """Return the status as JSON."""
        return {
            "ready": self.is_well,
            "troubles": [each.as_json() for each in self.troubles],
            "processes": [asdict(each) for each in self.processes],
            "services": self.services,
            "parked": self.parked,
            "pss_mb": self.pss_mb,
            "version": VERSION,
        }


def show_status(json_file: Path | None) -> None:
    """Print the stack's status; exit with 1 if something is wrong, 69 if nothing runs."""
    found = running_stack()
    status = read_status(found, connect("viewer", found, timeout_s=TIMEOUT_S))
    if json_file:
        json_file.write_bytes(msgspec.json.format(msgspec.json.encode(status.as_json())))
    print_status(status)
    if not status.is_well:
        raise typer.Exit(FAILURE)


def read_status(found: StackRecord, client: Client) -> StackStatus:
    """Read the supervisor's record and query every service."""
    services = [name for name in SERVICES if name in client.urls]
    with ThreadPoolExecutor(len(SERVICES)) as pool:  # a service that hangs delays no other
        states = dict(zip(services, pool.map(partial(read_state, client), services), strict=True))
    names = [service for service, state in states.items() if state.get("parked")]
    parked = [dict(row, service=name) for name in names for row in read_dead_letters(client, name)]
    memory = pss_mb({line.name: line.life.pid for line in found.lines})
    processes = [process_status(line, memory[line.name]) for line in found.lines]
    return StackStatus(processes, states, parked, stack_troubles(processes, states))


def read_state(client: Client, service: str) -> dict[str, Any]:
    """Return a service's state, or the error if it does not return one."""
    try:
        state: dict[str, Any] = client.get(service, "/ops/v1/state")
    except NoAnswerError as error:
        return {"error": error.reason}
    except CommandError as error:
        return {"error": str(error)}
    return state


def read_dead_letters(client: Client, service: str) -> list[dict[str, Any]]:
    """Return the dead letters of a service."""
    try:
        rows: list[dict[str, Any]] = client.get(service, "/ops/v1/parked", limit=DEAD_LETTERS_SHOWN)
    except CommandError:
        return []
    return rows


def process_status(line: ProcessRecord, memory_mb: float) -> StackProcess:
    """Return the status of one process of the stack."""
    process = line.life.process
    return StackProcess(
        name=line.name,
        pid=line.life.pid,
        running=process is not None,
        restarts=line.restarts,
        last_end=line.last_end,
        refuses=line.refuses,
        url=line.url,
        log=line.log,
        age_s=max(0.0, time.time() - line.life.started),
        is_stopped=process is not None and is_stopped(process),
        pss_mb=round(memory_mb, 1) if process else 0.0,
    )


def is_stopped(process: psutil.Process) -> bool:
    """Return whether a signal has stopped a process."""
    with suppress(psutil.NoSuchProcess):
        return bool(process.status() == psutil.STATUS_STOPPED)
    return False


def print_status(status: StackStatus) -> None:
    """Print the status for people."""
    head = ("process", "state", "pid", "MB", "restarts", "address")
    print_table(head, map(process_row, status.processes), right=(2, 3, 4))
    names = ("service", "publisher", *(name.replace("_", " ") for name in FIGURES))
    found = {name: each for name, each in status.services.items() if "error" not in each}
    print_table(names, [service_row(*each) for each in found.items()])
    for row in status.parked:
        last_line = row["error"].strip().splitlines()[-1]
        print_line(f"parked at {row['service']}: {row['type']} {row['why']}: {last_line}")
    for line in trouble_lines(each for each in status.troubles if not each.trouble.is_notice):
        print_line(Styled(line, "red"))
    for line in trouble_lines(each for each in status.troubles if each.trouble.is_notice):
        print_line(line)
    print_line(summarize_waiting_items(status.troubles, status.uncounted_services))
    print_line(f"{status.pss_mb:.0f} MB in all; {describe_overall_status(status.troubles)}")


def process_row(each: StackProcess) -> Row:
    """Return the row of a process."""
    state = Styled("runs", "green") if each.running else Styled("ended", "red")
    state = Styled("stopped", "red") if each.is_stopped else state
    figures = (str(each.pid), f"{each.pss_mb:.0f}", str(each.restarts))
    return (each.name, state, *figures, each.url)


def service_row(service: str, found: Mapping[str, Any]) -> Row:
    """Return the row of a service's state."""
    publisher = "direct" if found["relay_is_direct"] else Styled("waits", "red")
    figures = ("?" if found[name] is None else str(found[name]) for name in FIGURES)
    return (service, publisher, *figures)
