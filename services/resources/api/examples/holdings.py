"""Examples of holdings."""

from typing import Any

from services.resources.api.examples.pool_items import LEG
from services.resources.api.examples.reservations import ORDER_ID

HOLDINGS: dict[str, Any] = {"id": ORDER_ID, "held": [LEG]}
