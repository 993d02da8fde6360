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

from services.customer.domain.parties.party import MAX_KEY_LENGTH, Party, checked_key
from shared.contracts import OrderAccepted, PartyKind, party_kind_of
from shared.input.phones import phone_key
from shared.input.text_comparison import comparable

FieldVersion: TypeAlias = str
"""When something was told, and by which order: later marks are greater. Empty: not told."""

PERSONAL_FIELDS = ("name", "phone", "email", "identity_number")
PARTY_FIELDS = (*PERSONAL_FIELDS, "category", "kind")
"""What orders tell of a party; each field has a mark of its own."""

VERSION_FIELDS = tuple(f"{each}_mark" for each in PARTY_FIELDS)
SEARCH_KEYS = {"name_key": "name", "phone_key": "phone"}
"""What parties are searched by, and the field that each is made of; told when that is."""

AFTER_EVERY_ORDER = "~"
"""Sorts after every order's id."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DEFAULT_CATEGORIES = {PartyKind.ORGANIZATION: "business", PartyKind.INDIVIDUAL: "public"}
"""The category of a customer of whom only the kind is known."""


@dataclass(frozen=True, slots=True)
class PartySourceRecord:
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
    name_mark: FieldVersion
    phone_mark: FieldVersion
    email_mark: FieldVersion
    identity_number_mark: FieldVersion
    category_mark: FieldVersion
    kind_mark: FieldVersion
    told_at: datetime
    told_by: UUID

    @property
    def key(self) -> tuple[str, str, str]:
        """The tenant, the party and who told."""
        return self.tenant, self.party_id, self.client


def field_version(told_at: datetime, told_by: UUID | str) -> FieldVersion:
    """Return the mark of what was told at a moment: sorted as text they are in order."""
    return f"{(told_at - EPOCH) // timedelta(microseconds=1):020d}/{told_by}"


def source_record_from_order(
    order: OrderAccepted, tenant: str, told_at: datetime
) -> PartySourceRecord:
    """Return what an accepted order tells of its customer.

    Raises:
        PoisonError: if its id is too long to be a key.
    """
    mark = field_version(told_at, order.order_id)
    said = {name: str(getattr(order.customer, name))[:MAX_KEY_LENGTH] for name in PARTY_FIELDS}
    marks = {f"{name}_mark": mark if value else "" for name, value in said.items()}
    return PartySourceRecord(
        tenant=tenant,
        party_id=checked_key(order.customer.id),
        client=order.client,
        **said,
        name_key=comparable(said["name"])[:MAX_KEY_LENGTH],
        phone_key=phone_key(said["phone"]),
        **marks,
        told_at=told_at,
        told_by=order.order_id,
    )


def merge_two(one: PartySourceRecord, other: PartySourceRecord) -> PartySourceRecord:
    """Return what two tellings say together: of each field what was told last."""
    later = max(one, other, key=lambda each: (each.told_at, each.told_by))
    kept = {}
    for field, mark in zip(PARTY_FIELDS, VERSION_FIELDS, strict=True):
        source = other if getattr(other, mark) > getattr(one, mark) else one
        kept[field], kept[mark] = getattr(source, field), getattr(source, mark)
    for name, field in SEARCH_KEYS.items():
        mark = f"{field}_mark"
        source = other if getattr(other, mark) > getattr(one, mark) else one
        kept[name] = getattr(source, name)
    return replace(later, **kept)


def by_client(records: Iterable[PartySourceRecord]) -> list[PartySourceRecord]:
    """Return one telling for each party and client."""
    return merge_by_client(records, attrgetter("tenant", "party_id", "client"))


def by_party(records: Iterable[PartySourceRecord]) -> list[PartySourceRecord]:
    """Return one telling for each party, of all its clients together."""
    return merge_by_client(records, attrgetter("tenant", "party_id"))


def merge_by_client(
    records: Iterable[PartySourceRecord], key: Callable[[PartySourceRecord], tuple[str, ...]]
) -> list[PartySourceRecord]:
    """Return one telling for each key."""
    found: dict[tuple[str, ...], PartySourceRecord] = {}
    for each in records:
        of = key(each)
        known = found.get(of)
        found[of] = merge_two(known, each) if known else each
    return list(found.values())


def party_from_sources(
    records: Iterable[PartySourceRecord], erased_at: datetime | None = None
) -> Party:
    """Return a party as these tellings of it, at least one, say together."""
    it = reduce(merge_two, records)
    return Party(
        it.tenant,
        it.party_id,
        it.name,
        it.phone,
        it.email,
        it.identity_number,
        resolve_category(it.category, it.category_mark, it.kind, it.kind_mark),
        it.told_at,
        it.told_by,
        erased_at,
    )


def resolve_category(
    category: str, category_mark: FieldVersion, kind: str, kind_mark: FieldVersion
) -> str:
    """Return the category of a party of which a category, a kind or neither was told.

    Where they contradict each other, what was told later counts.
    """
    if kind and (not category or (kind_mark > category_mark and kind != party_kind_of(category))):
        return DEFAULT_CATEGORIES[PartyKind(kind)]
    return category or DEFAULT_CATEGORIES[PartyKind.INDIVIDUAL]
