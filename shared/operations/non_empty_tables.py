"""Finds the tables of a service that hold data, to tell whether the system is empty."""

from typing import Any

from sqlalchemy import ColumnElement, Select, Table, exists, literal, select, true, union_all
from sqlalchemy.orm import Session

from shared.access.grants import GrantRow
from shared.persistence.bulk import table_of
from shared.persistence.database import metadata_of
from shared.persistence.versioned_documents import SHARED_TENANT


def non_empty_tables(session: Session, service: str) -> list[str]:
    """Return the tables that hold rows other than shipped data, of any tenant.

    It runs one statement, which reads one row of each table that holds some.
    """
    tables = [*metadata_of(f"services.{service}").sorted_tables, table_of(GrantRow)]
    return sorted(session.scalars(union_all(*map(select_name_if_not_empty, tables))))


def select_name_if_not_empty(table: Table) -> Select[Any]:
    """Return the query for whether a table holds data: its name, or no row."""
    return select(literal(table.name)).where(
        exists().select_from(table).where(tenant_data_condition(table))
    )


def tenant_data_condition(table: Table) -> ColumnElement[bool]:
    """Return the condition for rows that are not shipped data, which all tenants share."""
    return table.c.tenant != SHARED_TENANT if "tenant" in table.c else true()
