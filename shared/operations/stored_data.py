"""What a database holds of its service, by table: for who asks whether anything is there at all."""

from typing import Any

from sqlalchemy import ColumnElement, Select, Table, exists, literal, select, true, union_all
from sqlalchemy.orm import Session

from shared.access.grants import GrantRow
from shared.persistence.bulk import table_of
from shared.persistence.database import metadata_of

SHARED_TENANT = ""
"""The tenant of what all tenants share, which is what a service is shipped with."""


def non_empty_tables(session: Session, service: str) -> list[str]:
    """Return the tables that hold something which was brought, of any tenant.

    One statement, which looks at one row of each table that holds something.
    """
    tables = [*metadata_of(f"services.{service}").sorted_tables, table_of(GrantRow)]
    return sorted(session.scalars(union_all(*map(name_if_not_empty, tables))))


def name_if_not_empty(table: Table) -> Select[Any]:
    """Return the question whether a table holds something: its name, or no row."""
    return select(literal(table.name)).where(
        exists().select_from(table).where(is_tenant_data(table))
    )


def is_tenant_data(table: Table) -> ColumnElement[bool]:
    """Return the condition for rows that a service is not shipped with."""
    return table.c.tenant != SHARED_TENANT if "tenant" in table.c else true()
