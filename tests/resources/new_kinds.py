"""Kinds of resources that a tenant publishes, in tests."""

from datetime import timedelta
from uuid import uuid4

from sqlalchemy.orm import Session

from services.resources.commands.imports import import_and_audit
from services.resources.commands.item_imports import add_blocks
from services.resources.commands.kinds import publish_kinds
from services.resources.domain.plant.import_counts import ImportCounts
from services.resources.domain.plant.import_validation import IndexedRow
from services.resources.domain.plant.parsed_rows import ParsedRows
from services.resources.domain.plant.plant import ItemBlock
from services.resources.domain.pool.kinds import PickedFrom, PoolKind, UniqueWithin
from shared.contracts import Causation, ServedFrom
from shared.messaging.commit_context import CommitContext
from shared.messaging.unit_of_work import Transaction, UnitOfWork, begin_transaction
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import TENANT

IPTV_QUARANTINE = timedelta(days=7)
IPTV_PORT = PoolKind(
    name="iptv-port",
    served_from=ServedFrom.EXCHANGE,
    picked_from=PickedFrom.POOL,
    quarantine_days=IPTV_QUARANTINE.days,
)
AREA_ADDRESS = PoolKind(name="area-address", served_from=ServedFrom.REGION)
SIM = PoolKind(name="sim-card", served_from=ServedFrom.ANYWHERE)
ONU_PORT = PoolKind(name="onu-port", served_from=ServedFrom.SPLITTER)
SET_TOP_BOX = PoolKind(
    name="set-top-box", served_from=ServedFrom.EXCHANGE, unique_within=UniqueWithin.TENANT
)
CAMERA_ACCOUNT = PoolKind(
    name="camera-account", served_from=ServedFrom.ANYWHERE, unique_within=UniqueWithin.TENANT
)
KINDS = (IPTV_PORT, AREA_ADDRESS, SIM, ONU_PORT, SET_TOP_BOX, CAMERA_ACCOUNT)


def unit_of_work_in(session: Session) -> UnitOfWork:
    """Return the unit of work of a command in a transaction that the test ends."""
    return Transaction(session, NOON).unit_of_work(Causation(uuid4(), uuid4(), TENANT))


def publish(sessions: Sessions, *new: PoolKind, tenant: str = TENANT) -> None:
    """Publish kinds for a tenant."""
    with begin_transaction(sessions, NOON, CommitContext(uuid4())) as transaction:
        work = transaction.unit_of_work(Causation(uuid4(), uuid4(), tenant))
        publish_kinds(new, "li-na", work)


def import_blocks_of(
    sessions: Sessions, kind: PoolKind, pool: str, count: int, *, tenant: str = TENANT
) -> ImportCounts:
    """Import the first resources of a pool."""
    row = IndexedRow(0, ItemBlock(kind=kind.name, pool=pool, first=1, count=count))
    with begin_transaction(sessions, NOON, CommitContext(uuid4())) as transaction:
        work = transaction.unit_of_work(Causation(uuid4(), uuid4(), tenant))
        return import_and_audit("blocks", add_blocks, ParsedRows([row], []), work)
