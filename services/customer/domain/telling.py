"""What each client of the API has told of a customer, field by field.

An order that names its customer by id alone says nothing else of it: what was said
before stays. Of what was said of a field the latest counts, wherever it comes in the
row; an erasure is later than all that was told until then.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import attrgetter
from typing import TypeAlias
from uuid import UUID

from services.customer.domain.party import LONGEST, Party, key_of
from shared.contracts import OrderAccepted, PartyKind, kind_of
from shared.input.phones import phone_key
from shared.input.texts import comparable

Mark: TypeAlias = str
"""When something was told, and by which order: later marks are greater. Empty: not told."""

PERSONAL = ("name", "phone", "email", "identity_number")
FIELDS = (*PERSONAL, "category", "kind")
"""What orders tell of a party; each field has a mark of its own."""

MARKS = tuple(f"{each}_mark" for each in FIELDS)
KEYS = {"name_key": "name", "phone_key": "phone"}
"""What parties are searched by, and the field that each is made of; told when that is."""

LAST = "~"
"""Sorts after every order's id."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
USUAL = {PartyKind.ORGANIZATION: "business", PartyKind.INDIVIDUAL: "public"}
"""The category of a customer of whom only the kind is known."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What one client has told of a party."""

    tenant: str
    party_id: str
    client: str
    name: str
    phone: str
    email: str
    identity_number: str
    category: str
    kind: str
    name_key: str
    phone_key: str
    name_mark: Mark
    phone_mark: Mark
    email_mark: Mark
    identity_number_mark: Mark
    category_mark: Mark
    kind_mark: Mark
    told_at: datetime
    told_by: UUID

    @property
    def key(self) -> tuple[str, str, str]:
        """The tenant, the party and who told."""
        return self.tenant, self.party_id, self.client


def mark_of(told_at: datetime, told_by: UUID | str) -> Mark:
    """Return the mark of what was told at a moment: sorted as text they are in order."""
    return f"{(told_at - EPOCH) // timedelta(microseconds=1):020d}/{told_by}"


def telling_of(order: OrderAccepted, tenant: str, told_at: datetime) -> Telling:
    """Return what an accepted order tells of its customer.

    Raises:
        PoisonError: if its id is too long to be a key.
    """
    mark = mark_of(told_at, order.order_id)
    said = {name: str(getattr(order.customer, name))[:LONGEST] for name in FIELDS}
    marks = {f"{name}_mark": mark if value else "" for name, value in said.items()}
    return Telling(
        tenant=tenant,
        party_id=key_of(order.customer.id),
        client=order.client,
        **said,
        name_key=comparable(said["name"])[:LONGEST],
        phone_key=phone_key(said["phone"]),
        **marks,
        told_at=told_at,
        told_by=order.order_id,
    )


def together(one: Telling, other: Telling) -> Telling:
    """Return what two tellings say together: of each field what was told last."""
    later = max(one, other, key=lambda each: (each.told_at, each.told_by))
    kept = {}
    for field, mark in zip(FIELDS, MARKS, strict=True):
        source = other if getattr(other, mark) > getattr(one, mark) else one
        kept[field], kept[mark] = getattr(source, field), getattr(source, mark)
    for name, field in KEYS.items():
        mark = f"{field}_mark"
        source = other if getattr(other, mark) > getattr(one, mark) else one
        kept[name] = getattr(source, name)
    return replace(later, **kept)


def by_client(tellings: Iterable[Telling]) -> list[Telling]:
    """Return one telling for each party and client."""
    return folded(tellings, attrgetter("tenant", "party_id", "client"))


def by_party(tellings: Iterable[Telling]) -> list[Telling]:
    """Return one telling for each party, of all its clients together."""
    return folded(tellings, attrgetter("tenant", "party_id"))


def folded(tellings: Iterable[Telling], key: Callable[[Telling], tuple[str, ...]]) -> list[Telling]:
    """Return one telling for each key."""
    found: dict[tuple[str, ...], Telling] = {}
    for each in tellings:
        of = key(each)
        known = found.get(of)
        found[of] = together(known, each) if known else each
    return list(found.values())


def party_of(tellings: Iterable[Telling], erased_at: datetime | None = None) -> Party:
    """Return a party as these tellings of it, at least one, say together."""
    it = reduce(together, tellings)
    return Party(
        it.tenant,
        it.party_id,
        it.name,
        it.phone,
        it.email,
        it.identity_number,
        category_of(it.category, it.category_mark, it.kind, it.kind_mark),
        it.told_at,
        it.told_by,
        erased_at,
    )


def category_of(category: str, category_mark: Mark, kind: str, kind_mark: Mark) -> str:
    """Return the category of a party of which a category, a kind or neither was told.

    Where they contradict each other, what was told later counts.
    """
    if kind and (not category or (kind_mark > category_mark and kind != kind_of(category))):
        return USUAL[PartyKind(kind)]
    return category or USUAL[PartyKind.INDIVIDUAL]
