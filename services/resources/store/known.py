"""What has to be known of a batch of orders before anything is taken for them."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Text, select
from sqlalchemy.orm import Session

from services.resources.domain.claim import Known, Request
from services.resources.domain.things import Site
from services.resources.store.holdings import held_by
from services.resources.store.sources import relation
from services.resources.tables import AddressRow
from shared.contracts import HoldAction

WANT = relation(tenant=Text, address=Text)
SITES = select(
    *(AddressRow.tenant, AddressRow.id),
    *(AddressRow.exchange_id, AddressRow.local_network, AddressRow.splitter_id),
).join(WANT, (AddressRow.tenant == WANT.c.tenant) & (AddressRow.id == WANT.c.address))


def read_known(session: Session, requests: Sequence[Request]) -> Known:
    """Read what serves the orders' addresses, and what they and their services hold."""
    orders = [each.wanted.order_id for each in requests]
    returning = [
        item.service_id
        for each in requests
        for item in each.wanted.items
        if item.action is HoldAction.PRE_RELEASE
    ]
    return Known(sites(session, requests), held_by(session, orders, returning))


def sites(session: Session, requests: Sequence[Request]) -> dict[tuple[str, str], Site]:
    """Return what serves each address that is known."""
    wanted = {
        (each.tenant, item.address_id)
        for each in requests
        for item in each.wanted.items
        if item.address_id
    }
    bound = {"tenant": [each[0] for each in wanted], "address": [each[1] for each in wanted]}
    rows: Iterable[Any] = session.execute(SITES, bound) if wanted else ()
    return {(tenant, address): Site(*site) for tenant, address, *site in rows}
