"""Kinds of resources that exist in tests alone: each is an entry of the table, and its import."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch
from uuid import uuid4

from services.resources.commands.imports import import_and_audit, import_blocks
from services.resources.domain.plant.import_counts import ImportCounts
from services.resources.domain.plant.import_validation import IndexedRow
from services.resources.domain.plant.parsed_rows import ParsedRows
from services.resources.domain.plant.plant import PairBlock
from services.resources.domain.pool import kinds
from services.resources.domain.pool.kinds import PickedFrom, PoolKind, ServedFrom
from services.resources.domain.pool.states import (
    POOL_ITEM_LIFE_CYCLE,
    QUARANTINED_ITEM_LIFE_CYCLE,
)
from shared.contracts import Causation
from shared.messaging.commit_context import CommitContext
from shared.messaging.unit_of_work import UnitOfWork, begin_transaction
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import TENANT

IPTV_QUARANTINE = timedelta(days=7)
IPTV_PORT = PoolKind(
    name="iptv_port",
    life_cycle=QUARANTINED_ITEM_LIFE_CYCLE,
    served_from=ServedFrom.EXCHANGE,
    picked_from=PickedFrom.POOL,
    quarantine=IPTV_QUARANTINE,
)
AREA_ADDRESS = PoolKind(
    name="area_address", life_cycle=POOL_ITEM_LIFE_CYCLE, served_from=ServedFrom.REGION
)
SIM = PoolKind(name="sim", life_cycle=POOL_ITEM_LIFE_CYCLE, served_from=ServedFrom.ANYWHERE)


@contextmanager
def known_kinds(*new: PoolKind) -> Iterator[None]:
    """Add kinds to the table; no other module changes."""
    table = {**kinds.POOL_KINDS, **{each.name: each for each in new}}
    with patch.object(kinds, "POOL_KINDS", table):
        yield


def import_blocks_of(sessions: Sessions, kind: PoolKind, pool: str, count: int) -> ImportCounts:
    """Import the first resources of a pool."""
    row = IndexedRow(0, PairBlock(exchange_id=pool, first=1, count=count))

    def add_rows(parsed: ParsedRows[PairBlock], work: UnitOfWork) -> ImportCounts:
        return import_blocks(kind, parsed, work)

    with begin_transaction(sessions, NOON, CommitContext(uuid4())) as transaction:
        work = transaction.unit_of_work(Causation(uuid4(), uuid4(), TENANT))
        return import_and_audit(f"{kind.name}s", add_rows, ParsedRows([row], []), work)
