"""Who may buy an offering, where, by which way and when."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from services.order.domain.catalogue import Eligibility
from shared.errors import Fault


class Buyer(NamedTuple):
    """What eligibility looks at."""

    category: str
    channel: str
    local_network: str
    now: datetime


def check_eligibility(at: str, rules: Eligibility, buyer: Buyer) -> Iterator[Fault]:
    """Name every reason why an offering is not sold to this buyer, here and now."""
    asked = (
        ("category of customers", rules.categories, buyer.category),
        ("channel", rules.channels, buyer.channel),
        ("local network", rules.local_networks, buyer.local_network),
    )
    for what, admitted, value in asked:
        if admitted and value not in admitted:
            yield not_sold(at, f"to this {what}", f"it is sold to: {', '.join(admitted)}")
    if rules.valid_from and buyer.now < rules.valid_from:
        yield not_sold(at, "yet", f"it is sold from {rules.valid_from.isoformat()}")
    if rules.valid_until and buyer.now >= rules.valid_until:
        yield not_sold(at, "any more", "choose another of the catalogue")


def not_sold(at: str, to_whom: str, remedy: str) -> Fault:
    """Say that an offering is not for this buyer."""
    return Fault(at, "offering-not-eligible", f"the offering is not sold {to_whom}", remedy)
