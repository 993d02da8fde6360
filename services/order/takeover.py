"""Takeover of orders that were published before the database was restored to an earlier state.

Orders are restored from their own `order.accepted`, and get the states that were published for
them. The rest of their progress follows from the messages of the other services, which are consumed
again. What was handed over to billing is written as it was published.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from services.order import store
from services.order.api.views.orders import render_answer
from services.order.commands.billing import restore_line
from services.order.commands.order_queue import leave_queue, store_started
from services.order.commands.place_order import mark_quote, new_submission, store_order
from services.order.commands.progress import record_changes
from services.order.domain.acceptance.queued_order import queued_order_as_published
from services.order.domain.acceptance.submission import SubmissionKeys
from services.order.domain.acceptance.takeover import (
    TakenOverOrder,
    check_products_exist,
    order_as_published,
    order_from_message,
)
from services.order.domain.fulfilment.product_locks import lock
from services.order.domain.fulfilment.progress import progress_as_published
from services.order.domain.fulfilment.waiting import start, waiting_progress
from services.order.domain.identity.holdings import released_by_end
from services.order.domain.scheduled_messages import ProductsFree
from services.order.handlers import preload_progress
from shared.contracts import (
    ItemCompleted,
    OrderAccepted,
    OrderQueued,
    OrderStateChanged,
    OrderTerms,
)
from shared.errors import ConflictError
from shared.messaging import pending_outbox
from shared.messaging.dispatcher import index_subscriptions, on
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.history import TAKEN_OVER_REASON
from shared.recovery.takeover import Takeover
from shared.scheduling.timer_store import schedule


def on_accepted(message: OrderAccepted, work: UnitOfWork) -> None:
    """Store an order that was accepted, with the response that its client got.

    If the client placed it again under the same keys while the database was unproven, the later
    order becomes a repetition of this one, and none of its messages is published.

    Raises:
        EarlyMessageError: if it disconnects a product that does not exist yet.
        ConflictError: if other services may have consumed the later order already.
    """
    if store.order_queue.find_for_update(work.session, message.order_id):
        start_as_published(message, work)
    elif not store.orders.find_for_update(work.session, message.order_id):
        products = store.products.find_many_for_update(work.session, named_product_ids(message))
        restore_order(message, order_as_published(message, work.tenant, products), work)


def on_queued(message: OrderQueued, work: UnitOfWork) -> None:
    """Store an order that waits, with the response that its client got.

    Which orders lock its products now is as the database has it. If none does, it is due.

    Raises:
        EarlyMessageError: if it names a product that does not exist yet, or an order before it was
            not taken over yet.
        ConflictError: as with an order that was accepted.
    """
    if store.orders.find_for_update(work.session, message.order_id):
        return
    for each in message.waits_for:
        store.orders.expect_for_update(work.session, each)
    order = order_from_message(message, work.tenant)
    products = store.products.find_many_for_update(work.session, order.locked_product_ids())
    check_products_exist(order, products)
    awaited = tuple(id_ for id_, each in products.items() if each.busy_with)
    free = (each for id_, each in products.items() if id_ not in awaited)
    locked = tuple(lock(each, order.id, is_ended=False) for each in free)
    restore_order(message, TakenOverOrder(order, waiting_progress(order), locked), work)
    store.order_queue.add(work.session, queued_order_as_published(message), awaited)
    if not awaited:
        schedule(work, work.now, ProductsFree(order_id=order.id))


def restore_order(message: OrderTerms, restored: TakenOverOrder, work: UnitOfWork) -> None:
    """Store an order that was published; a later one under its keys becomes its repetition.

    Raises:
        ConflictError: if other services may have consumed the later order already.
    """
    keys = submission_keys(message, work.tenant)
    later_ids = {each.order_id for each in store.submissions.find(work.session, keys) if each}
    for order_id in later_ids:
        retract_order(order_id, message, work)
    fingerprint = message.record.fingerprint if message.record else b""
    answer = render_answer(restored.order, restored.progress)
    submission = new_submission(keys, fingerprint, restored.order, answer)
    for order_id in later_ids:
        store.submissions.redirect_to_original(work.session, order_id, submission)
    store_order(work, *restored, submission)


def start_as_published(message: OrderAccepted, work: UnitOfWork) -> None:
    """Start an order that the database still has as waiting, with the terms that were published.

    Raises:
        EarlyMessageError: if the order before it is not over yet.
    """
    products = store.products.find_many_for_update(work.session, named_product_ids(message))
    order, _, locked = order_as_published(message, work.tenant, products)
    waiting = store.orders.get_queued_for_update(work.session, order.id)
    held = store.products.find_many_for_update(work.session, waiting.locked_product_ids())
    store_started(order, held, locked, work)
    update = start(store.orders.get_progress_for_update(work.session, order.id), work.now)
    store.orders.put_progress(work.session, update.progress)
    record_changes(update, work, TAKEN_OVER_REASON)


def retract_order(order_id: UUID, message: OrderTerms, work: UnitOfWork) -> None:
    """Retract a later order that was accepted under the keys of this earlier one.

    Raises:
        ConflictError: if one of its messages may have been published.
    """
    if not pending_outbox.delete_records_if_unpublished(work.session, order_id):
        msg = (
            f"order {message.order_id} was accepted, and its client has sent it again as {order_id}"
        )
        raise ConflictError(msg, remedy="end one of the two orders, then retry this message")
    order = store.orders.expect_for_update(work.session, order_id)
    products = store.products.find_many_for_update(work.session, order.locked_product_ids())
    leave_queue(order, products.values(), work)
    store.identities.release(work.session, released_by_end(order))
    mark_quote(work.session, order, None)
    store.orders.remove(work.session, order_id)


def on_state_changed(message: OrderStateChanged, work: UnitOfWork) -> None:
    """Store the state that was published for an order.

    The messages of the other services may be consumed again in another order than before, and
    would lead to a state that contradicts the published one.

    Raises:
        EarlyMessageError: if the order itself was not taken over yet.
    """
    progress = store.orders.get_progress_for_update(work.session, message.order_id)
    update = progress_as_published(progress, message, work.published_at)
    if update.changes:
        store.orders.put_progress(work.session, update.progress)
    record_changes(update, work, TAKEN_OVER_REASON)
    if update.progress.is_final and store.order_queue.find_for_update(
        work.session, progress.order_id
    ):
        order = store.orders.expect_for_update(work.session, progress.order_id)
        ids = order.locked_product_ids()
        leave_queue(order, store.products.find_many_for_update(work.session, ids).values(), work)
        store.identities.release(work.session, released_by_end(order))


def submission_keys(message: OrderTerms, tenant: str) -> SubmissionKeys:
    """Return the keys under which a client may repeat the request."""
    key = message.record.idempotency_key if message.record else ""
    return SubmissionKeys(tenant, message.client, key or None, message.external_id or None)


def preload(session: Session, messages: Sequence[OrderTerms]) -> None:
    """Read these orders, if they exist, and the products of their items."""
    store.orders.preload(session, [each.order_id for each in messages])
    store.products.preload(session, [id_ for each in messages for id_ in named_product_ids(each)])


def named_product_ids(message: OrderTerms) -> list[UUID]:
    """Return the products of an order's items, and those on which they rely."""
    named = (id_ for item in message.items for id_ in (item.product_id, item.base_product_id))
    return [each for each in dict.fromkeys(named) if each]


TAKEOVER = Takeover(
    index_subscriptions(
        on(OrderQueued, on_queued, preload=preload),
        on(OrderAccepted, on_accepted, preload=preload),
        on(OrderStateChanged, on_state_changed, preload=preload_progress),
        on(ItemCompleted, restore_line),
    ),
    withdrawable=(OrderAccepted, OrderQueued),
)
