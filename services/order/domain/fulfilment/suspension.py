"""Suspensions (停机) of products: a product works again when its last reason is lifted."""

from datetime import datetime
from uuid import UUID

from services.order.domain.order import StoredStruct


class Suspension(StoredStruct, frozen=True, kw_only=True):
    """One reason for which a product is suspended."""

    reason: str
    since: datetime
    order_id: UUID
    """The order that suspended it."""
