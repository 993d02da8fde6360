"""The agreements that an order names, or its products have: checks, and the catalogue by them."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from services.order.domain.acceptance.acceptance_context import AcceptanceContext
from services.order.domain.acceptance.agreed_catalogue import AgreedCatalogue
from services.order.domain.acceptance.request import LocatedValue
from services.order.domain.catalogue.agreements import Agreement, is_valid, under_agreement
from services.order.domain.catalogue.catalogue import Catalogue
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


def agreed_catalogue(
    catalogue: Catalogue, context: AcceptanceContext, party_id: str
) -> AgreedCatalogue:
    """Return the catalogue of an order of a customer."""
    kept = {
        id_: each
        for id_, each in context.kept_agreements.items()
        if each.terms.customer == party_id and is_valid(each, context.now)
    }
    stated = context.agreement
    if stated is None or not is_valid(stated, context.agreed_at or context.now):
        return AgreedCatalogue(catalogue, kept=kept)
    return AgreedCatalogue(under_agreement(catalogue, stated), stated.id)
