"""`kaitong status`: what runs, what waits, what is parked."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import typer
from rich.table import Table

from deploy.local.record import Line, Record
from services.console.bench.usage import pss_mb
from services.console.client import Client, NoAnswerError, connect, running
from services.console.exits import NO, CommandError, stdout

SERVICES = ("order", "provisioning", "resources", "customer")
SHOWN = 10
PATIENCE_S = 5.0
"""So long one service may take to answer."""

OLDEST_UNSENT_S = 30.0
"""Older unsent messages than this mean that somebody should look."""


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of the stack at this moment."""

    ready: bool
    processes: list[dict[str, Any]]
    services: dict[str, dict[str, Any]]
    parked: list[dict[str, Any]]
    violations: list[str]
    """What is wrong, in words."""

    pss_mb: float


def show_status(json: Path | None) -> None:
    """Show the stack; end with 1 if something is wrong, 69 if nothing runs."""
    found = running()
    status = look(found, connect("viewer", found, patience_s=PATIENCE_S))
    if json:
        json.write_bytes(msgspec.json.format(msgspec.json.encode(asdict(status))))
    draw(status)
    if status.violations:
        raise typer.Exit(NO)


def look(found: Record, client: Client) -> Status:
    """Ask the supervisor's record and every service."""
    with ThreadPoolExecutor(len(SERVICES)) as pool:  # one that hangs holds up no other
        states = dict(zip(SERVICES, pool.map(partial(ask, client), SERVICES), strict=True))
    asked = [service for service, state in states.items() if "error" not in state]
    parked = [dict(row, service=name) for name in asked for row in ask_parked(client, name)]
    processes = [process_of(line) for line in found.lines]
    wrong = list(violations(processes, states))
    memory = sum(process["pss_mb"] for process in processes)
    return Status(not wrong, processes, states, parked, wrong, round(memory, 1))


def ask(client: Client, service: str) -> dict[str, Any]:
    """Return a service's state, or why it tells none."""
    try:
        state: dict[str, Any] = client.get(service, "/ops/v1/state")
    except NoAnswerError as error:
        return {"error": error.why}
    except CommandError as error:
        return {"error": str(error)}
    return state


def ask_parked(client: Client, service: str) -> list[dict[str, Any]]:
    """Return what is parked at a service."""
    try:
        rows: list[dict[str, Any]] = client.get(service, "/ops/v1/parked", limit=SHOWN)
    except CommandError:
        return []
    return rows


def process_of(line: Line) -> dict[str, Any]:
    """Describe one process of the stack."""
    process = line.life.process
    return {
        "name": line.name,
        "pid": line.life.pid,
        "running": process is not None,
        "restarts": line.restarts,
        "last_end": line.last_end,
        "refuses": line.refuses,
        "url": line.url,
        "pss_mb": round(pss_mb(line.life.pid), 1) if process else 0.0,
    }


def violations(
    processes: list[dict[str, Any]], states: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    """Yield what is wrong, each with what to do."""
    ended = {process["name"] for process in processes if not process["running"]}
    for process in processes:
        if process["name"] in ended:
            yield f"{process['name']} does not run ({process['last_end']}); {remedy_for(process)}"
    for service, state in states.items():
        if error := state.get("error"):
            if service not in ended:
                yield f"{service}: {error}"
            continue
        if state["parked"]:
            yield f"{service} has {state['parked']} parked messages; mend the cause, then retry"
        if not state["relay_is_direct"]:
            yield f"{service} cannot reach Kafka; its messages wait in the database"
        if (state["oldest_unsent_s"] or 0) > OLDEST_UNSENT_S:
            yield f"{service} has unsent messages, the oldest {state['oldest_unsent_s']:.0f} s old"


def remedy_for(process: Mapping[str, Any]) -> str:
    """Return what to do about a process that has ended."""
    if process["refuses"]:
        return "mend that, then `kaitong down` and `kaitong up`"
    return "it is started again by itself; if it ends again, see its log"


def draw(status: Status) -> None:
    """Draw it for a person."""
    processes = Table(*("process", "state", "pid", "MB", "restarts", "address"), box=None)
    for each in status.processes:
        state = "[green]runs[/]" if each["running"] else "[red]ended[/]"
        memory = f"{each['pss_mb']:.0f}"
        row = (each["name"], state, str(each["pid"]), memory, str(each["restarts"]), each["url"])
        processes.add_row(*row)
    stdout.print(processes)
    names = ("lag", "unsent", "parked", "attempts_waiting", "attempts_in_doubt", "timers_due")
    states = Table("service", "relay", *(name.replace("_", " ") for name in names), box=None)
    for service, found in status.services.items():
        if "error" not in found:
            relay = "direct" if found["relay_is_direct"] else "[red]waits[/]"
            states.add_row(service, relay, *(str(found[name]) for name in names))
    stdout.print(states)
    for waiting in status.parked:
        first_line = waiting["error"].strip().splitlines()[-1]
        tell(f"parked at {waiting['service']}: {waiting['type']} {waiting['why']}: {first_line}")
    for wrong in status.violations:
        tell(wrong, "red")
    stdout.print(
        f"{status.pss_mb:.0f} MB in all; {'all is well' if status.ready else 'look above'}"
    )


def tell(line: str, style: str = "") -> None:
    """Print a line as it is, on one line however long."""
    stdout.print(line, style=style, markup=False, soft_wrap=True)
