"""The order of a blueprint's steps: each stands behind those that it depends on."""

from collections.abc import Iterator, Mapping, Sequence

from services.provisioning.domain.blueprint.blueprint import BlueprintStep
from shared.errors import Fault


def order_faults(steps: Sequence[BlueprintStep], at: str) -> Iterator[Fault]:
    """Yield the steps that depend on none, on an unknown or a later one, or on each other."""
    predecessors = {step.name: step.after for step in steps}
    cycles: set[frozenset[str]] = set()
    for i, step in enumerate(steps):
        here, before = f"{at}/{i}/after", [each.name for each in steps[:i]]
        if before and not step.after:
            remedy = f"name the steps that it depends on, at least `{before[0]}`"
            yield Fault(here, "unconnected", "it depends on no earlier step", remedy)
        unknown = []
        for name in (each for each in step.after if each not in before):
            path = find_path(predecessors, name, step.name)
            if path and frozenset(path) not in cycles:
                reason = f"these steps wait for each other: {' → '.join((step.name, *path))}"
                yield Fault(here, "cycle", reason, "take one of them out of `after` of another")
            unknown += [] if path else [name]
            cycles.add(frozenset(path))
        if unknown:
            reason = f"not an earlier step: {', '.join(unknown)}"
            yield Fault(here, "unknown-step", reason, "put a step behind those it depends on")


def find_path(predecessors: Mapping[str, Sequence[str]], begin: str, end: str) -> tuple[str, ...]:
    """Return the names of the steps from one to another on which it depends, both included.

    Empty if it does not depend on it.
    """
    paths: list[tuple[str, ...]] = [(begin,)]
    seen: set[str] = set()
    while paths:
        path = paths.pop()
        if path[-1] == end:
            return path
        if path[-1] not in seen:
            seen.add(path[-1])
            paths += [(*path, each) for each in predecessors.get(path[-1], ())]
    return ()


def all_predecessors(steps: Sequence[BlueprintStep], step: BlueprintStep) -> set[str]:
    """Return the names of all steps that a step depends on, directly or not."""
    names = set(step.after)
    for each in reversed(steps):
        if each.name in names:
            names.update(each.after)
    return names
