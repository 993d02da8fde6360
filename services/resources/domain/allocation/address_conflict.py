"""Whether an item can be delivered at its address, by the inventory."""

from services.resources.domain.pool.kinds import ServingPlant
from shared.contracts import ItemNeeds


def address_conflict(item: ItemNeeds, site: ServingPlant | None) -> str:
    """Return why an item is not available at its address; empty if it is.

    The inventory decides: what the order says of the address, and that its offering is sold
    there, is checked against it.
    """
    if not (item.local_network or item.sold_in):
        return ""
    where = f"address {item.address_id}" if item.address_id else "the product"
    if site is None:
        return f"the inventory does not know address {item.address_id}"
    if item.local_network not in {"", site.local_network}:
        actual, stated = site.local_network, item.local_network
        return f"{where} lies in local network {actual}, not in {stated}"
    if item.sold_in and site.local_network not in item.sold_in:
        sold = ", ".join(item.sold_in)
        return (
            f"the offering is not sold in local network {site.local_network}, where {where} lies;"
            f" it is sold in: {sold}"
        )
    return ""
