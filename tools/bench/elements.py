"""The simulated elements of the bench: their delays, and the times of calls and steps."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import httpx
from prometheus_client.parser import text_string_to_metric_families

from deploy.local.stack_record import StackRecord

CALL = "kaitong_attempt_call_seconds"
STEP = "kaitong_attempt_step_seconds"


@dataclass(frozen=True, slots=True)
class Histogram:
    """A cumulative histogram: the number of values at or below each bound."""

    counts: Mapping[float, float]

    @property
    def count(self) -> int:
        """The number of values."""
        return int(max(self.counts.values(), default=0))

    def since(self, earlier: "Histogram | None") -> "Histogram":
        """Return the difference to an earlier reading of the same histogram."""
        before = earlier.counts if earlier else {}
        return Histogram({at: count - before.get(at, 0) for at, count in self.counts.items()})

    def median(self) -> float:
        """Return the median, interpolated linearly within a bucket."""
        half = self.count / 2
        bounds = [(0.0, 0.0), *sorted(self.counts.items())]
        for (low, below), (high, at_or_below) in pairwise(bounds):
            if at_or_below >= half > below:
                return low + (high - low) * (half - below) / (at_or_below - below)
        return 0.0


Histograms: TypeAlias = Mapping[tuple[str, str], Histogram]
"""Histograms by metric and element type."""


def read_duration_histograms(record: StackRecord) -> Histograms:
    """Return the durations of calls and steps so far, by element type."""
    text = httpx.get(f"{record.urls['provisioning']}/metrics").raise_for_status().text
    found: dict[tuple[str, str], dict[float, float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if family.name in {CALL, STEP} and sample.name.endswith("_bucket"):
                counts = found.setdefault((family.name, sample.labels["element_type"]), {})
                counts[float(sample.labels["le"])] = sample.value
    return {which: Histogram(counts) for which, counts in found.items()}


def step_times_between(first: Histograms, last: Histograms, element_ms: float) -> dict[str, float]:
    """Return the medians of calls and steps between two readings, by element type.

    A call is the time of one request; a step is the time from enqueueing the outbound call to
    its result; a ratio is a step's median over the element's own time for a call.
    """
    found = {}
    for (metric, kind), histogram in last.items():
        step = histogram.since(first.get((metric, kind)))
        if metric == STEP and step.count:
            call = last[CALL, kind].since(first.get((CALL, kind)))
            found[f"calls_{kind}"] = float(call.count)
            found[f"call_ms_{kind}"] = 1000 * call.median()
            found[f"step_ms_{kind}"] = 1000 * step.median()
            found[f"step_ratio_{kind}"] = found[f"step_ms_{kind}"] / element_ms
    ratios = [value for name, value in found.items() if name.startswith("step_ratio_")]
    return found | {"step_ratio": max(ratios)}


@contextmanager
def delayed_elements(
    record: StackRecord, elements: Iterator[str], milliseconds: int
) -> Iterator[None]:
    """Delay every call at these simulated elements until the block ends."""
    names, slow = list(elements), {"faults": [{"fault": "slow", "delay_ms": milliseconds}]}
    with httpx.Client(base_url=record.urls["elements"]) as simulator:
        for each in names:
            simulator.put(f"/elements/{each}/faults", json=slow).raise_for_status()
        yield
        for each in names:
            simulator.delete(f"/elements/{each}/faults").raise_for_status()
