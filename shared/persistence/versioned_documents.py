"""Versioned documents: what tenants publish in versions, cached in memory by edition.

A tenant uses the documents that all tenants share, and its own, which precede them. Each tenant's
documents, and the shared ones, have an edition: a digest that changes with every publication. A
transaction reads the editions, which are short rows; the documents are read once for each edition.
"""

import hashlib
from collections.abc import Callable, Iterable
from typing import Generic, TypeAlias, TypeVar

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.persistence.bulk import table_of, upsert_rows
from shared.persistence.database import Base
from shared.persistence.statements import CompiledStatement

D = TypeVar("D")
"""The documents of one tenant."""

Edition: TypeAlias = bytes
NO_EDITION: Edition = b""

SHARED_TENANT = ""
"""The tenant of what all tenants share."""

MAX_CACHED = 64
"""Tenants whose documents are cached."""

DIGEST_BYTES = 16


class EditionRow(Base):
    """The current edition of one tenant's documents; each kind of documents has its own table."""

    __abstract__ = True

    tenant: Mapped[str] = mapped_column(primary_key=True)
    edition: Mapped[bytes]


class VersionedDocuments(Generic[D]):
    """The documents of one kind, of all tenants."""

    def __init__(
        self,
        editions: type[EditionRow],
        read: Callable[[Session, str], D],
        overlay: Callable[[D, D], D],
    ) -> None:
        """Cache documents of one kind.

        Args:
            editions: the table of their editions.
            read: returns from the rows what one tenant has published, or the shared documents.
            overlay: returns what a tenant uses, of the shared documents and its own.
        """
        self._read, self._overlay = read, overlay
        self._editions = editions
        columns = table_of(editions).c
        tenants = bindparam("tenants", type_=ARRAY(columns.tenant.type))
        current = select(columns.tenant, columns.edition).where(columns.tenant == func.any(tenants))
        self._current, self._current_for_update = (
            CompiledStatement(current),
            CompiledStatement(current.with_for_update()),
        )
        self._session_key = f"kaitong.{editions.__tablename__}"
        self._cache: dict[tuple[str, Edition, Edition], D] = {}
        """By tenant, edition of the shared documents and edition of its own."""

    def preload(self, session: Session, tenants: Iterable[str]) -> None:
        """Read the current editions of these tenants, with one statement."""
        known = self._editions_read(session)
        missing = [each for each in {SHARED_TENANT, *tenants} if each not in known]
        if missing:
            known.update(dict.fromkeys(missing, NO_EDITION))
            known.update(self._current.rows(session, {"tenants": missing}))

    def get(self, session: Session, tenant: str) -> D:
        """Return the documents that a tenant uses."""
        known = self._editions_read(session)
        if tenant not in known:
            self.preload(session, [tenant])
        key = (tenant, known[SHARED_TENANT], known[tenant])
        documents = self._cache.get(key)
        if documents is None:
            documents = self._overlay(
                self._read(session, SHARED_TENANT), self._read(session, tenant)
            )
            if len(self._cache) >= MAX_CACHED:
                self._cache.clear()
            self._cache[key] = documents
        return documents

    def lock(self, session: Session, tenant: str) -> None:
        """Lock the documents of one tenant, or the shared ones, until the transaction ends."""
        new = insert(self._editions).values(tenant=tenant, edition=NO_EDITION)
        session.execute(new.on_conflict_do_nothing())
        self._current_for_update.rows(session, {"tenants": [tenant]})

    def set_next_edition(self, session: Session, tenant: str, contents: Iterable[bytes]) -> None:
        """Store the edition of locked documents to which these contents were added."""
        ((_, before),) = self._current.rows(session, {"tenants": [tenant]})
        digest = hashlib.blake2b(before, digest_size=DIGEST_BYTES)
        for content in contents:
            digest.update(content)
        upsert_rows(session, self._editions, ("tenant", "edition"), [(tenant, digest.digest())])
        session.info.pop(self._session_key, None)

    def _editions_read(self, session: Session) -> dict[str, Edition]:
        """Return the editions that this transaction has read, by tenant."""
        known: dict[str, Edition] = session.info.setdefault(self._session_key, {})
        return known
