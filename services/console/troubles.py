"""What is wrong with a stack: what its services tell, and what they cannot tell of themselves."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.observability.troubles import Trouble, TroubleKind, count_with_noun

RESTART_SHOWN_S = 60.0
"""Seconds for which a process that was started again is shown as such."""

STARTING_S = 10.0
"""Seconds in which a process becomes able to answer."""

REPEATED_RESTARTS = 3
"""Restarts after which a process that does not run is not likely to come back by itself."""

ENGINE_OF_TROUBLE = {TroubleKind.BROKER_OUT: "kafka", TroubleKind.DATABASE_OUT: "postgres"}
"""What a trouble that several services tell is a trouble of."""


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """One process of the stack, as its supervisor and the system know it."""

    name: str
    pid: int
    running: bool
    restarts: int
    last_end: str
    """How its last life ended; empty when it has had one life only."""

    refuses: bool
    """It has said that it cannot run like this."""

    url: str
    log: str
    age_s: float
    """How long it has run, in seconds."""

    is_stopped: bool
    """A signal has stopped it: it is there, and does nothing."""

    pss_mb: float


@dataclass(frozen=True, slots=True)
class ServiceTrouble:
    """A trouble, and whose it is: a service's, or another process's of the stack."""

    service: str
    trouble: Trouble

    @property
    def line(self) -> str:
        """Say it in one line: whose, what, since when, and what to do."""
        trouble = self.trouble
        since = (
            f", for {format_duration(trouble.oldest_age_s)}" if trouble.oldest_age_s >= 1 else ""
        )
        if trouble.count > 1 and since:
            since = f", the oldest{since[1:]}"
        told = f"{self.service}: {trouble.says}{since}"
        return f"{told} — {trouble.remedy} ({trouble.runbook})"

    def as_json(self) -> dict[str, Any]:
        """Return it as a service shows it, with whose it is."""
        return {"service": self.service} | trouble_as_json(self.trouble)


def trouble_as_json(trouble: Trouble) -> dict[str, Any]:
    """Return a trouble as the services show it."""
    # pydantic costs a quarter of a second to import, which no other command here needs.
    from shared.health.trouble_view import TroubleView  # noqa: PLC0415

    return TroubleView.of(trouble).model_dump(mode="json")


def parse_trouble(told: Mapping[str, Any]) -> Trouble:
    """Read a trouble that a service shows."""
    return Trouble(
        kind=TroubleKind(told["kind"]),
        part=told["part"],
        count=told["count"],
        oldest_age_s=told["oldest_age_s"],
        says=told["says"],
        remedy=told["remedy"],
        is_notice=told["is_notice"],
    )


def stack_troubles(
    processes: Sequence[ProcessStatus], states: Mapping[str, Mapping[str, Any]]
) -> list[ServiceTrouble]:
    """Return all that is wrong, what is normal so far last."""
    found = [ServiceTrouble(each.name, it) for each in processes for it in process_troubles(each)]
    named = {each.service for each in found if not each.trouble.is_notice}
    running = {each.name: each for each in processes}
    for service, state in states.items():
        if "error" not in state:
            found += [ServiceTrouble(service, parse_trouble(told)) for told in state["troubles"]]
        elif service not in named:
            found.append(
                ServiceTrouble(service, no_answer_trouble(state["error"], running.get(service)))
            )
    return sorted(found, key=lambda each: each.trouble.is_notice)


def process_troubles(process: ProcessStatus) -> Iterator[Trouble]:
    """Yield what is wrong with a process as such."""
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
            remedy=f"`kill -CONT {process.pid}` lets it go on; else it is started again soon",
        )
    elif process.restarts and process.age_s < RESTART_SHOWN_S:
        yield Trouble(
            kind=TroubleKind.ENDED,
            count=process.restarts,
            says=f"was started again {format_duration(process.age_s)} ago: {process.last_end}",
            remedy=f"nothing, unless it ends again; see {process.log}",
            is_notice=True,
        )


def restart_remedy(process: ProcessStatus) -> str:
    """Return what to do about a process that has ended."""
    if process.refuses:
        return "mend that, then `kaitong down` and `kaitong up`"
    if process.restarts >= REPEATED_RESTARTS:
        return f"it was started again {process.restarts} times in vain; see why in {process.log}"
    return f"it is started again by itself; if it ends again, see {process.log}"


def no_answer_trouble(error: str, process: ProcessStatus | None) -> Trouble:
    """Return the trouble of a service that runs and tells nothing."""
    if process and process.age_s < STARTING_S:
        says = f"is starting, since {format_duration(process.age_s)}"
        return Trouble(
            kind=TroubleKind.ENDED, says=says, remedy=f"ask again in a moment; {process.log}"
        )
    where = process.log if process else "its log"
    remedy = f"wait: within two minutes it answers, or is started again; see {where}"
    return Trouble(kind=TroubleKind.HANG, says=error, remedy=remedy)


def trouble_lines(found: Iterable[ServiceTrouble]) -> Iterator[str]:
    """Yield a line for each trouble, and one for what several services tell of one engine."""
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
    """Return the line of an engine that is out: once, with the services that say so."""
    tellers = [each.service for each in several if each.trouble.kind is first.trouble.kind]
    line = ServiceTrouble(engine, first.trouble).line
    return f"{line}; told by {', '.join(tellers)}"


def summary(found: Sequence[ServiceTrouble], uncounted: Sequence[str]) -> str:
    """Return how much waits for people, and for how long.

    Args:
        found: all troubles.
        uncounted: the services that did not tell what waits.
    """
    counts = "; ".join(
        f"{label} {count_and_age(kind, found)}"
        for label, kind in (
            ("held orders", TroubleKind.HELD),
            ("work orders with crews", TroubleKind.WORK_WAITING),
            ("parked messages", TroubleKind.PARKED),
            ("operations in doubt", TroubleKind.IN_DOUBT),
        )
    )
    return f"{counts}; not counted: {', '.join(uncounted)}" if uncounted else counts


def count_and_age(kind: TroubleKind, found: Sequence[ServiceTrouble]) -> str:
    """Return how many there are of a kind, and the age of the oldest."""
    mine = [each.trouble for each in found if each.trouble.kind is kind]
    if not mine:
        return "0"
    oldest = max(each.oldest_age_s for each in mine)
    return f"{sum(each.count for each in mine)} (the oldest for {format_duration(oldest)})"


def verdict(found: Sequence[ServiceTrouble]) -> str:
    """Return how the stack is, in a few words."""
    wrong = sum(not each.trouble.is_notice for each in found)
    if wrong:
        return f"{count_with_noun(wrong, 'trouble')}: look above"
    return "nothing is wrong; some things wait, see above" if found else "all is well"


SECOND, MINUTE, HOUR, DAY = 1, 60, 3600, 86400
UNITS = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"))


def format_duration(seconds: float) -> str:
    """Return a span of time for people: `45 s`, `12 min`, `3 h`, `2 d`."""
    size, unit = next((each for each in UNITS if seconds >= each[0]), UNITS[-1])
    return f"{seconds / size:.0f} {unit}"
