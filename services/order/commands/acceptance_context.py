"""What the acceptance of an order reads: placed now, after it has waited, or for a quote."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from services.order import store
from services.order.commands.identities import rules_of
from services.order.domain.acceptance.acceptance_context import AcceptanceContext
from services.order.domain.acceptance.held_products import candidate_specifications
from services.order.domain.acceptance.order_header import (
    category_from_orders,
    customer_id_if_category_open,
    customer_id_of,
)
from services.order.domain.acceptance.quotes import Quote
from services.order.domain.acceptance.real_name import RealNameContext, identity_of
from services.order.domain.acceptance.request import RequestedOrder
from services.order.domain.acceptance.submission import SubmissionKeys
from services.order.domain.catalogue.agreements import Agreement
from services.order.domain.fulfilment.product import Product
from shared.access.access_rule import DataScope
from shared.contracts import Causation
from shared.messaging.unit_of_work import UnitOfWork


class PlaceOrderCommand(NamedTuple):
    """One POST: the requested order, its client, and the keys under which it may be repeated."""

    keys: SubmissionKeys
    order: RequestedOrder
    fingerprint: bytes
    data_scope: DataScope
    """The products that it may change."""


def preload(session: Session, commands: Sequence[PlaceOrderCommand]) -> None:
    """Read what these commands need, with one select for each kind."""
    store.submissions.preload(session, [each.keys for each in commands])
    store.catalogue.preload(session, {each.keys.tenant for each in commands})
    store.identities.preload(session, identities(commands))
    store.products.preload_with_related(
        session,
        [id_ for each in commands for id_ in each.order.product_ids],
        [id_ for each in commands for id_ in each.order.base_product_ids],
        candidates(session, commands),
    )


def identities(commands: Iterable[PlaceOrderCommand]) -> list[store.identities.IdentityKey]:
    """Return the identities of the customers of orders, as far as they were checked."""
    found = ((each.keys.tenant, identity_of(each.order)) for each in commands)
    return [(tenant, identity) for tenant, identity in found if identity]


def candidates(
    session: Session, commands: Iterable[PlaceOrderCommand]
) -> store.products.Candidates:
    """Return the customers' products among which orders search: for a base, or for eligibility."""
    found: dict[store.products.CandidateKey, set[str]] = {}
    for each in commands:
        tenant, party_id = each.keys.tenant, customer_id_of(each.order)
        catalogue = store.catalogue.get(session, tenant)
        for specification, addresses in candidate_specifications(each.order, catalogue).items():
            key = store.products.CandidateKey(tenant, party_id, specification)
            found.setdefault(key, set()).update(addresses)
    return found


def complete_context(
    command: PlaceOrderCommand,
    products: "ConcernedProducts",
    work: UnitOfWork,
    quote: Quote | None = None,
) -> AcceptanceContext:
    """Return the context of a command whose products are known."""
    return acceptance_context(command, work)._replace(
        bases_of_others=products.bases_of_others,
        agreement=stated_agreement(command, quote, work.session),
        kept_agreements=kept_agreements(command, products, work.session),
        real_name=real_name_context(command, work.session),
    )


def kept_agreements(
    command: PlaceOrderCommand, products: "ConcernedProducts", session: Session
) -> dict[str, Agreement]:
    """Return the agreements by which the products are priced that an order changes, by id."""
    changed = (products.accessible.get(each) for each in command.order.product_ids)
    ids = {each.content.agreement_id for each in changed if each} - {""}
    found = (store.agreements.find(session, command.keys.tenant, id_) for id_ in sorted(ids))
    return {each.id: each for each in found if each}


def stated_agreement(
    command: PlaceOrderCommand, quote: Quote | None, session: Session
) -> Agreement | None:
    """Return the agreement that an order names, or its quote; None without one."""
    stated = [each.value for each in command.order.agreements]
    id_ = stated[0] if stated else quote.content.agreement_id if quote else ""
    return store.agreements.find(session, command.keys.tenant, id_) if id_ else None


def real_name_context(command: PlaceOrderCommand, session: Session) -> RealNameContext:
    """Return what the real-name checks of an order are judged by; its identity stays locked."""
    tenant, identity = command.keys.tenant, identity_of(command.order)
    rules = rules_of(tenant)
    if not identity:
        return RealNameContext(rules)
    return RealNameContext(rules, *store.identities.get(session, (tenant, identity)))


class ConcernedProducts(NamedTuple):
    """The products that an order concerns."""

    accessible: dict[UUID, Product]
    """Those that its client may see and change."""

    bases_of_others: frozenset[UUID]
    """The bases of products that it may not see."""


def concerned_products(command: PlaceOrderCommand, work: UnitOfWork) -> ConcernedProducts:
    """Return the products that an order concerns.

    They are those that it names, with their bundles and those that rely on them, and those of the
    customer among which a base is searched, or on which its eligibility depends.
    """
    session, order = work.session, command.order
    found = store.products.find_with_related_for_update(session, order.product_ids)
    found |= store.products.find_many_for_update(session, order.base_product_ids)
    found |= store.products.find_candidates_for_update(
        session, command.keys.tenant, customer_id_of(order)
    )
    if leaving := order.ids_with_dependents:
        found |= store.products.find_new_dependents_for_update(session, leaving, found)
    accessible = store.products.filter_accessible(session, command.data_scope, found)
    hidden = (each for id_, each in found.items() if id_ not in accessible and not each.ended_at)
    return ConcernedProducts(accessible, frozenset(each.base_id for each in hidden if each.base_id))


def acceptance_context(command: PlaceOrderCommand, work: UnitOfWork) -> AcceptanceContext:
    """Return the context of a command. Earlier orders are read if the category is missing."""
    tenant, client = command.keys.tenant, command.keys.client
    party_id = customer_id_if_category_open(command.order)
    earlier = (
        store.orders.newest_contents(work.session, tenant, client, party_id) if party_id else ()
    )
    person = acting_person(work.cause)
    changes_products = bool(command.order.product_ids)
    return AcceptanceContext(
        work.cause.id,
        tenant,
        client,
        work.now,
        person,
        category_from_orders(earlier),
        store.blueprints.get_available(work.session, tenant) if changes_products else None,
    )


def acting_person(cause: Causation) -> str:
    """Return the person who placed an order; empty if the client itself did."""
    return "" if cause.actor == cause.client else cause.actor
