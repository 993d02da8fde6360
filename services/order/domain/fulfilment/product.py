"""The installed base: the products of customers, as completed orders left them."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.order.domain.catalogue.pricing import Charge
from services.order.domain.fulfilment.commitment import ProductCommitment
from services.order.domain.fulfilment.suspension import Suspension
from services.order.domain.order import StoredStruct
from shared.contracts import (
    Cents,
    Characteristic,
)


class ProductStatus(StrEnum):
    """The status of a product (TMF637 v4 `ProductStatusType`)."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    PENDING_TERMINATE = "pendingTerminate"
    """An open order disconnects it."""

    TERMINATED = "terminated"


class ProductContent(StoredStruct, frozen=True, kw_only=True):
    """All attributes of a product that are not searched by."""

    item_id: str
    name: str
    catalogue_version: int
    account_id: str = ""
    address_id: str = ""
    local_network: str = ""
    bundle: str = ""
    characteristics: tuple[Characteristic, ...] = ()
    charges: tuple[Charge, ...] = ()
    monthly_cents: Cents = 0
    is_organization: bool = False
    """Whether the customer is stated to be one."""

    party_kind: str = ""
    """`Individual` or `Organization`, if its order or an earlier one states it."""

    suspensions: tuple[Suspension, ...] = ()
    """Why it is suspended, the oldest reason first."""

    base_service_id: UUID | None = None
    """The service of the product on which it relies."""

    charged_from: date | None = None
    """The day from which its recurring charges are due, in the time of its local network."""

    commitment: ProductCommitment | None = None
    """The term for which its customer is committed to it."""

    suspension_charges: tuple[Charge, ...] = ()
    """What is charged while it is suspended in place of `charges`; empty if they stay due."""

    agreement_id: str = ""
    """The agreement by which it is priced."""

    ended_for: str = ""
    """The reason for which it was disconnected."""

    payment_mode: str = ""
    """`prepaid` or `postpaid`, if an order has stated it."""

    counts_as: str = ""
    """The group of products as one of which it counts for an identity; empty for none."""

    @property
    def due_charges(self) -> tuple[Charge, ...]:
        """What is charged for it now."""
        return self.suspension_charges or self.charges


@dataclass(frozen=True, slots=True)
class Product:
    """One product of one customer."""

    id: UUID
    tenant: str
    party_id: str
    status: ProductStatus
    offering_id: str
    specification: str
    number: str
    """E.164; empty if it has none."""

    service_id: UUID
    order_id: UUID
    """The order that created it."""

    ending_order_id: UUID | None
    """The order that disconnects it, or has disconnected it."""

    bundle_id: UUID | None
    """Shared by the products of one bundle, which are disconnected together."""

    started_at: datetime
    ended_at: datetime | None
    content: ProductContent
    client: str
    """The client of the API whose order created it: its owner."""

    open_order_id: UUID | None = None
    """The open order that changes or ends it; no other order may meanwhile."""

    changed_order_id: UUID | None = None
    """The completed order that changed it last; None if none has changed it."""

    base_id: UUID | None = None
    """The product on which it relies; None if it relies on none."""

    @property
    def latest_order_id(self) -> UUID:
        """The completed order that left it as it is."""
        return self.changed_order_id or self.order_id

    @property
    def busy_with(self) -> UUID | None:
        """The open order that changes or ends it, also if an earlier version stored that."""
        is_ending = self.status is ProductStatus.PENDING_TERMINATE
        return self.open_order_id or (self.ending_order_id if is_ending else None)

    @property
    def suspended_for(self) -> tuple[str, ...]:
        """The reasons for which it is suspended."""
        return tuple(each.reason for each in self.content.suspensions)


def unlock(product: Product) -> Product:
    """Undo `lock`: the order completed or failed, was rejected, or was retracted.

    A terminated product stays so: after a restore an order may have locked it as a base.
    """
    if product.status is ProductStatus.TERMINATED:
        return replace(product, open_order_id=None)
    is_suspended = bool(product.content.suspensions)
    status = ProductStatus.SUSPENDED if is_suspended else ProductStatus.ACTIVE
    return replace(product, status=status, ending_order_id=None, open_order_id=None)
