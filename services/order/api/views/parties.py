"""Views of the parties of an order or a product, with links to the customer service."""

from typing import Annotated

from pydantic import Field

from services.order.api.views.references import ReferenceView
from services.order.api.views.timestamps import UtcTimestamp
from services.order.domain.acceptance.order_header import UNSPECIFIED_TYPE
from services.order.domain.order import RealNameCheck
from shared.contracts import PartyKind, PaymentMode
from shared.http import href_of
from shared.http.collection_paths import ACCOUNTS_PATH, PARTIES_PATH
from shared.http.views import UnvalidatedTmfView


class PartyView(UnvalidatedTmfView):
    """A party, in its role. Only the customer service shows its contact data."""

    id: str
    href: str
    role: str
    name: str | None = None
    referred_type: Annotated[str, Field(alias="@referredType")] = "Individual"


class RealNameCheckView(UnvalidatedTmfView):
    """A reference to the real-name check of a party (extension)."""

    role: str
    """`customer`, `previous owner` or `agent`."""

    system: str
    reference: str
    checked_at: UtcTimestamp
    document_type: str


def customer_view(id_: str, name: str | None, kind: str) -> PartyView:
    """Show the customer, with a link to the customer service.

    The customer service serves each customer under both paths, so the link works even if the
    kind is unknown here or has changed since.
    """
    path = "organization" if kind == PartyKind.ORGANIZATION else "individual"
    return PartyView(
        id=id_,
        href=href_of(f"{PARTIES_PATH}/{path}", id_),
        role="customer",
        name=name,
        referred_type=kind or UNSPECIFIED_TYPE,
    )


def account_view(id_: str) -> ReferenceView | None:
    """Show the account that pays, if one is named."""
    return ReferenceView(id=id_, href=href_of(ACCOUNTS_PATH, id_)) if id_ else None


def payment_mode_view(mode: str) -> PaymentMode | None:
    """Show when a product is paid, if that is stated."""
    return PaymentMode(mode) if mode else None


def check_view(check: RealNameCheck) -> RealNameCheckView:
    """Show a real-name check."""
    return RealNameCheckView(
        role=check.role,
        system=check.system,
        reference=check.reference,
        checked_at=check.checked_at,
        document_type=check.document_type,
    )
