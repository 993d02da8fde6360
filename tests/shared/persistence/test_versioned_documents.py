"""Versioned documents are read once for each edition, and a publication changes the edition."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.persistence.bulk import table_of
from shared.persistence.database import Sessions
from shared.persistence.versioned_documents import (
    MAX_CACHED,
    SHARED_TENANT,
    EditionRow,
    VersionedDocuments,
)
from tests.kernel import TENANT, statements

OTHER_TENANT = "zhejiang"


class PriceEditionRow(EditionRow):
    """The edition of one tenant's prices."""

    __tablename__ = "price_editions"


Prices = dict[str, int]


def overlay(shared: Prices, own: Prices) -> Prices:
    """Return the shared prices and a tenant's own, which precede them."""
    return {**shared, **own}


@dataclass
class PriceStore:
    """Prices by tenant, and how often they were read."""

    sessions: Sessions
    rows: dict[str, Prices] = field(default_factory=dict)
    reads: list[str] = field(default_factory=list)

    @cached_property
    def documents(self) -> VersionedDocuments[Prices]:
        """The prices with their cache."""
        return VersionedDocuments(PriceEditionRow, self.read, overlay)

    def read(self, _: Session, tenant: str) -> Prices:
        """Return what one tenant has published."""
        self.reads.append(tenant)
        return self.rows.get(tenant, {})

    def publish(self, tenant: str, **prices: int) -> None:
        """Publish prices of a tenant, in a transaction of their own."""
        with self.sessions.begin() as session:
            self.documents.lock(session, tenant)
            self.rows[tenant] = {**self.rows.get(tenant, {}), **prices}
            self.documents.set_next_edition(session, tenant, [repr(prices).encode()])

    def get(self, tenant: str) -> Prices:
        """Return the prices of a tenant, in a transaction of their own."""
        with self.sessions() as session:
            return self.documents.get(session, tenant)

    def edition(self, tenant: str) -> bytes:
        """Return the stored edition of a tenant's prices."""
        query = select(PriceEditionRow.edition).where(PriceEditionRow.tenant == tenant)
        with self.sessions() as session:
            return session.scalars(query).one()


@pytest.fixture
def store(sessions: Sessions) -> Iterator[PriceStore]:
    """An empty store of prices."""
    table = table_of(PriceEditionRow)
    table.create(sessions.kw["bind"], checkfirst=True)
    yield PriceStore(sessions)
    table.drop(sessions.kw["bind"])


def test_a_tenant_uses_the_shared_documents_and_its_own_before_them(store: PriceStore) -> None:
    store.publish(SHARED_TENANT, line=10, phone=5)
    store.publish(TENANT, line=12)

    assert store.get(TENANT) == {"line": 12, "phone": 5}
    assert store.get(OTHER_TENANT) == {"line": 10, "phone": 5}
    assert store.get(SHARED_TENANT) == {"line": 10, "phone": 5}


def test_documents_are_read_once_for_each_edition(store: PriceStore) -> None:
    store.publish(TENANT, line=12)
    first = store.get(TENANT)
    store.reads.clear()

    assert store.get(TENANT) is first
    assert store.reads == []

    store.publish(TENANT, line=13)
    assert store.get(TENANT) == {"line": 13}
    assert store.reads == [SHARED_TENANT, TENANT]


def test_a_publication_for_all_tenants_is_valid_for_each(store: PriceStore) -> None:
    store.publish(TENANT, line=12)
    before = store.get(TENANT)

    store.publish(SHARED_TENANT, phone=5)

    assert before == {"line": 12}
    assert store.get(TENANT) == {"line": 12, "phone": 5}


def test_a_transaction_sees_its_own_publication(store: PriceStore) -> None:
    with store.sessions.begin() as session:
        assert store.documents.get(session, TENANT) == {}
        store.documents.lock(session, TENANT)
        store.rows[TENANT] = {"line": 12}
        store.documents.set_next_edition(session, TENANT, [b"line"])

        assert store.documents.get(session, TENANT) == {"line": 12}


def test_each_publication_has_another_edition_also_of_the_same_content(store: PriceStore) -> None:
    editions = []
    for price in (12, 13, 12):
        store.publish(TENANT, line=price)
        editions.append(store.edition(TENANT))

    assert len(set(editions)) == 3


def test_the_editions_of_many_tenants_are_read_with_one_statement(store: PriceStore) -> None:
    tenants = [TENANT, OTHER_TENANT]
    with statements(store.sessions) as executed, store.sessions() as session:
        store.documents.preload(session, tenants)
        for tenant in tenants * 3:
            store.documents.get(session, tenant)

    assert len(executed) == 1


def test_the_cache_does_not_grow_without_limit(store: PriceStore) -> None:
    for number in range(MAX_CACHED + 1):
        store.get(f"tenant-{number}")
    store.reads.clear()

    store.get("tenant-0")

    assert store.reads == [SHARED_TENANT, "tenant-0"]
