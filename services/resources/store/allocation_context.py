"""What has to be known of a batch of orders before anything is taken for them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Text, Uuid, exists, or_, select
from sqlalchemy.orm import Session

from services.resources.domain.allocation.requirements import AllocationContext, AssignmentRequest
from services.resources.domain.plant.address_search import id_key
from services.resources.domain.pool.resource import ServingPlant
from services.resources.store.addresses import ID_KEY
from services.resources.store.array_parameters import ITEMS, NUMBERS, bound_relation, to_arrays
from services.resources.store.holdings import get_holdings_for_update
from services.resources.tables import AddressRow
from shared.contracts import HoldAction
from shared.persistence.statements import CompiledStatement

REQUESTED = bound_relation(tenant=Text, address=Text, key=Text, order=Uuid)
AT_ADDRESS = (AddressRow.tenant == REQUESTED.c.tenant) & (REQUESTED.c.key == ID_KEY)
"""By any spelling of the id."""

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


def read_context(session: Session, requests: Sequence[AssignmentRequest]) -> AllocationContext:
    """Read what serves the orders' addresses, and what they and their services hold."""
    wanted = {
        (each.tenant, item.address_id, id_key(item.address_id), each.message.order_id)
        for each in requests
        for item in each.message.items
    }
    sites: dict[tuple[str, str], ServingPlant] = {}
    asked: set[UUID] = set()
    bound = to_arrays(("tenant", "address", "key", "order"), wanted)
    for tenant, address, order_id, has_asked, *site, id_ in SELECT_CONTEXT.rows(session, bound):
        asked |= {order_id} if has_asked else set()
        # Two ids of the release before may be spellings of one: the very id comes first.
        if id_ and (id_ == address or (tenant, address) not in sites):
            sites[tenant, address] = ServingPlant(*site)
    returning = releasing_services(requests)
    held = get_holdings_for_update(session, asked, returning) if asked or returning else ()
    return AllocationContext(sites, held)


def releasing_services(requests: Sequence[AssignmentRequest]) -> list[UUID]:
    """Return the services that give back what they hold."""
    return [
        item.service_id
        for each in requests
        for item in each.message.items
        if item.action is HoldAction.PRE_RELEASE
    ]
