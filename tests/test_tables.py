"""Business values are unique within their tenant, and all timestamps have a time zone."""

import importlib
from collections.abc import Iterator

import pytest
from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, UniqueConstraint, Uuid
from sqlalchemy.types import DateTime

from shared.persistence.database import metadata_of
from tests.conftest import SERVICES

SHARED_BY_TENANTS = {
    "elements": "equipment has one name in the network, for the orders of all tenants"
}


def tables_of(service: str) -> list[Table]:
    """Return the tables of a service, without the kernel's."""
    importlib.import_module(f"services.{service}.tables")
    return list(metadata_of(f"services.{service}").tables.values())


def unique_keys(table: Table) -> Iterator[tuple[str, list[Column[object]]]]:
    """Yield the name and the columns of every key that two rows cannot share."""
    for constraint in table.constraints:
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint):
            yield str(constraint.name), list(constraint.columns)
    for index in table.indexes:
        if isinstance(index, Index) and index.unique:
            yield str(index.name), list(index.columns)


@pytest.mark.parametrize("service", SERVICES)
def test_a_business_value_is_unique_within_its_tenant(service: str) -> None:
    """Surrogate ids are globally unique, so their keys need no tenant."""
    found = [
        f"{table.name}: {name}"
        for table in tables_of(service)
        if table.name not in SHARED_BY_TENANTS
        for name, columns in unique_keys(table)
        if "tenant" not in {column.name for column in columns}
        and not any(isinstance(column.type, Uuid) for column in columns)
    ]

    assert found == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_instant_knows_its_time_zone(service: str) -> None:
    naive = [
        f"{table.name}.{column.name}"
        for table in tables_of(service)
        for column in table.columns
        if isinstance(column.type, DateTime) and not column.type.timezone
    ]

    assert naive == []
