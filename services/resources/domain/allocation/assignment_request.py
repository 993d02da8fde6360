"""The request of an order, and the plant that serves its items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias
from uuid import UUID

from services.resources.domain.allocation.existing_holdings import has_affected_holdings
from services.resources.domain.pool.kinds import ServingPlant, network_site
from shared.contracts import AssignmentRequested, ItemNeeds

Sites: TypeAlias = Mapping[tuple[str, str], ServingPlant]
"""The plant at addresses, by tenant and address."""


@dataclass(frozen=True, slots=True)
class AssignmentRequest:
    """The request of one order."""

    tenant: str
    message: AssignmentRequested
    affected: tuple[ItemNeeds, ...] = field(init=False)
    """The items that keep or give up what their services hold."""

    def __post_init__(self) -> None:
        """Find the affected items.

        Raises:
            PoisonError: if this version does not know a business action.
        """
        found = tuple(each for each in self.message.items if has_affected_holdings(each))
        object.__setattr__(self, "affected", found)


class OrderAddress(NamedTuple):
    """An address at which an order needs or releases something; empty for none."""

    tenant: str
    address_id: str
    order_id: UUID


def order_addresses(requests: Sequence[AssignmentRequest]) -> set[OrderAddress]:
    """Return the addresses of these orders."""
    return {
        OrderAddress(each.tenant, item.address_id, each.message.order_id)
        for each in requests
        for item in each.message.items
    }


def services_with_affected_holdings(requests: Sequence[AssignmentRequest]) -> list[UUID]:
    """Return the services whose holdings are kept or given up."""
    return [item.service_id for each in requests for item in each.affected]


def site_of(request: AssignmentRequest, item: ItemNeeds, sites: Sites) -> ServingPlant | None:
    """Return the plant that serves an item: of its address or, without one, its local network."""
    if item.address_id:
        return sites.get((request.tenant, item.address_id))
    return network_site(item.local_network)


def item_networks(request: AssignmentRequest, sites: Sites) -> tuple[str, ...]:
    """Return the local network of each item's address."""
    found = (site_of(request, item, sites) for item in request.message.items)
    return tuple(site.local_network if site else "" for site in found)
