"""The time of an order, which its id contains (RFC 9562, version 7)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

MILLISECOND = timedelta(milliseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BITS_BELOW_TIMESTAMP = 80
MAX_MILLISECONDS = (1 << 48) - 1


def placed_at(order_id: UUID) -> datetime:
    """Return when an order was placed, to the millisecond."""
    return EPOCH + (order_id.int >> BITS_BELOW_TIMESTAMP) * MILLISECOND


def lowest_id_from(moment: datetime) -> UUID:
    """Return the least id that an order placed at this time or later can have."""
    milliseconds = -((EPOCH - moment) // MILLISECOND)
    return UUID(int=min(max(milliseconds, 0), MAX_MILLISECONDS) << BITS_BELOW_TIMESTAMP)


def highest_id_until(moment: datetime) -> UUID:
    """Return the greatest id that an order placed at this time or earlier can have."""
    milliseconds = (moment - EPOCH) // MILLISECOND
    after = min(max(milliseconds + 1, 0), MAX_MILLISECONDS) << BITS_BELOW_TIMESTAMP
    return UUID(int=max(after - 1, 0))
