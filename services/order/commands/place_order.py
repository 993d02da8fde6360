"""Place an order: accept it, or return the submission that it repeats."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeAlias
from uuid import UUID

from msgspec.structs import replace as replace_field
from sqlalchemy.orm import Session

from services.order import store
from services.order.commands.identities import rules_of
from services.order.domain.acceptance.acceptance import AcceptedOrder, accept
from services.order.domain.acceptance.acceptance_context import AcceptanceContext
from services.order.domain.acceptance.held_products import candidate_specifications
from services.order.domain.acceptance.order_header import (
    category_from_orders,
    customer_id_if_category_open,
    customer_id_of,
)
from services.order.domain.acceptance.queued_order import (
    QueuedOrder,
    QueueingResult,
    as_if_free,
    queue,
    request_without_personal_data,
)
from services.order.domain.acceptance.quotes import Quote
from services.order.domain.acceptance.real_name import RealNameContext, identity_of
from services.order.domain.acceptance.request import RequestedOrder
from services.order.domain.acceptance.submission import (
    Submission,
    SubmissionKeys,
    find_repeated_submission,
    new_repetitions,
)
from services.order.domain.acceptance.takeover import order_record
from services.order.domain.catalogue.agreements import Agreement
from services.order.domain.fulfilment.product import Product
from services.order.domain.fulfilment.progress import Progress, initial_changes
from services.order.domain.identity.holdings import holdings_of
from services.order.domain.order import Order
from shared.access.access_rule import DataScope
from shared.contracts import Causation
from shared.errors import DomainError
from shared.messaging.unit_of_work import UnitOfWork
from shared.recovery.troubles import check_not_recovering

RenderAnswer: TypeAlias = Callable[[Order, Progress], bytes]
"""Returns the body of the response to a new order; the API passes it in."""


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


def accept_or_replay(
    command: PlaceOrderCommand, render: RenderAnswer, work: UnitOfWork
) -> Submission:
    """Accept an order, or find the submission that it repeats; return the submission.

    Raises:
        DomainError: if the order has faults.
        UnavailableError: if it names a product that a restored database may still lack.
    """
    keys = command.keys
    earlier = find_repeated_submission(
        *store.submissions.find(work.session, keys), command.fingerprint
    )
    if earlier:
        for repetition in new_repetitions(earlier, keys, work.cause.id):
            store.submissions.add_repetition(work.session, repetition)
        return earlier
    placed = accept_or_queue(command, work)
    submission = new_submission(
        keys, command.fingerprint, placed.order, render(placed.order, placed.progress)
    )
    store_order(work, placed.order, placed.progress, placed.locked_products, submission)
    work.publish(replace_field(placed.message, record=order_record(placed.order, submission)))
    if isinstance(placed, QueueingResult):
        store.order_queue.add(work.session, placed.queued, placed.awaited_product_ids)
    return submission


def accept_or_queue(command: PlaceOrderCommand, work: UnitOfWork) -> AcceptedOrder | QueueingResult:
    """Accept a new order; one that may wait is queued behind the open orders of its products.

    Raises:
        DomainError: if the order has faults.
        UnavailableError: if it names a product that a restored database may still lack.
    """
    requested, session = command.order, work.session
    products = concerned_products(command, work)
    quote = named_quote(command, work)
    context = complete_context(command, products, work, quote)
    catalogue = store.catalogue.get(session, command.keys.tenant)
    present = products.accessible
    free = as_if_free(requested, present) if requested.may_wait else present
    try:
        accepted = accept(requested, context, catalogue, free, quote)
    except DomainError:
        names_products = requested.product_ids or requested.base_product_ids
        depends_on_products = names_products or identity_of(requested)
        if depends_on_products or candidate_specifications(requested, catalogue):
            check_not_recovering(session)
        raise
    if quote:
        store.quotes.put(session, replace(quote, order_id=accepted.order.id))
    ahead = orders_ahead(session, accepted.order, present) if requested.may_wait else {}
    return queue_behind(accepted, command, present, ahead) if ahead else accepted


def orders_ahead(
    session: Session, order: Order, products: Mapping[UUID, Product]
) -> dict[UUID, UUID]:
    """Return the orders directly before one, by the product for which it would wait for them."""
    busy = {
        id_: holder for id_ in order.locked_product_ids() if (holder := products[id_].busy_with)
    }
    return busy | store.order_queue.last_waiting(session, busy.keys())


def queue_behind(
    accepted: AcceptedOrder,
    command: PlaceOrderCommand,
    products: Mapping[UUID, Product],
    ahead: Mapping[UUID, UUID],
) -> QueueingResult:
    """Return an order that waits for those before it."""
    queued = QueuedOrder(
        accepted.order.id,
        command.data_scope.is_tenant_wide,
        request_without_personal_data(command.order),
    )
    return queue(accepted, queued, products, ahead)


def named_quote(command: PlaceOrderCommand, work: UnitOfWork) -> Quote | None:
    """Return the quote that an order names, locked; None if the client may not see it."""
    id_ = command.order.quote_id
    quote = store.quotes.find_for_update(work.session, id_) if id_ else None
    keys = command.keys
    is_own = quote and (quote.tenant, quote.client) == (keys.tenant, keys.client)
    return quote if is_own else None


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


def new_submission(
    keys: SubmissionKeys, fingerprint: bytes, order: Order, answer: bytes
) -> Submission:
    """Return the submission of a new order, with the response for repeated requests."""
    return Submission(
        id=order.id,
        **keys._asdict(),
        order_id=order.id,
        fingerprint=fingerprint,
        answer=answer,
    )


def store_order(
    work: UnitOfWork,
    order: Order,
    progress: Progress,
    locked: Iterable[Product],
    submission: Submission,
) -> None:
    """Store a new order, what it locks and counts, and the response to its client."""
    store.submissions.add(work.session, submission)
    store.orders.add(work.session, order, progress)
    store.products.put_all(work.session, changed=locked)
    store.identities.add_holdings(work.session, holdings_of(order))
    for change in initial_changes(progress):
        work.record_change(change.kind, order.id, change.was, change.became, part=change.part)
