"""The troubles of a stack: those that services report, and those of its processes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.observability.troubles import Trouble, TroubleKind, count_with_noun

RESTART_SHOWN_S = 60.0
"""Seconds for which a restart of a process is shown."""

STARTING_S = 10.0
"""Seconds that a process may need after its start before it answers."""

REPEATED_RESTARTS = 3
"""Restarts after which a process that does not run is unlikely to recover by itself."""

ENGINE_OF_TROUBLE = {TroubleKind.BROKER_OUT: "kafka", TroubleKind.DATABASE_OUT: "postgres"}
"""The engine behind a trouble that several services report."""


@dataclass(frozen=True, slots=True)
class StackProcess:
    """One process of the stack, from its supervisor's record and the operating system."""

    name: str
    pid: int
    running: bool
    restarts: int
    last_end: str
    """How its previous run ended; empty before its first restart."""

    refuses: bool
    """It reported that it cannot start with these settings."""

    url: str
    log: str
    age_s: float
    """Time since its start, in seconds."""

    is_stopped: bool
    """A signal has stopped it: it exists, but does nothing."""

    pss_mb: float


@dataclass(frozen=True, slots=True)
class ServiceTrouble:
    """A trouble, with the service or other process of the stack that has it."""

    service: str
    trouble: Trouble

    @property
    def line(self) -> str:
        """The trouble in one line: service, fault, age and remedy."""
        trouble = self.trouble
        since = (
            f", for {format_duration(trouble.oldest_age_s)}" if trouble.oldest_age_s >= 1 else ""
        )
        if trouble.count > 1 and since:
            since = f", the oldest{since[1:]}"
        fault = f"{self.service}: {trouble.says}{since}"
        return f"{fault} — {trouble.remedy} ({trouble.runbook})"

    def as_json(self) -> dict[str, Any]:
        """Return the trouble as a service reports it, with the service's name."""
        return {"service": self.service} | trouble_as_json(self.trouble)


def trouble_as_json(trouble: Trouble) -> dict[str, Any]:
    """Return a trouble as the services report it."""
    # Importing pydantic takes a quarter of a second; no other command here needs it.
    from shared.health.trouble_view import TroubleView  # noqa: PLC0415

    return TroubleView.of(trouble).model_dump(mode="json")


def parse_trouble(shown: Mapping[str, Any]) -> Trouble:
    """Return a trouble from the JSON that a service reports."""
    return Trouble(
        kind=TroubleKind(shown["kind"]),
        part=shown["part"],
        count=shown["count"],
        oldest_age_s=shown["oldest_age_s"],
        says=shown["says"],
        remedy=shown["remedy"],
        is_notice=shown["is_notice"],
    )


def stack_troubles(
    processes: Sequence[StackProcess], states: Mapping[str, Mapping[str, Any]]
) -> list[ServiceTrouble]:
    """Return all troubles, notices last."""
    found = [ServiceTrouble(each.name, it) for each in processes for it in process_troubles(each)]
    named = {each.service for each in found if not each.trouble.is_notice}
    running = {each.name: each for each in processes}
    for service, state in states.items():
        if "error" not in state:
            found += [ServiceTrouble(service, parse_trouble(each)) for each in state["troubles"]]
        elif service not in named:
            found.append(
                ServiceTrouble(service, no_answer_trouble(state["error"], running.get(service)))
            )
    return sorted(found, key=lambda each: each.trouble.is_notice)


def process_troubles(process: StackProcess) -> Iterator[Trouble]:
    """Yield the troubles of a process itself."""
    if not process.running:
        yield Trouble(
            kind=TroubleKind.ENDED,
            says=f"does not run ({process.last_end})",
            remedy=restart_remedy(process),
        )
    elif process.is_stopped:
        yield Trouble(
            kind=TroubleKind.HANG,
            says=f"is stopped by a signal (process {process.pid})",
            remedy=f"`kill -CONT {process.pid}` resumes it; else it is started again soon",
        )
    elif process.restarts and process.age_s < RESTART_SHOWN_S:
        yield Trouble(
            kind=TroubleKind.ENDED,
            count=process.restarts,
            says=f"was started again {format_duration(process.age_s)} ago: {process.last_end}",
            remedy=f"nothing, unless it ends again; see {process.log}",
            is_notice=True,
        )


def restart_remedy(process: StackProcess) -> str:
    """Return the remedy for a process that has ended."""
    if process.refuses:
        return "fix that, then `kaitong down` and `kaitong up`"
    if process.restarts >= REPEATED_RESTARTS:
        times = f"it was started again {process.restarts} times without success"
        return f"{times}; see why in {process.log}"
    return f"it is started again by itself; if it ends again, see {process.log}"


def no_answer_trouble(error: str, process: StackProcess | None) -> Trouble:
    """Return the trouble of a service that runs and does not answer."""
    if process and process.age_s < STARTING_S:
        says = f"is starting, since {format_duration(process.age_s)}"
        return Trouble(
            kind=TroubleKind.ENDED, says=says, remedy=f"ask again in a moment; {process.log}"
        )
    where = process.log if process else "its log"
    remedy = f"wait: within two minutes it answers, or is started again; see {where}"
    return Trouble(kind=TroubleKind.HANG, says=error, remedy=remedy)


def trouble_lines(found: Iterable[ServiceTrouble]) -> Iterator[str]:
    """Yield a line of `kaitong status` for each trouble; those of one engine are merged."""
    several = list(found)
    engines = {each.service for each in several if not each.trouble.is_notice}
    for each in several:
        engine = ENGINE_OF_TROUBLE.get(each.trouble.kind)
        if engine is None:
            yield each.line
        elif engine not in engines:
            engines.add(engine)
            yield engine_line(engine, each, several)


def engine_line(engine: str, first: ServiceTrouble, several: Sequence[ServiceTrouble]) -> str:
    """Return the line of an engine that is unavailable, with the services that report it."""
    services = [each.service for each in several if each.trouble.kind is first.trouble.kind]
    line = ServiceTrouble(engine, first.trouble).line
    return f"{line}; reported by {', '.join(services)}"


def summarize_waiting_items(
    found: Sequence[ServiceTrouble], uncounted_services: Sequence[str]
) -> str:
    """Return the number and the age of all that waits for people.

    Args:
        found: all troubles.
        uncounted_services: the services whose backlog is unknown.
    """
    counts = "; ".join(
        f"{label} {format_count_and_age(kind, found)}"
        for label, kind in (
            ("held orders", TroubleKind.HELD),
            ("work orders with crews", TroubleKind.WORK_WAITING),
            ("parked messages", TroubleKind.PARKED),
            ("operations in doubt", TroubleKind.IN_DOUBT),
        )
    )
    return (
        f"{counts}; not counted: {', '.join(uncounted_services)}" if uncounted_services else counts
    )


def format_count_and_age(kind: TroubleKind, found: Sequence[ServiceTrouble]) -> str:
    """Return how many items of a kind wait, and the age of the oldest."""
    mine = [each.trouble for each in found if each.trouble.kind is kind]
    if not mine:
        return "0"
    oldest = max(each.oldest_age_s for each in mine)
    return f"{sum(each.count for each in mine)} (the oldest for {format_duration(oldest)})"


def describe_overall_status(found: Sequence[ServiceTrouble]) -> str:
    """Return the overall status of the stack in a few words."""
    wrong = sum(not each.trouble.is_notice for each in found)
    if wrong:
        return f"{count_with_noun(wrong, 'trouble')}: see above"
    return "nothing is wrong; some things wait, see above" if found else "all is well"


SECOND, MINUTE, HOUR, DAY = 1, 60, 3600, 86400
UNITS = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"))


def format_duration(seconds: float) -> str:
    """Return a duration for people: `45 s`, `12 min`, `3 h`, `2 d`."""
    size, unit = next((each for each in UNITS if seconds >= each[0]), UNITS[-1])
    return f"{seconds / size:.0f} {unit}"
