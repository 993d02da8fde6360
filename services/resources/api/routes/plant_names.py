"""Filters by the names of exchanges and local networks, all of which are imported here."""

from sqlalchemy.orm import Session

from services.resources import store
from shared.input.list_filters import ListFilter, check_filter_names

KNOWN_NAMES_REMEDY = "take one that GET /ops/v1/pools or GET /ops/v1/addresses names"


def check_plant_names(
    session: Session, tenant: str, *, exchange: str = "", local_network: str = ""
) -> None:
    """Check that the exchange and the local network of an empty list exist.

    Raises:
        InvalidError: with those that do not.
    """
    filters = [
        ListFilter("exchange", "exchange", exchange),
        ListFilter("local_network", "local-network", local_network),
    ]
    check_filter_names(
        filters,
        store.existing_exchange_and_network(session, tenant, exchange, local_network),
        KNOWN_NAMES_REMEDY,
    )
