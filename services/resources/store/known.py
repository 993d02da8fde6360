"""What has to be known of a batch of orders before anything is taken for them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Text, Uuid, exists, or_, select
from sqlalchemy.orm import Session

from services.resources.domain.claim import Known, Request
from services.resources.domain.things import Site
from services.resources.store.holdings import held_by
from services.resources.store.rows import ITEMS, NUMBERS, bind, relation
from services.resources.tables import AddressRow
from shared.contracts import HoldAction
from shared.prepared import Prepared

WANT = relation(tenant=Text, address=Text, order=Uuid)
HERE = (AddressRow.tenant == WANT.c.tenant) & (AddressRow.id == WANT.c.address)
HAS_ASKED = or_(
    exists().where(NUMBERS.c.order_id == WANT.c.order),
    exists().where(ITEMS.c.order_id == WANT.c.order),
)
KNOWN = Prepared(
    select(
        *(WANT.c.tenant, WANT.c.address, WANT.c.order, HAS_ASKED),
        *(AddressRow.exchange_id, AddressRow.local_network, AddressRow.splitter_id),
    ).select_from(WANT.outerjoin(AddressRow, HERE))
)


def read_known(session: Session, requests: Sequence[Request]) -> Known:
    """Read what serves the orders' addresses, and what they and their services hold."""
    wanted = {
        (each.tenant, item.address_id, each.wanted.order_id)
        for each in requests
        for item in each.wanted.items
    }
    sites: dict[tuple[str, str], Site] = {}
    asked: set[UUID] = set()
    bound = bind(("tenant", "address", "order"), wanted)
    for tenant, address, order_id, has_asked, exchange, network, splitter in KNOWN.rows(
        session, bound
    ):
        asked |= {order_id} if has_asked else set()
        if exchange:
            sites[tenant, address] = Site(exchange, network, splitter)
    returning = services_returning(requests)
    held = held_by(session, asked, returning) if asked or returning else ()
    return Known(sites, held)


def services_returning(requests: Sequence[Request]) -> list[UUID]:
    """Return the services that give back what they hold."""
    return [
        item.service_id
        for each in requests
        for item in each.wanted.items
        if item.action is HoldAction.PRE_RELEASE
    ]
