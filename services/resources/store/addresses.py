"""Addresses, found by a part of their text or by their id."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from services.resources.domain.plant.address_search import grams, id_key
from services.resources.domain.plant.plant import Address
from services.resources.store.plant import as_struct
from services.resources.tables import AddressRow
from shared.errors import NotFoundError
from shared.persistence.list_window import Window, select_page

COLUMNS = [getattr(AddressRow, name) for name in Address.__struct_fields__]
COMPUTED_LETTERS = func.regexp_replace(func.lower(AddressRow.text), r"\s", "", "g")
LETTERS = func.coalesce(func.nullif(AddressRow.letters, ""), COMPUTED_LETTERS)
ID_KEY: ColumnElement[str] = func.lower(AddressRow.id)
"""An address's id as it is compared. Ids of the plant are ASCII, so that is all."""


def find_addresses(
    session: Session, tenant: str, letters: str, exchange_id: str, rows: Window
) -> list[Address]:
    """Return addresses whose text holds these letters, in the order of their ids."""
    found = select(*COLUMNS).where(AddressRow.tenant == tenant)
    if letters:
        wanted = cast(grams(letters), ARRAY(Text))
        found = found.where(AddressRow.grams.contains(wanted))
        found = found.where(LETTERS.contains(letters, autoescape=True))
    if exchange_id:
        found = found.where(AddressRow.exchange_id == exchange_id)
    return read_addresses(session, select_page(found, [AddressRow.id], rows))


def get_address(session: Session, tenant: str, id_: str) -> Address:
    """Return one address, by any spelling of its id.

    Raises:
        NotFoundError: if there is none with this id.
    """
    same = select(*COLUMNS).where(AddressRow.tenant == tenant, ID_KEY.in_([id_key(id_)]))
    found = read_addresses(session, same.order_by((AddressRow.id == id_).desc()).limit(1))
    if not found:
        msg = "there is no such address"
        raise NotFoundError(msg, remedy="search for addresses: /ops/v1/addresses?text=...")
    return found[0]


def address_ids_like(session: Session, tenant: str, ids: Collection[str]) -> dict[str, str]:
    """Return the ids of addresses that are spellings of these, by what they have in common."""
    keys = [id_key(each) for each in ids]
    found = select(ID_KEY, AddressRow.id).where(AddressRow.tenant == tenant, ID_KEY.in_(keys))
    return dict(session.execute(found).all())


def read_addresses(session: Session, statement: Select[Any]) -> list[Address]:
    """Return the addresses that a statement finds."""
    return [as_struct(Address, row) for row in session.execute(statement)]
