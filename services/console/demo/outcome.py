"""What the demonstration came to: every post against its expected end, and the figures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.console.bench.figures import percentile
from services.console.demo.ledger import Ledger
from services.console.demo.plan import Planned
from services.console.demo.stories import End, Product, Twist
from services.console.invariants import Finding
from shared.input.timestamps import read_timestamp

CREATED = 201


@dataclass(frozen=True, slots=True)
class Times:
    """How long it took, in seconds from the start of the command."""

    ready_s: float
    """Until engines and services were there."""

    loaded_s: float
    """Until the first city was loaded."""

    first_order_s: float
    """Until the first order had completed."""

    seconds: float
    """Until the last order had ended."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that there is to say."""

    times: Times
    ends: Mapping[End, Sequence[Planned]]
    took_ms: Mapping[End, Sequence[float]]
    """From accepted to ended, of each order."""

    surprises: Sequence[str]
    """Posts that did not come to their expected end."""

    findings: Sequence[Finding]
    pss_mb: float

    @property
    def violations(self) -> list[str]:
        """All that is wrong."""
        broken = (f"{each.invariant}: {fault}" for each in self.findings for fault in each.faults)
        return [*self.surprises, *broken]

    def as_json(self) -> dict[str, Any]:
        """Return everything under plain names."""
        took_ms = [each for several in self.took_ms.values() for each in several]
        counts = {end.value: len(posts) for end, posts in self.ends.items()}
        return {
            "orders": sum(counts.values()),
            **counts,
            "first_order_s": round(self.times.first_order_s, 2),
            "ready_s": round(self.times.ready_s, 2),
            "loaded_s": round(self.times.loaded_s, 2),
            "seconds": round(self.times.seconds, 2),
            "p50_ms": round(percentile(took_ms, 0.5), 1) if took_ms else None,
            "p99_ms": round(percentile(took_ms, 0.99), 1) if took_ms else None,
            "pss_mb": round(self.pss_mb, 1),
            "violations": len(self.violations),
            "violation_list": self.violations,
        }


def ends_of(ledger: Ledger) -> dict[End, list[Planned]]:
    """Return what became of all posts; one that did not end is in no list."""
    found: dict[End, list[Planned]] = {end: [] for end in End}
    for planned in ledger.posts:
        if end := end_of(planned, ledger):
            found[end].append(planned)
    return found


def end_of(planned: Planned, ledger: Ledger) -> End | None:
    """Return what became of one post, if it has come to an end."""
    answer = ledger.answers.get(planned.number)
    if answer is None:
        return None
    if answer.status != CREATED:
        return End.REFUSED
    if planned.earlier and answer.order_id == order_of(planned.earlier, ledger):
        return End.REPEATED
    order = ledger.ended.get(answer.order_id)
    return End(order["state"]) if order else None


def order_of(planned: Planned, ledger: Ledger) -> str:
    """Return the order that a post was answered with."""
    answer = ledger.answers.get(planned.number)
    return answer.order_id if answer else ""


def surprises(ledger: Ledger) -> Iterator[str]:
    """Yield what did not come to its expected end, in words."""
    for planned in ledger.posts:
        if wrong := surprise(planned, ledger):
            yield f"{planned.external_id} ({planned.story.about}): {wrong}"


def surprise(planned: Planned, ledger: Ledger) -> str:
    """Return what is not as expected of one post; empty if all is."""
    story, answer, end = planned.story, ledger.answers.get(planned.number), end_of(planned, ledger)
    if answer is None:
        return "it was not answered"
    if answer.status != story.status:
        return f"answered {answer.status} instead of {story.status}"
    if end is not story.end:
        return f"it is {end or 'open'}, not {story.end}"
    if (code := code_of(planned, ledger)) != story.code:
        return f"{code or 'no code'} is given as the reason, not {story.code or 'none'}"
    if end is End.REPEATED and planned.earlier:
        first = ledger.answers[planned.earlier.number]
        return "" if answer.content == first.content else "the answer is not the first one again"
    return ""


def code_of(planned: Planned, ledger: Ledger) -> str:
    """Return why a post was refused, or its order came to nothing."""
    answer = ledger.answers[planned.number]
    if answer.status != CREATED:
        return str(answer.body.get("code", ""))
    if planned.story.end is End.REPEATED:
        return ""
    messages = ledger.ended[answer.order_id].get("productOrderErrorMessage", ())
    return next((each["code"] for each in messages), "")


def took_ms(ledger: Ledger) -> dict[End, list[float]]:
    """Return how long each order took from accepted to ended, by its end."""
    found: dict[End, list[float]] = {}
    for order in ledger.ended.values():
        took = ended_at(order) - read_timestamp(order["orderDate"])
        found.setdefault(End(order["state"]), []).append(took.total_seconds() * 1000)
    return found


def ended_at(order: Mapping[str, Any]) -> datetime:
    """Return when an order ended."""
    why = order.get("productOrderErrorMessage", ())
    return read_timestamp(order.get("completionDate") or why[0]["timestamp"])


def first_completed_at(ledger: Ledger) -> datetime | None:
    """Return when the first order completed."""
    times = (ended_at(each) for each in ledger.ended.values() if each["state"] == End.COMPLETED)
    return min(times, default=None)


def to_show(ledger: Ledger) -> str:
    """Return an order whose journey is worth a look: a bundle that is still there, else any."""
    returned_to = {each.earlier for each in ledger.posts}
    completed = [
        planned
        for planned in ledger.posts
        if end_of(planned, ledger) is End.COMPLETED and planned.story.twist is Twist.NONE
    ]
    bundles = [each for each in completed if each.story.product is Product.HOME]
    kept = [each for each in bundles if each not in returned_to]
    chosen = next(iter([*kept, *bundles, *completed]), None)
    return order_of(chosen, ledger) if chosen else ""
