"""The network elements of the bench: how long they take, and what steps at them took."""

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
    """How many values are at or below each bound."""

    counts: Mapping[float, float]

    @property
    def count(self) -> int:
        """How many values there are."""
        return int(max(self.counts.values(), default=0))

    def since(self, earlier: "Histogram | None") -> "Histogram":
        """Return what has come since an earlier reading of the same."""
        before = earlier.counts if earlier else {}
        return Histogram({at: count - before.get(at, 0) for at, count in self.counts.items()})

    def median(self) -> float:
        """Return the value that half of all are at or below, as if they lay evenly in a bucket."""
        half = self.count / 2
        bounds = [(0.0, 0.0), *sorted(self.counts.items())]
        for (low, below), (high, at_or_below) in pairwise(bounds):
            if at_or_below >= half > below:
                return low + (high - low) * (half - below) / (at_or_below - below)
        return 0.0


Histograms: TypeAlias = Mapping[tuple[str, str], Histogram]
"""Histograms by metric and element type."""


def read_histograms(record: StackRecord) -> Histograms:
    """Return how long calls and steps have taken so far, by element type."""
    text = httpx.get(f"{record.urls['provisioning']}/metrics").raise_for_status().text
    found: dict[tuple[str, str], dict[float, float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if family.name in {CALL, STEP} and sample.name.endswith("_bucket"):
                counts = found.setdefault((family.name, sample.labels["element_type"]), {})
                counts[float(sample.labels["le"])] = sample.value
    return {which: Histogram(counts) for which, counts in found.items()}


def step_times_between(first: Histograms, last: Histograms, element_ms: float) -> dict[str, float]:
    """Return how long calls and steps took meanwhile, by element type: medians.

    A call is what its caller waits for, a step is all from the wish to the answer; a ratio is
    that of a step over the milliseconds that the element itself takes for a call.
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
    """Make every call at simulated elements take this time until the block ends."""
    named, slow = list(elements), {"faults": [{"fault": "slow", "delay_ms": milliseconds}]}
    with httpx.Client(base_url=record.urls["elements"]) as simulator:
        for each in named:
            simulator.put(f"/elements/{each}/faults", json=slow).raise_for_status()
        yield
        for each in named:
            simulator.delete(f"/elements/{each}/faults").raise_for_status()
