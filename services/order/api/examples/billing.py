"""An example of a reconciliation file."""

from datetime import UTC, date, datetime
from uuid import UUID

from services.order.domain.billing.reconciliation import BillingLine, reconciliation_file

DAY = date(2026, 11, 30)
LINE = BillingLine(
    handed_over_at=datetime(2026, 11, 30, 2, 15, tzinfo=UTC),
    id=UUID("8c1f6a2e-5d0b-5c3e-9a44-1f0d6b7e2c91"),
    tenant="jiangsu",
    local_network="025",
    day=DAY,
    action="new",
    offering_id="ftth-300",
    one_off_cents=10_000,
    monthly_begin_cents=9_900,
    monthly_end_cents=0,
)
RECONCILIATION_FILE = reconciliation_file("025", DAY, [LINE])
