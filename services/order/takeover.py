"""Takeover of orders that were published before the database was restored to an earlier state.

Orders are restored from their own `order.accepted`, and get the states that were published for
them. The rest of their progress follows from the messages of the other services, which are consumed
again.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from services.order import store
from services.order.api.views.orders import render_answer
from services.order.commands.place_order import new_submission, store_order
from services.order.domain.acceptance.submission import SubmissionKeys
from services.order.domain.acceptance.takeover import order_as_published
from services.order.domain.fulfilment.product_locks import unlock_products
from services.order.domain.fulfilment.progress import progress_as_published
from services.order.domain.identity.holdings import released_by_end
from services.order.handlers import preload_progress, record_changes
from shared.contracts import OrderAccepted, OrderStateChanged
from shared.errors import ConflictError
from shared.messaging import pending_outbox
from shared.messaging.dispatcher import index_subscriptions, on
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.history import TAKEN_OVER_REASON
from shared.recovery.takeover import Takeover


def on_accepted(message: OrderAccepted, work: UnitOfWork) -> None:
    """Store an order that was accepted, with the response that its client got.

    If the client placed it again under the same keys while the database was unproven, the later
    order becomes a repetition of this one, and none of its messages is published.

    Raises:
        EarlyMessageError: if it disconnects a product that does not exist yet.
        ConflictError: if other services may have consumed the later order already.
    """
    if store.orders.find_for_update(work.session, message.order_id):
        return
    keys = submission_keys(message, work.tenant)
    later_ids = {each.order_id for each in store.submissions.find(work.session, keys) if each}
    for order_id in later_ids:
        retract_order(order_id, message, work)
    product_ids = named_product_ids(message)
    restored = order_as_published(
        message, work.tenant, store.products.find_many_for_update(work.session, product_ids)
    )
    fingerprint = message.record.fingerprint if message.record else b""
    answer = render_answer(restored.order, restored.progress)
    submission = new_submission(keys, fingerprint, restored.order, answer)
    for order_id in later_ids:
        store.submissions.redirect_to_original(work.session, order_id, submission)
    store_order(work, *restored, submission)


def retract_order(order_id: UUID, message: OrderAccepted, work: UnitOfWork) -> None:
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
    store.products.put_all(work.session, changed=unlock_products(order_id, products.values()))
    store.identities.release(work.session, released_by_end(order))
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


def submission_keys(message: OrderAccepted, tenant: str) -> SubmissionKeys:
    """Return the keys under which a client may repeat the request."""
    key = message.record.idempotency_key if message.record else ""
    return SubmissionKeys(tenant, message.client, key or None, message.external_id or None)


def preload(session: Session, messages: Sequence[OrderAccepted]) -> None:
    """Read these orders, if they exist, and the products of their items."""
    store.orders.preload(session, [each.order_id for each in messages])
    store.products.preload(session, [id_ for each in messages for id_ in named_product_ids(each)])


def named_product_ids(message: OrderAccepted) -> list[UUID]:
    """Return the products of an order's items, and those on which they rely."""
    named = (id_ for item in message.items for id_ in (item.product_id, item.base_product_id))
    return [each for each in dict.fromkeys(named) if each]


TAKEOVER = Takeover(
    index_subscriptions(
        on(OrderAccepted, on_accepted, preload=preload),
        on(OrderStateChanged, on_state_changed, preload=preload_progress),
    ),
    withdrawable=(OrderAccepted,),
)
