"""Checks of the agreement that an order names."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from services.order.domain.acceptance.request import LocatedValue
from services.order.domain.catalogue.agreements import Agreement, is_valid
from shared.errors import Fault


def named_agreement_faults(
    stated: Sequence[LocatedValue], agreement: Agreement | None, party_id: str, now: datetime
) -> Iterator[Fault]:
    """Name what is wrong with the agreement that an order names.

    Args:
        stated: the agreements that it names: one at most.
        agreement: the first of them; None if there is none of its id.
        party_id: the customer of the order.
        now: when the order is placed.
    """
    for extra in stated[1:]:
        reason = "an order is priced by one agreement"
        yield Fault(extra.field, "agreement-twice", reason, "send one order for each")
    if not stated:
        return
    if agreement is None or agreement.terms.customer != party_id:
        reason = "the customer has no such agreement"
        remedy = "name one of the customer's, or none"
        yield Fault(stated[0].field, "agreement-unknown", reason, remedy)
    elif not is_valid(agreement, now):
        reason = "the agreement is not valid now"
        remedy = "have it extended, or order without it"
        yield Fault(stated[0].field, "agreement-not-valid", reason, remedy)
