"""The inventory data that a batch of orders needs before anything is locked for it."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Text, Uuid, column, exists, or_, select
from sqlalchemy.orm import Session

from services.resources.domain.allocation.assignment_request import OrderAddress
from services.resources.domain.allocation.requirements import AllocationContext
from services.resources.domain.plant.address_search import id_key
from services.resources.domain.pool.kinds import KindKey, ServingPlant
from services.resources.store import kinds
from services.resources.store.addresses import ID_KEY
from services.resources.store.holdings import get_holdings_for_update
from services.resources.store.resource_tables import ITEMS, NUMBERS
from services.resources.tables import AddressRow
from shared.persistence.bulk import bind_arrays, unnest
from shared.persistence.statements import CompiledStatement

REQUESTED_COLUMNS = {"tenant": Text, "address": Text, "key": Text, "order": Uuid}
REQUESTED = unnest([column(*each) for each in REQUESTED_COLUMNS.items()], "requested")
AT_ADDRESS = (AddressRow.tenant == REQUESTED.c.tenant) & (REQUESTED.c.key == ID_KEY)
"""Matches any spelling of the id."""

HOLDS_ALREADY = or_(
    exists().where(NUMBERS.c.order_id == REQUESTED.c.order),
    exists().where(ITEMS.c.order_id == REQUESTED.c.order),
)
SELECT_CONTEXT = CompiledStatement(
    select(
        *(REQUESTED.c.tenant, REQUESTED.c.address, REQUESTED.c.order, HOLDS_ALREADY),
        *(AddressRow.exchange_id, AddressRow.local_network, AddressRow.splitter_id),
        AddressRow.id,
    ).select_from(REQUESTED.outerjoin(AddressRow, AT_ADDRESS))
)


def read_context_locking_holdings(
    session: Session,
    addresses: Collection[OrderAddress],
    services: Collection[UUID],
    needed: Collection[KindKey],
) -> AllocationContext:
    """Read the plant at the addresses, and lock the holdings of orders and services.

    Args:
        session: of the database.
        addresses: those of the orders.
        services: the services whose holdings are kept or given up.
        needed: the kinds of resources that the orders need.
    """
    keys = [(tenant, address, id_key(address), order_id) for tenant, address, order_id in addresses]
    sites: dict[tuple[str, str], ServingPlant] = {}
    holders: set[UUID] = set()
    bound = bind_arrays(REQUESTED_COLUMNS, keys)
    for tenant, address, order_id, is_holder, *site, id_ in SELECT_CONTEXT.rows(session, bound):
        holders |= {order_id} if is_holder else set()
        # Ids stored by the previous release may differ in case only: the exact id comes first.
        if id_ and (id_ == address or (tenant, address) not in sites):
            sites[tenant, address] = ServingPlant(*site)
    held = get_holdings_for_update(session, holders, services) if holders or services else ()
    return AllocationContext(sites, held, kinds.find_all(session, needed))
