"""Grants: customers that one client has shared with another, as each service stores them.

The customer service owns the grants and publishes each change; the others keep a copy in a
kernel table of their own database, and query that.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, Index, Select, Subquery, or_, select, text, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.sql.elements import SQLCoreOperations

from shared.access.access_rule import SUFFICIENT_LEVELS, AccessLevel, DataScope, is_allowed, is_own
from shared.contracts import AccessChanged
from shared.messaging.dispatcher import Subscription, on
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.bulk import table_of
from shared.persistence.database import Base, Instant
from shared.persistence.pagination import (
    SortKey,
    Window,
    select_lateral_page,
    select_merged_page,
    select_page,
)

ALL_CUSTOMERS = ""
"""The customer of a grant that shares all customers of a client."""

REVOKED = ""
"""The level of a revoked grant; its row stays, so that no older change restores it."""


class GrantRow(Base):
    """Access that one client grants another."""

    __tablename__ = "access_grants"

    tenant: Mapped[str] = mapped_column(primary_key=True)
    grantee: Mapped[str] = mapped_column(primary_key=True)
    """The client that may see, or change, the owner's records."""

    owner: Mapped[str] = mapped_column(primary_key=True)
    """The client that submitted the records."""

    customer_id: Mapped[str] = mapped_column(primary_key=True)
    """The CRM's id of the customer; empty for all customers of the owner."""

    level: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(Instant)
    changed_by: Mapped[str] = mapped_column(server_default="")
    """The person; empty in the services that keep a copy."""

    reason: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        Index(
            *("ix_access_grants_held", "tenant", "grantee", "owner", "customer_id"),
            postgresql_where=text("level <> ''"),
        ),
    )


@dataclass(frozen=True, slots=True)
class Grant:
    """Access that one client grants another."""

    tenant: str
    grantee: str
    owner: str
    customer_id: str
    level: str
    changed_at: datetime
    changed_by: str = ""
    reason: str = ""


PageFunction: TypeAlias = Callable[[Select[Any]], Select[Any]]


class OwnerColumns(NamedTuple):
    """The columns of a table that identify a row's owner."""

    client: SQLCoreOperations[str]
    customer_id: SQLCoreOperations[str]


NAMES = tuple(Grant.__dataclass_fields__)
KEYS = NAMES[1:4]
TABLE = table_of(GrantRow)
INSERT = insert(GrantRow)
UPSERT = INSERT.on_conflict_do_update(
    index_elements=NAMES[:4],
    set_={name: INSERT.excluded[name] for name in NAMES[4:]},
    where=TABLE.c.changed_at <= INSERT.excluded.changed_at,
)


def upsert_grant(session: Session, grant: Grant) -> None:
    """Store a grant, unless a later change of it is stored already."""
    session.execute(UPSERT, {name: getattr(grant, name) for name in NAMES})


def find_grants(session: Session, tenant: str, window: Window) -> Sequence[Grant]:
    """Return the grants of a tenant that are not revoked, ordered by their clients."""
    current = select(TABLE).where(TABLE.c.tenant == tenant, TABLE.c.level != REVOKED)
    page = select_page(current, [TABLE.c[name] for name in KEYS], window)
    return [Grant(*row) for row in session.execute(page)]


def access_condition(
    data_scope: DataScope,
    owner: SQLCoreOperations[str],
    customer_id: SQLCoreOperations[str] | str,
) -> ColumnElement[bool]:
    """Return the condition that a row of this owner and customer is accessible."""
    if data_scope.client is None:
        return true()
    own: ColumnElement[bool] = owner == data_scope.client
    if not data_scope.has_grants:
        return own
    grants = TABLE.alias()
    granted = (
        select(grants.c.level)
        .where(
            grants.c.tenant == data_scope.tenant,
            grants.c.grantee == data_scope.client,
            grants.c.owner == owner,
            grants.c.customer_id.in_((ALL_CUSTOMERS, customer_id)),
            grants.c.level.in_(SUFFICIENT_LEVELS[data_scope.level]),
        )
        .correlate_except(grants)
        .exists()
    )
    return or_(own, granted)


def select_accessible_page(  # noqa: PLR0913, PLR0917  each is a part of the query
    session: Session,
    data_scope: DataScope,
    found: Select[Any],
    owners: OwnerColumns,
    keys: Sequence[SortKey],
    window: Window,
    *,
    descending: bool = False,
) -> Select[Any]:
    """Return the select for one page of the accessible rows of a list.

    The client's own rows, and those of each grant, are read along an index; rows of other
    clients are never read. For each shared client and customer it reads up to the window's end.

    Args:
        session: to check whether anything is shared with the caller.
        data_scope: of the caller.
        found: the rows of the list, unordered, of all clients.
        owners: the columns that identify a row's owner.
        keys: the sort order, as in `select_page`.
        window: the page.
        descending: whether the greatest come first.
    """
    page = partial(select_page, keys=keys, descending=descending)
    if data_scope.client is None:
        return page(found, window=window)
    parts = select_accessible_pages(
        session, data_scope, found, owners, partial(page, window=window.extended_to_start)
    )
    return select_merged_page(parts, keys, window, descending=descending)


def select_accessible_pages(
    session: Session,
    data_scope: DataScope,
    found: Select[Any],
    owners: OwnerColumns,
    page: PageFunction,
) -> list[Select[Any]]:
    """Return a page of a client's own rows, and one of each client and customer shared with it.

    Args:
        session: to check whether anything is shared with the caller.
        data_scope: of a client.
        found: the rows of the list, unordered, of all clients.
        owners: the columns that identify a row's owner.
        page: limits a select to one page.
    """
    own = page(found.where(owners.client == data_scope.client))
    if not with_has_grants_loaded(session, data_scope).has_grants:
        return [own]
    customers = _select_shared_customers(data_scope)
    of_customer = found.where(
        owners.client == customers.c.owner, owners.customer_id == customers.c.customer_id
    )
    clients = session.scalars(_select_shared_clients(data_scope))
    of_clients = (page(found.where(owners.client == each)) for each in clients)
    return [own, *of_clients, select_lateral_page(customers, page(of_customer))]


def _select_shared(data_scope: DataScope, *columns: ColumnElement[Any]) -> Select[Any]:
    found: Select[Any] = select(*columns)
    return found.where(
        TABLE.c.tenant == data_scope.tenant,
        TABLE.c.grantee == data_scope.client,
        TABLE.c.level.in_(SUFFICIENT_LEVELS[data_scope.level]),
        TABLE.c.level != REVOKED,
    )


def _select_shared_clients(data_scope: DataScope) -> Select[Any]:
    """Select the clients that have shared all their customers with another.

    The page query names each client: the planner must know whether one has few rows or many.
    """
    found = _select_shared(data_scope, TABLE.c.owner).where(TABLE.c.customer_id == ALL_CUSTOMERS)
    return found.order_by(TABLE.c.owner)


def _select_shared_customers(data_scope: DataScope) -> Subquery:
    """Return a subquery of the single customers that are shared with a client."""
    found = _select_shared(data_scope, TABLE.c.owner, TABLE.c.customer_id)
    return found.where(TABLE.c.customer_id != ALL_CUSTOMERS).subquery("shared")


def with_has_grants_loaded(session: Session, data_scope: DataScope) -> DataScope:
    """Return the data scope with `has_grants` read from the database; most clients have none."""
    if data_scope.client is None or not data_scope.has_grants:
        return data_scope
    query = _select_granted_levels(data_scope.tenant, data_scope.client).limit(1)
    return replace(data_scope, has_grants=session.execute(query).first() is not None)


def is_accessible(session: Session, data_scope: DataScope, owner: str, customer_id: str) -> bool:
    """Tell whether an owner's records of a customer are accessible."""
    if data_scope.client is None or is_own(data_scope, owner):
        return True
    query = _select_granted_levels(data_scope.tenant, data_scope.client).where(
        TABLE.c.owner == owner, TABLE.c.customer_id.in_((ALL_CUSTOMERS, customer_id))
    )
    return is_allowed(data_scope, owner, [AccessLevel(level) for level in session.scalars(query)])


def _select_granted_levels(tenant: str, grantee: str) -> Select[Any]:
    return select(TABLE.c.level).where(
        TABLE.c.tenant == tenant, TABLE.c.grantee == grantee, TABLE.c.level != REVOKED
    )


def on_access_changed(message: AccessChanged, work: UnitOfWork) -> None:
    """Copy a grant that the customer service has published."""
    upsert_grant(
        work.session,
        Grant(
            work.tenant,
            message.grantee,
            message.owner_client,
            message.customer_id,
            message.level,
            work.published_at,
        ),
    )


def access_grant_subscriptions() -> tuple[Subscription, ...]:
    """Return the subscriptions that keep a service's copy of the grants current."""
    return (on(AccessChanged, on_access_changed),)
