"""The result of the demonstration: the outcome of every post, and the figures."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.input.timestamps import read_timestamp
from tools.bench.figures import percentile
from tools.demo.demo_plan import PlannedPost
from tools.demo.run_state import RunState
from tools.demo.scenarios import DemoProduct, PostOutcome, Scenario, Variation
from tools.verify import Finding

CREATED = 201


@dataclass(frozen=True, slots=True)
class DemoTimes:
    """Durations in seconds from the start of the command."""

    engines_s: float
    """Until Kafka and PostgreSQL were ready, with topics and databases."""

    ready_s: float
    """Until the services were ready as well."""

    loaded_s: float
    """Until the first city was loaded."""

    first_order_s: float
    """Until the first order had completed."""

    seconds: float
    """Until the last order had ended."""


@dataclass(frozen=True, slots=True)
class DemoResult:
    """The outcomes, durations and findings of a demonstration."""

    times: DemoTimes
    posts_by_outcome: Mapping[PostOutcome, Sequence[PlannedPost]]
    took_ms: Mapping[PostOutcome, Sequence[float]]
    """The time of each order from acceptance to its end."""

    unexpected: Sequence[str]
    """Posts without the expected outcome."""

    findings: Sequence[Finding]
    pss_mb: float
    by_action: Mapping[str, int]
    """The accepted orders by business action."""

    by_line: Mapping[str, int]
    """The accepted orders by line of business."""

    @property
    def violations(self) -> list[str]:
        """Unexpected outcomes and broken invariants."""
        broken = (f"{each.invariant}: {fault}" for each in self.findings for fault in each.faults)
        return [*self.unexpected, *broken]

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON."""
        took_ms = [each for several in self.took_ms.values() for each in several]
        counts = {end.value: len(posts) for end, posts in self.posts_by_outcome.items()}
        return {
            "orders": sum(counts.values()),
            **counts,
            "first_order_s": round(self.times.first_order_s, 2),
            "engines_s": round(self.times.engines_s, 2),
            "ready_s": round(self.times.ready_s, 2),
            "loaded_s": round(self.times.loaded_s, 2),
            "seconds": round(self.times.seconds, 2),
            "p50_ms": round(percentile(took_ms, 0.5), 1) if took_ms else None,
            "p99_ms": round(percentile(took_ms, 0.99), 1) if took_ms else None,
            "pss_mb": round(self.pss_mb, 1),
            "by_action": dict(self.by_action),
            "by_line": dict(self.by_line),
            "by_state": counts,
            "violations": len(self.violations),
            "violation_list": self.violations,
        }


def posts_by_outcome(run_state: RunState) -> dict[PostOutcome, list[PlannedPost]]:
    """Return all posts by their outcome; a post without an outcome is in no list."""
    found: dict[PostOutcome, list[PlannedPost]] = {end: [] for end in PostOutcome}
    for planned in run_state.posts:
        if end := outcome_of(planned, run_state):
            found[end].append(planned)
    return found


def count_accepted(run_state: RunState, name: Callable[[Scenario], str]) -> dict[str, int]:
    """Return the number of accepted orders, each counted once, by a name of its scenario."""
    names = {
        order_id: name(planned.scenario)
        for planned in reversed(run_state.posts)
        if (order_id := order_id_of(planned, run_state))
    }
    return dict(sorted(Counter(names.values()).items()))


def outcome_of(planned: PlannedPost, run_state: RunState) -> PostOutcome | None:
    """Return the outcome of one post; None if it has none yet."""
    answer = run_state.answers.get(planned.number)
    if answer is None:
        return None
    if answer.status != CREATED:
        return PostOutcome.REFUSED
    if planned.earlier and answer.order_id == order_id_of(planned.earlier, run_state):
        return PostOutcome.REPEATED
    order = run_state.ended.get(answer.order_id)
    return PostOutcome(order["state"]) if order else None


def order_id_of(planned: PlannedPost, run_state: RunState) -> str:
    """Return the id of the order in the response to a post; empty if there is none."""
    answer = run_state.answers.get(planned.number)
    return answer.order_id if answer else ""


def unexpected_outcomes(run_state: RunState) -> Iterator[str]:
    """Yield a line for each post without the expected outcome."""
    for planned in run_state.posts:
        if wrong := difference_from_scenario(planned, run_state):
            yield f"{planned.external_id} ({planned.scenario.description}): {wrong}"


def difference_from_scenario(planned: PlannedPost, run_state: RunState) -> str:
    """Return how a post differs from its scenario; empty if it does not."""
    scenario, answer, end = (
        planned.scenario,
        run_state.answers.get(planned.number),
        outcome_of(planned, run_state),
    )
    if answer is None:
        return "it was not answered"
    if answer.status != scenario.status:
        return f"answered {answer.status} instead of {scenario.status}"
    if end is not scenario.outcome:
        return f"it is {end or 'open'}, not {scenario.outcome}"
    if (code := reason_code_of(planned, run_state)) != scenario.code:
        return f"{code or 'no code'} is given as the reason, not {scenario.code or 'none'}"
    if end is PostOutcome.REPEATED and planned.earlier:
        first = run_state.answers[planned.earlier.number]
        return "" if answer.content == first.content else "the answer is not the first one again"
    return ""


def reason_code_of(planned: PlannedPost, run_state: RunState) -> str:
    """Return the code with which a post was refused, or its order failed or was rejected."""
    answer = run_state.answers[planned.number]
    if answer.status != CREATED:
        return str(answer.body.get("code", ""))
    if planned.scenario.outcome is PostOutcome.REPEATED:
        return ""
    messages = run_state.ended[answer.order_id].get("productOrderErrorMessage", ())
    return next((each["code"] for each in messages), "")


def durations_by_outcome(run_state: RunState) -> dict[PostOutcome, list[float]]:
    """Return each order's milliseconds from acceptance to its end, by final state."""
    found: dict[PostOutcome, list[float]] = {}
    for order in run_state.ended.values():
        took = ended_at(order) - read_timestamp(order["orderDate"])
        found.setdefault(PostOutcome(order["state"]), []).append(took.total_seconds() * 1000)
    return found


def ended_at(order: Mapping[str, Any]) -> datetime:
    """Return when an order ended."""
    messages = order.get("productOrderErrorMessage", ())
    return read_timestamp(order.get("completionDate") or messages[0]["timestamp"])


def first_completed_at(run_state: RunState) -> datetime | None:
    """Return when the first order completed."""
    times = (
        ended_at(each)
        for each in run_state.ended.values()
        if each["state"] == PostOutcome.COMPLETED
    )
    return min(times, default=None)


def order_id_to_show(run_state: RunState) -> str:
    """Return an order to show: preferably a bundle that was not disconnected; empty if none."""
    referred_to = {each.earlier for each in run_state.posts}
    completed = [
        planned
        for planned in run_state.posts
        if outcome_of(planned, run_state) is PostOutcome.COMPLETED
        and planned.scenario.variation is Variation.NONE
    ]
    bundles = [each for each in completed if each.scenario.product is DemoProduct.HOME]
    kept = [each for each in bundles if each not in referred_to]
    chosen = next(iter([*kept, *bundles, *completed]), None)
    return order_id_of(chosen, run_state) if chosen else ""
