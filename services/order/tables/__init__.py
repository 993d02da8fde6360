"""The tables of the order service. No other service reads them.

Columns marked `personal` hold personal data; an erasure blanks them.
"""

from services.order.tables.offers import (
    AgreementRow,
    BillingLineRow,
    BlueprintsRow,
    CatalogueEditionRow,
    CatalogueEntryRow,
    QuoteRow,
)
from services.order.tables.orders import (
    IS_REPETITION,
    AwaitedProductRow,
    OrderRow,
    ProgressRow,
    QueuedOrderRow,
    SubmissionRow,
)
from services.order.tables.products import (
    IdentityBlockRow,
    IdentityHoldingRow,
    PastStateRow,
    ProductRow,
)

__all__ = [
    "IS_REPETITION",
    "AgreementRow",
    "AwaitedProductRow",
    "BillingLineRow",
    "BlueprintsRow",
    "CatalogueEditionRow",
    "CatalogueEntryRow",
    "IdentityBlockRow",
    "IdentityHoldingRow",
    "OrderRow",
    "PastStateRow",
    "ProductRow",
    "ProgressRow",
    "QueuedOrderRow",
    "QuoteRow",
    "SubmissionRow",
]
