"""What acceptance depends on beside the request, the catalogue and the products."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from services.order.domain.acceptance.real_name import SHIPPED_REAL_NAME, RealNameContext
from services.order.domain.catalogue.agreements import Agreement
from services.order.domain.catalogue.deliverability import AvailableBlueprints


class AcceptanceContext(NamedTuple):
    """What the request does not contain: the order's id, who places it, and when."""

    order_id: UUID
    tenant: str
    client: str
    now: datetime
    person: str = ""
    """The person who acts through the client; empty if the client itself does."""

    known_category: str = ""
    """The customer's category from earlier orders of the client; empty if none states it."""

    blueprints: AvailableBlueprints | None = None
    """What can be done to products; None if it is not known, or no item changes or ends one."""

    agreement: Agreement | None = None
    """The agreement that the order names, or its quote."""

    agreed_at: datetime | None = None
    """When the order was quoted: the agreement must be valid then; None for now."""

    kept_agreements: Mapping[str, Agreement] = MappingProxyType({})
    """Those by which the products are priced that the order changes, by their ids."""

    bases_of_others: frozenset[UUID] = frozenset()
    """The bases of products that the client may not see."""

    real_name: RealNameContext | None = SHIPPED_REAL_NAME
    """What real-name checks are judged by; None if none is needed yet, as for a quote."""

    has_waited: bool = False
    """Whether it was accepted before: the days from which charges begin were valid then."""
