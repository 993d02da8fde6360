"""Place an order: accept it, or return the submission that it repeats."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias
from uuid import UUID

from msgspec.structs import replace as replace_field
from sqlalchemy.orm import Session

from services.order import store
from services.order.commands.acceptance_context import (
    PlaceOrderCommand,
    complete_context,
    concerned_products,
)
from services.order.domain.acceptance.acceptance import AcceptedOrder, accept
from services.order.domain.acceptance.held_products import candidate_specifications
from services.order.domain.acceptance.queued_order import (
    QueuedOrder,
    QueueingResult,
    as_if_free,
    queue,
    request_without_personal_data,
)
from services.order.domain.acceptance.quotes import Quote
from services.order.domain.acceptance.real_name import identity_of
from services.order.domain.acceptance.submission import (
    Submission,
    SubmissionKeys,
    find_repeated_submission,
    new_repetitions,
)
from services.order.domain.acceptance.takeover import order_record
from services.order.domain.fulfilment.product import Product
from services.order.domain.fulfilment.progress import Progress, initial_changes
from services.order.domain.identity.holdings import holdings_of
from services.order.domain.order import Order
from shared.errors import DomainError
from shared.messaging.unit_of_work import UnitOfWork
from shared.recovery.troubles import check_not_recovering

RenderAnswer: TypeAlias = Callable[[Order, Progress], bytes]
"""Returns the body of the response to a new order; the API passes it in."""


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
    """Store a new order, what it locks and counts, its quote, and the response to its client."""
    store.submissions.add(work.session, submission)
    store.orders.add(work.session, order, progress)
    store.products.put_all(work.session, changed=locked)
    store.identities.add_holdings(work.session, holdings_of(order))
    mark_quote(work.session, order, order.id)
    for change in initial_changes(progress):
        work.record_change(change.kind, order.id, change.was, change.became, part=change.part)


def mark_quote(session: Session, order: Order, used_by: UUID | None) -> None:
    """Store by which order the quote of an order is used; a restored database may lack the quote.

    Args:
        session: of the database.
        order: the order, placed with the quote.
        used_by: its id; None if it is retracted.
    """
    quote_id = order.content.quote_id
    quote = store.quotes.find_for_update(session, quote_id) if quote_id else None
    if quote and quote.order_id in {None, order.id}:
        store.quotes.put(session, replace(quote, order_id=used_by))
