"""Source records: what each client of the API has reported of a party, field by field.

An order that names its customer by id alone changes no other field. Of a field the value
with the latest version counts, in whatever order the messages arrive; an erasure is later
than all values reported until then.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import attrgetter
from typing import TypeAlias
from uuid import UUID

from services.customer.domain.parties.party import MAX_KEY_LENGTH, Party, checked_key
from shared.contracts import DEFAULT_CATEGORIES, OrderTerms, PartyKind, party_kind_of
from shared.input.phones import phone_key
from shared.input.text_comparison import comparable

FieldVersion: TypeAlias = str
"""When a value was reported, and by which order; later versions are greater. Empty: never."""

PERSONAL_FIELDS = ("name", "phone", "email", "identity_number")
PARTY_FIELDS = (*PERSONAL_FIELDS, "category", "kind")
"""The fields of a party that orders report; each has a version (`_mark`) of its own."""

VERSION_FIELDS = tuple(f"{each}_mark" for each in PARTY_FIELDS)
SEARCH_KEYS = {"name_key": "name", "phone_key": "phone"}
"""The search keys of a party, and the field that each is derived from; same version."""

AFTER_EVERY_ORDER = "~"
"""Sorts after the id of every order."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PartySourceRecord:
    """What one client has reported of a party."""

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
        """The tenant, the party and the client."""
        return self.tenant, self.party_id, self.client


def field_version(told_at: datetime, told_by: UUID | str) -> FieldVersion:
    """Return the version of a value reported at this time. Versions sort as text by time."""
    return f"{(told_at - EPOCH) // timedelta(microseconds=1):020d}/{told_by}"


def source_record_from_order(
    order: OrderTerms, tenant: str, told_at: datetime
) -> PartySourceRecord:
    """Return what an accepted order reports of its customer.

    Raises:
        PoisonError: if its id is too long to be a key.
    """
    version = field_version(told_at, order.order_id)
    values = {name: str(getattr(order.customer, name))[:MAX_KEY_LENGTH] for name in PARTY_FIELDS}
    versions = {f"{name}_mark": version if value else "" for name, value in values.items()}
    return PartySourceRecord(
        tenant=tenant,
        party_id=checked_key(order.customer.id),
        client=order.client,
        **values,
        name_key=comparable(values["name"])[:MAX_KEY_LENGTH],
        phone_key=phone_key(values["phone"]),
        **versions,
        told_at=told_at,
        told_by=order.order_id,
    )


def merge_two(one: PartySourceRecord, other: PartySourceRecord) -> PartySourceRecord:
    """Return one record with the later value of each field."""
    later = max(one, other, key=lambda each: (each.told_at, each.told_by))
    merged = {}
    for field, version in zip(PARTY_FIELDS, VERSION_FIELDS, strict=True):
        source = other if getattr(other, version) > getattr(one, version) else one
        merged[field], merged[version] = getattr(source, field), getattr(source, version)
    for name, field in SEARCH_KEYS.items():
        version = f"{field}_mark"
        source = other if getattr(other, version) > getattr(one, version) else one
        merged[name] = getattr(source, name)
    return replace(later, **merged)


def merge_by_client(records: Iterable[PartySourceRecord]) -> list[PartySourceRecord]:
    """Return one record for each party and client."""
    return merge_by_key(records, attrgetter("tenant", "party_id", "client"))


def merge_by_party(records: Iterable[PartySourceRecord]) -> list[PartySourceRecord]:
    """Return one record for each party, merged from all its clients."""
    return merge_by_key(records, attrgetter("tenant", "party_id"))


def merge_by_key(
    records: Iterable[PartySourceRecord], key_of: Callable[[PartySourceRecord], tuple[str, ...]]
) -> list[PartySourceRecord]:
    """Return one merged record for each key."""
    merged: dict[tuple[str, ...], PartySourceRecord] = {}
    for each in records:
        key = key_of(each)
        current = merged.get(key)
        merged[key] = merge_two(current, each) if current else each
    return list(merged.values())


def party_from_sources(
    records: Iterable[PartySourceRecord], erased_at: datetime | None = None
) -> Party:
    """Return a party, merged from its records, at least one."""
    merged = reduce(merge_two, records)
    return Party(
        merged.tenant,
        merged.party_id,
        merged.name,
        merged.phone,
        merged.email,
        merged.identity_number,
        resolve_category(merged.category, merged.category_mark, merged.kind, merged.kind_mark),
        merged.told_at,
        merged.told_by,
        erased_at,
    )


def resolve_category(
    category: str, category_mark: FieldVersion, kind: str, kind_mark: FieldVersion
) -> str:
    """Return the category of a party from its reported category and kind; either may be empty.

    If they contradict each other, the one reported later counts.
    """
    if kind and (not category or (kind_mark > category_mark and kind != party_kind_of(category))):
        return DEFAULT_CATEGORIES[kind]
    return category or DEFAULT_CATEGORIES[PartyKind.INDIVIDUAL]
