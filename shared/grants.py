"""What clients have shared with each other, as every service knows it.

The customer service owns the grants and tells each change; the others keep a copy, in a
table of the kernel that every database has, and ask their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.sql.elements import SQLCoreOperations

from shared.access import SUFFICES, Level, Reach, is_allowed, is_own
from shared.bulk import table_of
from shared.contracts import AccessChanged
from shared.db import Base, Instant
from shared.inbox import Subscription, on
from shared.window import Window, page_of
from shared.work import Work

ALL_CUSTOMERS = ""
"""The customer of a grant that shares all customers of a client."""

REVOKED = ""
"""The level of a grant that holds no more; its row stays, so that nothing older revives it."""


class GrantRow(Base):
    """What one client shares with another."""

    __tablename__ = "access_grants"

    tenant: Mapped[str] = mapped_column(primary_key=True)
    grantee: Mapped[str] = mapped_column(primary_key=True)
    """The client that may see, or change, what another brought."""

    owner: Mapped[str] = mapped_column(primary_key=True)
    """The client that brought it."""

    customer_id: Mapped[str] = mapped_column(primary_key=True)
    """The CRM's id of the customer; empty for all customers of the owner."""

    level: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(Instant)
    changed_by: Mapped[str] = mapped_column(server_default="")
    """The person; empty in the services that only copy."""

    reason: Mapped[str] = mapped_column(server_default="")


@dataclass(frozen=True, slots=True)
class Grant:
    """What one client shares with another."""

    tenant: str
    grantee: str
    owner: str
    customer_id: str
    level: str
    changed_at: datetime
    changed_by: str = ""
    reason: str = ""


NAMES = tuple(Grant.__dataclass_fields__)
KEYS = NAMES[1:4]
TABLE = table_of(GrantRow)
NEW = insert(GrantRow)
KEEP = NEW.on_conflict_do_update(
    index_elements=NAMES[:4],
    set_={name: NEW.excluded[name] for name in NAMES[4:]},
    where=TABLE.c.changed_at <= NEW.excluded.changed_at,
)


def keep(session: Session, grant: Grant) -> None:
    """Write a grant down, unless a later change of it is known."""
    session.execute(KEEP, {name: getattr(grant, name) for name in NAMES})


def find(session: Session, tenant: str, rows: Window) -> Sequence[Grant]:
    """Return the grants of a tenant that hold, by their clients."""
    holding = select(TABLE).where(TABLE.c.tenant == tenant, TABLE.c.level != REVOKED)
    these = page_of(holding, [TABLE.c[name] for name in KEYS], rows)
    return [Grant(*row) for row in session.execute(these)]


def within(
    reach: Reach,
    owner: SQLCoreOperations[str],
    customer_id: SQLCoreOperations[str] | str,
) -> ColumnElement[bool]:
    """Return the condition that a row of this owner and customer is within reach."""
    if reach.client is None:
        return true()
    own: ColumnElement[bool] = owner == reach.client
    if not reach.has_grants:
        return own
    g = TABLE.alias()
    granted = (
        select(g.c.level)
        .where(
            g.c.tenant == reach.tenant,
            g.c.grantee == reach.client,
            g.c.owner == owner,
            g.c.customer_id.in_((ALL_CUSTOMERS, customer_id)),
            g.c.level.in_(SUFFICES[reach.level]),
        )
        .correlate_except(g)
        .exists()
    )
    return or_(own, granted)


def looked_up(session: Session, reach: Reach) -> Reach:
    """Return a reach that knows whether anything is shared at all, which is seldom so."""
    if reach.client is None or not reach.has_grants:
        return reach
    mine = _granted_to(reach.tenant, reach.client).limit(1)
    return replace(reach, has_grants=session.execute(mine).first() is not None)


def covers(session: Session, reach: Reach, owner: str, customer_id: str) -> bool:
    """Tell whether what a client brought of a customer is within reach."""
    if reach.client is None or is_own(reach, owner):
        return True
    concerned = _granted_to(reach.tenant, reach.client).where(
        TABLE.c.owner == owner, TABLE.c.customer_id.in_((ALL_CUSTOMERS, customer_id))
    )
    return is_allowed(reach, owner, [Level(level) for level in session.scalars(concerned)])


def _granted_to(tenant: str, grantee: str) -> Select[Any]:
    return select(TABLE.c.level).where(
        TABLE.c.tenant == tenant, TABLE.c.grantee == grantee, TABLE.c.level != REVOKED
    )


def on_access_changed(message: AccessChanged, work: Work) -> None:
    """Copy a grant that the customer service has told."""
    keep(
        work.session,
        Grant(
            work.tenant,
            message.grantee,
            message.owner_client,
            message.customer_id,
            message.level,
            work.told_at,
        ),
    )


def obeying_grants() -> tuple[Subscription, ...]:
    """Return what a service subscribes to, so that it obeys the grants."""
    return (on(AccessChanged, on_access_changed),)
