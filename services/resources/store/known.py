"""What has to be known of a batch of orders before anything is taken for them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Text, Uuid, exists, or_, select
from sqlalchemy.orm import Session

from services.resources.domain.address import id_key
from services.resources.domain.claim import Known, Request
from services.resources.domain.things import Site
from services.resources.store.addresses import KEY
from services.resources.store.holdings import held_by
from services.resources.store.rows import ITEMS, NUMBERS, bind, relation
from services.resources.tables import AddressRow
from shared.contracts import HoldAction
from shared.persistence.statements import Prepared

WANT = relation(tenant=Text, address=Text, key=Text, order=Uuid)
HERE = (AddressRow.tenant == WANT.c.tenant) & (WANT.c.key == KEY)
"""By any spelling of the id."""

HAS_ASKED = or_(
    exists().where(NUMBERS.c.order_id == WANT.c.order),
    exists().where(ITEMS.c.order_id == WANT.c.order),
)
KNOWN = Prepared(
    select(
        *(WANT.c.tenant, WANT.c.address, WANT.c.order, HAS_ASKED),
        *(AddressRow.exchange_id, AddressRow.local_network, AddressRow.splitter_id),
        AddressRow.id,
    ).select_from(WANT.outerjoin(AddressRow, HERE))
)


def read_known(session: Session, requests: Sequence[Request]) -> Known:
    """Read what serves the orders' addresses, and what they and their services hold."""
    wanted = {
        (each.tenant, item.address_id, id_key(item.address_id), each.wanted.order_id)
        for each in requests
        for item in each.wanted.items
    }
    sites: dict[tuple[str, str], Site] = {}
    asked: set[UUID] = set()
    bound = bind(("tenant", "address", "key", "order"), wanted)
    for tenant, address, order_id, has_asked, *site, id_ in KNOWN.rows(session, bound):
        asked |= {order_id} if has_asked else set()
        # Two ids of the release before may be spellings of one: the very id comes first.
        if id_ and (id_ == address or (tenant, address) not in sites):
            sites[tenant, address] = Site(*site)
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
