"""Rate limits of elements, in calls per second: a token bucket for each.

Buckets are rows, so that all processes share them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.calls.element_limits import ElementLimits
from shared.contracts import ElementName
from shared.persistence.bulk import upsert_rows
from shared.persistence.database import Base, Instant
from shared.token_bucket import capacity, refilled


class TokenBucketRow(Base):
    """The bucket of one element: tokens fill up with time, to one second's worth."""

    __tablename__ = "rates"

    element: Mapped[str] = mapped_column(primary_key=True)
    tokens: Mapped[float]
    filled_at: Mapped[datetime] = mapped_column(Instant)


@dataclass(slots=True)
class ElementTokenBuckets:
    """The tokens of all elements that have a rate, at one moment."""

    tokens: dict[ElementName, float]
    now: datetime

    def available(self, element: ElementName, limit: int) -> int:
        """Return how many calls the rate allows to begin now, at most `limit`."""
        return min(limit, int(self.tokens[element])) if element in self.tokens else limit

    def spend(self, element: ElementName) -> None:
        """Take a token for a call that begins."""
        if element in self.tokens:
            self.tokens[element] -= 1

    def write(self, session: Session) -> None:
        """Store the tokens that are left."""
        rows = [(element, left, self.now) for element, left in sorted(self.tokens.items())]
        upsert_rows(session, TokenBucketRow, ("element", "tokens", "filled_at"), rows)


def read_token_buckets(
    session: Session, limits: Mapping[ElementName, ElementLimits], now: datetime
) -> ElementTokenBuckets:
    """Read and fill the buckets of the elements that have a rate."""
    per_second = {name: limit.per_second for name, limit in limits.items() if limit.per_second}
    if not per_second:
        return ElementTokenBuckets({}, now)
    rows = {row.element: row for row in session.scalars(select(TokenBucketRow))}
    now = max([now, *(row.filled_at for row in rows.values())])  # no time counts twice
    return ElementTokenBuckets(
        {name: _refilled(rows, name, rate, now) for name, rate in per_second.items()}, now
    )


def _refilled(
    rows: Mapping[ElementName, TokenBucketRow],
    element: ElementName,
    per_second: float,
    now: datetime,
) -> float:
    row = rows.get(element)
    if row is None:
        return capacity(per_second)
    return refilled(row.tokens, per_second, (now - row.filled_at).total_seconds())
