"""Reads and writes what was handed over to billing."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import date, datetime
from operator import attrgetter

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from services.order.domain.billing.reconciliation import BillingLine
from services.order.tables import BillingLineRow
from shared.persistence.bulk import insert_new_rows, table_of
from shared.persistence.database import Instant

TABLE = table_of(BillingLineRow)
COLUMNS = tuple(field.name for field in fields(BillingLine))
ROW_OF = attrgetter(*COLUMNS)
OF_DAY = select(*(TABLE.c[name] for name in COLUMNS)).where(
    TABLE.c.tenant == bindparam("tenant"),
    TABLE.c.local_network == bindparam("local_network"),
    TABLE.c.day == bindparam("day"),
    TABLE.c.handed_over_at >= bindparam("since", type_=Instant),
    TABLE.c.handed_over_at < bindparam("until", type_=Instant),
)
"""The bounds, within which the day lies, leave out the other months."""


def add_lines(session: Session, lines: Iterable[BillingLine]) -> None:
    """Insert the lines that do not exist yet."""
    insert_new_rows(session, BillingLineRow, COLUMNS, [ROW_OF(each) for each in lines])


def find_lines(
    session: Session, tenant: str, local_network: str, day: date, bounds: tuple[datetime, datetime]
) -> list[BillingLine]:
    """Return the lines of a local network and day, which lies within these bounds."""
    since, until = bounds
    values = {"tenant": tenant, "local_network": local_network, "day": day}
    found = session.execute(OF_DAY, values | {"since": since, "until": until})
    return [BillingLine(*row) for row in found]
