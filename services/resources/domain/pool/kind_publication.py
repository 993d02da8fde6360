"""Publishing kinds of resources: a published kind never changes."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from services.resources.domain.pool.kinds import PickedFrom, PoolKind
from shared.errors import ConflictError, Fault, InvalidError

KIND_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
MAX_NAME_LENGTH = 32
OWN_RULE_REMEDY = "leave it out: only telephone numbers have it"


class PublishedKind(NamedTuple):
    """A kind of resources that a tenant has published, and who did it."""

    kind: PoolKind
    published_at: datetime
    published_by: str


def unpublished(
    sent: Sequence[PoolKind], published: Mapping[str, PoolKind], shipped: Collection[str]
) -> list[PoolKind]:
    """Return those of the submitted kinds that are not published yet.

    Args:
        sent: the submitted kinds.
        published: those of these names that the tenant has published.
        shipped: the names of the kinds of the release.

    Raises:
        ConflictError: if one is already published with other rules.
        InvalidError: if one has a fault; all are named.
    """
    if faults := list(kinds_faults(sent, shipped)):
        raise InvalidError(faults)
    for each in sent:
        if each.name in published and published[each.name] != each:
            message = f"the kind {each.name} is already published with other rules"
            remedy = "give the other rules another name: items and orders have this kind"
            raise ConflictError(message, code="kind-taken", remedy=remedy)
    return [each for each in sent if each.name not in published]


def kinds_faults(sent: Sequence[PoolKind], shipped: Collection[str]) -> Iterator[Fault]:
    """Yield the faults of submitted kinds."""
    counts = Counter(each.name for each in sent)
    for i, each in enumerate(sent):
        if each.name in shipped:
            reason, remedy = "is a kind of the release", "use it, or choose another name"
            yield Fault(f"/{i}/name", "kind-shipped", reason, remedy)
        elif len(each.name) > MAX_NAME_LENGTH or not KIND_NAME.fullmatch(each.name):
            reason = f"is not a name of at most {MAX_NAME_LENGTH} characters with a hyphen"
            remedy = "use words of small letters and digits, joined by hyphens: camera-account"
            yield Fault(f"/{i}/name", "bad-name", reason, remedy)
        if counts[each.name] > 1:
            yield Fault(f"/{i}/name", "sent-twice", f"{each.name} is sent twice", "send one")
        yield from rule_faults(each, f"/{i}")


def rule_faults(kind: PoolKind, at: str) -> Iterator[Fault]:
    """Yield the rules that only numbers and the plant of a splitter can have."""
    if kind.picked_from is PickedFrom.REGION:
        remedy = f"say {PickedFrom.POOL}, or leave it out"
        reason = "only telephone numbers are picked from any pool of the region"
        yield Fault(f"{at}/picked_from", "not-allowed", reason, remedy)
    if kind.is_graded:
        yield Fault(f"{at}/is_graded", "not-allowed", "has no grades", OWN_RULE_REMEDY)
    if kind.comes_with_splitters:
        reason = "the import of splitters makes no items of it"
        remedy = "leave it out, and import the items"
        yield Fault(f"{at}/comes_with_splitters", "not-allowed", reason, remedy)
