"""Validation of kinds: what a blueprint needs is a kind of resources that pools serve.

Kinds that tenants publish have a hyphen, those of a release never do (ADR 37).
"""

from collections.abc import Iterator
from typing import NamedTuple

from services.provisioning.domain.blueprint.blueprint import Blueprint, BlueprintNeed
from services.provisioning.domain.blueprint.templates import (
    Source,
    parse_reference,
    templates_of,
)
from shared.errors import Fault

OF_BASE = frozenset({Source.HELD_BY_BASE, Source.GIVEN_UP_BY_BASE})
"""The sources of resources that another blueprint needs."""


class KnownKinds(NamedTuple):
    """The kinds of resources that the resource service has published, by name."""

    of_release: frozenset[str] | None
    """None if it has not published them yet: then nothing is refused."""

    of_tenant: frozenset[str] = frozenset()

    def is_unknown(self, kind: str) -> bool:
        """Tell whether there is certainly no such kind."""
        return self.of_release is not None and "-" not in kind and kind not in self.of_release

    def is_unconfirmed(self, kind: str) -> bool:
        """Tell whether a kind is not known; it may have been published a moment ago."""
        known = (self.of_release or frozenset()) | self.of_tenant
        return not self.is_unknown(kind) and kind not in known


NO_KINDS_KNOWN = KnownKinds(None)


def kind_faults(blueprint: Blueprint, known: KnownKinds) -> Iterator[Fault]:
    """Yield the needs, and the references to resources of a base, of kinds that do not exist."""
    remedy = f"use one of: {', '.join(sorted(known.of_release or ()))}; or publish a kind"
    for place, need in placed_needs(blueprint):
        if known.is_unknown(need.kind):
            reason = f"no pool serves `{need.kind}`"
            yield Fault(f"{place}/kind", "kind-unknown", reason, remedy)
    for i, step in enumerate(blueprint.steps):
        for template in templates_of(step):
            reference = parse_reference(template)
            if reference and reference.source in OF_BASE and known.is_unknown(reference.kind):
                reason = f"{template}: no pool serves `{reference.kind}`"
                yield Fault(f"/steps/{i}", "bad-reference", reason, remedy)


def unconfirmed_kinds(blueprint: Blueprint, known: KnownKinds) -> list[str]:
    """Return the kinds that a blueprint needs and that are not known, by name."""
    needed = {need.kind for _, need in placed_needs(blueprint)}
    return sorted(kind for kind in needed if known.is_unconfirmed(kind))


def placed_needs(blueprint: Blueprint) -> Iterator[tuple[str, BlueprintNeed]]:
    """Yield all needs with their places, JSON pointers in the blueprint."""
    yield from ((f"/needs/{i}", need) for i, need in enumerate(blueprint.needs))
    for i, step in enumerate(blueprint.steps):
        yield from ((f"/steps/{i}/needs/{j}", need) for j, need in enumerate(step.needs))
