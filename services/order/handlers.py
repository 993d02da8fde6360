"""Handlers of the messages that the order service consumes."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from services.order import store
from services.order.commands.billing import hand_over
from services.order.commands.order_queue import hand_on, start_or_reject
from services.order.commands.progress import save_progress
from services.order.domain.acceptance.submission import without_personal_data
from services.order.domain.fulfilment.messages import state_messages
from services.order.domain.fulfilment.order_end import advance_order_and_products
from services.order.domain.fulfilment.progress import FulfilmentMessage, advance
from services.order.domain.scheduled_messages import ProductsFree
from shared.access.grants import access_grant_subscriptions
from shared.contracts import (
    BlueprintsPublished,
    OrderMessage,
    ResourcesAssigned,
    ResourcesRefused,
    ServiceCompleted,
    ServiceFailed,
    ServiceHeld,
    ServiceResumed,
)
from shared.contracts.personal import with_personal_data_blanked
from shared.messaging.dispatcher import index_subscriptions, on
from shared.messaging.unit_of_work import UnitOfWork
from shared.privacy.erasure import ErasureDue, erasure_subscriptions

T = TypeVar("T")


def on_progress(message: FulfilmentMessage, work: UnitOfWork) -> None:
    """Advance the state of an order, and publish it."""
    progress = store.orders.get_progress_for_update(work.session, message.order_id)
    update = advance(progress, message, work.now)
    save_progress(update, work)
    work.publish(*state_messages(update, message))


def on_possible_end(message: FulfilmentMessage, work: UnitOfWork) -> None:
    """Advance an order, perhaps to its end; update the installed base and publish the result."""
    order = store.orders.expect_for_update(work.session, message.order_id)
    progress = store.orders.get_progress_for_update(work.session, message.order_id)
    products = store.products.find_many_for_update(work.session, order.locked_product_ids())
    update = advance_order_and_products(order, progress, products, message, work.now)
    save_progress(update.progress_update, work)
    changed = hand_on(work, update.changed)
    store.products.put_all(work.session, created=update.created, changed=changed)
    store.past_states.add_all(work.session, update.past)
    store.identities.release(work.session, update.released)
    work.publish(*update.messages)
    hand_over(update.completed_items, work)


def on_blueprints(message: BlueprintsPublished, work: UnitOfWork) -> None:
    """Store the blueprints that provisioning has."""
    store.blueprints.replace_for_tenant(work.session, message.owner_tenant, message.blueprints)


def preload_progress(session: Session, messages: Sequence[OrderMessage]) -> None:
    """Read and lock the progress of the orders of these messages."""
    store.orders.preload_progress(session, [each.order_id for each in messages])


def preload_with_products(session: Session, messages: Sequence[OrderMessage]) -> None:
    """Read the orders of these messages, their progress, and the products locked for them."""
    preload_progress(session, messages)
    order_ids = [each.order_id for each in messages]
    store.orders.preload(session, order_ids)
    orders = (store.orders.find_for_update(session, each) for each in order_ids)
    product_ids = [id_ for order in orders if order for id_ in order.locked_product_ids()]
    store.products.preload(session, product_ids)
    store.order_queue.preload(session, product_ids)


def erase_next_batch(session: Session, tenant: str, due: ErasureDue) -> list[UUID]:
    """Blank the next batch of a party's orders, and what repeats them; return their ids."""
    contents = store.erasure.find_next_contents(
        session, tenant, due.party_id, after=due.after, until=due.until
    )
    store.erasure.put_contents(session, changed_rows(contents, with_personal_data_blanked))
    order_ids = [id_ for id_, _ in contents]
    store.identities.remove_of_orders(session, order_ids)
    # A repetition copies the response while it locks the first one's row: blank that one first.
    for find_answers in (
        store.erasure.find_first_submission_answers,
        store.erasure.find_later_submission_answers,
    ):
        answers = find_answers(session, order_ids)
        store.erasure.put_answers(session, changed_rows(answers, without_personal_data))
    return order_ids


def changed_rows(rows: Iterable[tuple[UUID, T]], change: Callable[[T], T]) -> list[tuple[UUID, T]]:
    """Return the rows that a function changes, with their new values."""
    return [(id_, new) for id_, old in rows if (new := change(old)) != old]


SUBSCRIPTIONS = index_subscriptions(
    on(ResourcesAssigned, on_progress, preload=preload_progress),
    on(ResourcesRefused, on_possible_end, preload=preload_with_products),
    on(ServiceCompleted, on_possible_end, preload=preload_with_products),
    on(ServiceFailed, on_possible_end, preload=preload_with_products),
    on(ServiceHeld, on_progress, preload=preload_progress),
    on(ServiceResumed, on_progress, preload=preload_progress),
    on(ProductsFree, start_or_reject),
    on(BlueprintsPublished, on_blueprints),
    *erasure_subscriptions(erase_next_batch),
    *access_grant_subscriptions(),
)
