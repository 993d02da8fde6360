"""Import of exchanges, splitters and addresses, with the pool items that they contain.

One statement creates all the legs, VLANs and LOIDs of an import, in the database.
"""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Row, Select, Text, bindparam, exists, func, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from services.resources.domain.plant.address_search import grams, normalize
from services.resources.domain.plant.plant import (
    Address,
    Exchange,
    ImportedRow,
    Splitter,
)
from services.resources.tables import AddressRow, ExchangeRow, PoolRow, SegmentRow, SplitterRow
from shared.persistence.bulk import upsert_rows
from shared.persistence.database import Base

R = TypeVar("R", bound=ImportedRow)

ANALYZE_MINIMUM = 1_000
"""Fewer new rows do not change the query plans."""

ESTIMATED_ROWS = text("SELECT reltuples FROM pg_class WHERE oid = CAST(:table AS regclass)")
"""The planner's estimate of the rows; negative if the table was never analyzed."""

ADD_ITEMS = text("""
WITH new AS (
    SELECT * FROM unnest(CAST(:ids AS text[]), CAST(:exchanges AS text[]), CAST(:olts AS text[]),
                         CAST(:ports AS text[]), CAST(:from_legs AS int[]), CAST(:legs AS int[]),
                         CAST(:svlans AS int[]), CAST(:cvlans AS int[]), CAST(:faulty AS int[]))
                  AS s (id, exchange, olt, port, from_leg, legs, svlan, cvlan, faulty)
), grown AS (
    INSERT INTO pools (tenant, kind, name, exchange_id, capacity)
    SELECT :tenant, kind, id, exchange, legs
    FROM new CROSS JOIN (VALUES ('leg'), ('vlan'), ('loid')) AS kinds (kind)
    ON CONFLICT (tenant, kind, name) DO UPDATE SET capacity = excluded.capacity
)
INSERT INTO pool_items (tenant, kind, pool, value, element, attributes, state)
SELECT :tenant, item.kind, s.id, item.value, s.olt,
       convert_to('[' || item.attributes || ']', 'UTF8'), item.state
FROM new AS s CROSS JOIN LATERAL generate_series(s.from_leg, s.legs) AS leg
CROSS JOIN LATERAL (VALUES
    ('leg', s.id || '/' || lpad(leg::text, 3, '0'),
     '{"name":"splitter","value":"' || s.id || '"},{"name":"leg","value":' || leg
     || '},{"name":"pon_port","value":"' || s.port
     || '"},{"name":"exchange","value":"' || s.exchange || '"}',
     CASE WHEN leg <= s.faulty THEN 'faulty' ELSE 'free' END),
    ('vlan', s.exchange || '/' || s.svlan || '.' || lpad((s.cvlan + leg - 1)::text, 4, '0'),
     '{"name":"svlan","value":' || s.svlan || '},{"name":"cvlan","value":' || s.cvlan + leg - 1
     || '}', 'free'),
    ('loid', s.id || '-L' || lpad(leg::text, 3, '0'), '', 'free')
) AS item (kind, value, attributes, state)
""")
"""There are no conflicts: a known splitter only grows, and its VLANs are checked before."""

ADD_ADDRESSES = text("""
INSERT INTO addresses (tenant, id, text, exchange_id, local_network, splitter_id, letters, grams)
SELECT :tenant, a.id, a.text, a.exchange, a.network, a.splitter, a.letters,
       string_to_array(a.grams, ' ')
FROM unnest(CAST(:ids AS text[]), CAST(:texts AS text[]), CAST(:exchanges AS text[]),
            CAST(:networks AS text[]), CAST(:splitters AS text[]), CAST(:letters AS text[]),
            CAST(:grams AS text[]))
     AS a (id, text, exchange, network, splitter, letters, grams)
ON CONFLICT (tenant, id) DO UPDATE
SET text = excluded.text, exchange_id = excluded.exchange_id,
    local_network = excluded.local_network, splitter_id = excluded.splitter_id,
    letters = excluded.letters, grams = excluded.grams
""")

IDS = bindparam("ids", type_=ARRAY(Text))
TENANT = bindparam("tenant", type_=Text)


def select_by_ids(
    table: type[ExchangeRow | AddressRow], kind: type[Exchange | Address]
) -> Select[Any]:
    """Return the statement that selects existing rows by their ids."""
    columns = (getattr(table, name) for name in kind.__struct_fields__)
    return select(*columns).where(table.tenant == TENANT, table.id == func.any(IDS))


NETWORKS = select(ExchangeRow.id, ExchangeRow.local_network).where(
    ExchangeRow.tenant == TENANT, ExchangeRow.id == func.any(IDS)
)
SPLITTERS = select(*(getattr(SplitterRow, name) for name in Splitter.__struct_fields__)).where(
    SplitterRow.tenant == TENANT
)
OCCUPIED = select(ExchangeRow.id).where(
    ExchangeRow.tenant == TENANT,
    ExchangeRow.id == func.any(IDS),
    or_(
        *(
            exists().where(table.tenant == TENANT, table.exchange_id == ExchangeRow.id)
            for table in (SegmentRow, AddressRow, PoolRow, SplitterRow)
        )
    ),
)
EXCHANGES = select_by_ids(ExchangeRow, Exchange)
ADDRESSES = select_by_ids(AddressRow, Address)
SPLITTERS_BY_ID = SPLITTERS.where(SplitterRow.id == func.any(IDS))
SPLITTERS_BY_SVLAN = SPLITTERS.where(
    tuple_(SplitterRow.exchange_id, SplitterRow.svlan).in_(bindparam("svlans", expanding=True))
)


def local_networks(session: Session, tenant: str, exchanges: Iterable[str]) -> dict[str, str]:
    """Return the local network of each of these exchanges that exists."""
    rows = session.execute(NETWORKS, {"tenant": tenant, "ids": sorted(set(exchanges))})
    return dict(rows.all())


def regions(session: Session, tenant: str) -> set[str]:
    """Return the local networks that have an exchange."""
    query = select(ExchangeRow.local_network).where(ExchangeRow.tenant == tenant).distinct()
    return set(session.scalars(query))


def exchanges_of_splitters(session: Session, tenant: str, ids: Iterable[str]) -> dict[str, str]:
    """Return the exchange of each of these splitters that exists."""
    return {each.id: each.exchange_id for each in known_splitters(session, tenant, ids)}


def occupied_exchanges(session: Session, tenant: str, exchanges: Iterable[str]) -> set[str]:
    """Return those of these exchanges that contain numbers, addresses, splitters or pairs."""
    found = session.scalars(OCCUPIED, {"tenant": tenant, "ids": sorted(exchanges)})
    return set(found)


def known_splitters(session: Session, tenant: str, ids: Iterable[str]) -> list[Splitter]:
    """Return those of these splitters that exist."""
    rows = session.execute(SPLITTERS_BY_ID, {"tenant": tenant, "ids": sorted(set(ids))})
    return [as_struct(Splitter, row) for row in rows]


def possibly_conflicting_splitters(
    session: Session, tenant: str, rows: Sequence[Splitter]
) -> list[Splitter]:
    """Return the splitters with which these may conflict: by id, or on the same SVLAN."""
    svlans = {(each.exchange_id, each.svlan) for each in rows}
    found = session.execute(SPLITTERS_BY_SVLAN, {"tenant": tenant, "svlans": sorted(svlans)})
    known = known_splitters(session, tenant, (each.id for each in rows))
    neighbours = [as_struct(Splitter, row) for row in found]
    return list({each.id: each for each in (*known, *neighbours)}.values())


def as_struct(kind: type[R], row: Row[Any]) -> R:
    """Return the imported row of a database row that has its fields in their order."""
    return kind(**dict(zip(kind.__struct_fields__, row, strict=True)))


def upsert_imported(
    session: Session, kind: type[Base], tenant: str, rows: Sequence[ImportedRow]
) -> None:
    """Store imported rows, new or changed."""
    names = type(rows[0]).__struct_fields__ if rows else ()
    values = [(tenant, *msgspec.structs.astuple(each)) for each in rows]
    upsert_rows(session, kind, ("tenant", *names), values, key_length=2)


def known_exchanges(session: Session, tenant: str, rows: Sequence[Exchange]) -> list[Exchange]:
    """Return the existing exchanges with the ids of these."""
    found = session.execute(EXCHANGES, {"tenant": tenant, "ids": [each.id for each in rows]})
    return [as_struct(Exchange, row) for row in found]


def known_addresses(session: Session, tenant: str, rows: Sequence[Address]) -> list[Address]:
    """Return the existing addresses with the ids of these."""
    found = session.execute(ADDRESSES, {"tenant": tenant, "ids": [each.id for each in rows]})
    return [as_struct(Address, row) for row in found]


def upsert_exchanges(session: Session, tenant: str, rows: Sequence[Exchange]) -> None:
    """Store exchanges, new or changed."""
    upsert_imported(session, ExchangeRow, tenant, rows)


def upsert_addresses(session: Session, tenant: str, rows: Sequence[Address]) -> None:
    """Store addresses with the keys for a search by any part of their text."""
    bound = {
        "tenant": tenant,
        "ids": [each.id for each in rows],
        "texts": [each.text for each in rows],
        "exchanges": [each.exchange_id for each in rows],
        "networks": [each.local_network for each in rows],
        "splitters": [each.splitter_id for each in rows],
        "letters": [normalize(each.text) for each in rows],
        "grams": [" ".join(grams(each.text)) for each in rows],
    }
    session.execute(ADD_ADDRESSES, bound)


def upsert_splitters(
    session: Session, tenant: str, rows: Sequence[Splitter], known: Sequence[Splitter]
) -> int:
    """Store splitters and create their legs, VLANs and LOIDs; return how many items are new."""
    upsert_imported(session, SplitterRow, tenant, rows)
    legs = {each.id: each.legs for each in known}
    grown = [each for each in rows if each.legs > legs.get(each.id, 0)]
    bound = {
        "tenant": tenant,
        "ids": [each.id for each in grown],
        "exchanges": [each.exchange_id for each in grown],
        "olts": [each.olt for each in grown],
        "ports": [each.pon_port for each in grown],
        "from_legs": [legs.get(each.id, 0) + 1 for each in grown],
        "legs": [each.legs for each in grown],
        "svlans": [each.svlan for each in grown],
        "cvlans": [each.first_cvlan for each in grown],
        "faulty": [each.faulty_legs for each in grown],
    }
    made = sum(3 * (each.legs - legs.get(each.id, 0)) for each in grown)
    if grown:
        session.execute(ADD_ITEMS, bound)
        analyze_if_grown(session, "pool_items", made)
    return made


def analyze_if_grown(session: Session, table: str, made: int) -> None:
    """Analyze a table that has grown much: its query plans depend on the estimates."""
    if (
        made >= ANALYZE_MINIMUM
        and made > session.execute(ESTIMATED_ROWS, {"table": table}).scalar_one() / 2
    ):
        session.execute(text(f"ANALYZE {table}"))
