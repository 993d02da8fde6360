"""The store of addresses: search by a part of the text, or by the id."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from services.resources.domain.plant.address_search import grams, id_key
from services.resources.domain.plant.plant import Address
from services.resources.store.plant import as_struct
from services.resources.tables import AddressRow
from shared.persistence.pagination import Window, select_page

COLUMNS = [getattr(AddressRow, name) for name in Address.__struct_fields__]
COMPUTED_LETTERS = func.regexp_replace(func.lower(AddressRow.text), r"\s", "", "g")
LETTERS = func.coalesce(func.nullif(AddressRow.letters, ""), COMPUTED_LETTERS)
ID_KEY: ColumnElement[str] = func.lower(AddressRow.id)
"""The comparable form of an address's id. Ids of the plant are ASCII, so lower case is enough."""


def find_addresses(
    session: Session, tenant: str, letters: str, exchange_id: str, window: Window
) -> list[Address]:
    """Return addresses whose text contains these letters, in the order of their ids."""
    query = select(*COLUMNS).where(AddressRow.tenant == tenant)
    if letters:
        pairs = cast(grams(letters), ARRAY(Text))
        query = query.where(AddressRow.grams.contains(pairs))
        query = query.where(LETTERS.contains(letters, autoescape=True))
    if exchange_id:
        query = query.where(AddressRow.exchange_id == exchange_id)
    return read_addresses(session, select_page(query, [AddressRow.id], window))


def find_address(session: Session, tenant: str, id_: str) -> Address | None:
    """Return one address, by any spelling of its id; None if there is none."""
    query = select(*COLUMNS).where(AddressRow.tenant == tenant, ID_KEY.in_([id_key(id_)]))
    found = read_addresses(session, query.order_by((AddressRow.id == id_).desc()).limit(1))
    return found[0] if found else None


def known_address_spellings(session: Session, tenant: str, ids: Collection[str]) -> dict[str, str]:
    """Return the existing ids that are spellings of these, by their comparable form."""
    keys = [id_key(each) for each in ids]
    query = select(ID_KEY, AddressRow.id).where(AddressRow.tenant == tenant, ID_KEY.in_(keys))
    return dict(session.execute(query).all())


def read_addresses(session: Session, statement: Select[Any]) -> list[Address]:
    """Return the addresses that a statement selects."""
    return [as_struct(Address, row) for row in session.execute(statement)]
