"""The queue of orders: products are handed on to those that wait for them, which start then."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from msgspec.structs import replace as replace_field

from services.order import store
from services.order.commands.acceptance_context import (
    PlaceOrderCommand,
    complete_context,
    concerned_products,
    preload,
)
from services.order.commands.progress import save_progress
from services.order.domain.acceptance.acceptance import accept, accepted_message
from services.order.domain.acceptance.queued_order import (
    QueuedOrder,
    are_products_unchanged,
    as_held,
    content_priced_anew,
    with_content,
)
from services.order.domain.acceptance.submission import SubmissionKeys
from services.order.domain.acceptance.takeover import order_record
from services.order.domain.fulfilment import waiting
from services.order.domain.fulfilment.messages import state_message
from services.order.domain.fulfilment.product import Product
from services.order.domain.fulfilment.product_locks import lock, lock_products, unlock_products
from services.order.domain.fulfilment.progress import Progress
from services.order.domain.identity.holdings import released_by_end
from services.order.domain.order import Order
from services.order.domain.scheduled_messages import ProductsFree
from shared.access.access_rule import AccessLevel, DataScope
from shared.errors import DomainError
from shared.messaging.unit_of_work import UnitOfWork
from shared.scheduling.timer_store import schedule


def hand_on(work: UnitOfWork, products: Iterable[Product]) -> list[Product]:
    """Return products, the free ones locked for the orders that wait for them first.

    An order that waits for no other product starts by a message of its own: its timer is written in
    this transaction.
    """
    return [each if each.busy_with else hand_on_one(work, each) for each in products]


def hand_on_one(work: UnitOfWork, product: Product) -> Product:
    """Return a free product, locked for the order that waits for it first, if one does."""
    order_id = store.order_queue.take_first(work.session, product.id)
    if order_id is None:
        return product
    if not store.order_queue.waits(work.session, order_id):
        schedule(work, work.now, ProductsFree(order_id=order_id))
    return lock(product, order_id, is_ended=False)


def leave_queue(order: Order, products: Iterable[Product], work: UnitOfWork) -> None:
    """Unlock the products of an order that waits no longer, and hand them on."""
    store.order_queue.remove(work.session, order.id)
    released = unlock_products(order.id, products)
    store.products.put_all(work.session, changed=hand_on(work, released))


def start_or_reject(message: ProductsFree, work: UnitOfWork) -> None:
    """Start an order that has waited, or reject it if its products have changed too much."""
    queued = store.order_queue.find_for_update(work.session, message.order_id)
    if queued is None or store.order_queue.waits(work.session, message.order_id):
        return
    order = store.orders.get_queued_for_update(work.session, message.order_id)
    progress = store.orders.get_progress_for_update(work.session, message.order_id)
    command = repeated_command(queued, order)
    preload(work.session, [command])
    held = store.products.find_many_for_update(work.session, order.locked_product_ids())
    try:
        started, locked = accept_again(command, order, work)
    except DomainError as refusal:
        reject(order, progress, held, refusal, work)
    else:
        start(started, progress, held, locked, work)


def repeated_command(queued: QueuedOrder, order: Order) -> PlaceOrderCommand:
    """Return the command by which an order that has waited was placed."""
    client = None if queued.is_tenant_wide else order.client
    return PlaceOrderCommand(
        SubmissionKeys(order.tenant, order.client, None, None),
        queued.requested,
        b"",
        DataScope(order.tenant, client, AccessLevel.CHANGE),
    )


def accept_again(
    command: PlaceOrderCommand, order: Order, work: UnitOfWork
) -> tuple[Order, tuple[Product, ...]]:
    """Return an order that has waited as it starts, and its products, locked for it.

    If these are as they were at its acceptance, it starts as it was accepted. Else it is validated
    and priced as if it were placed now.

    Raises:
        DomainError: if it has faults.
    """
    products = concerned_products(command, work)
    present = as_held(order.id, products.accessible)
    if are_products_unchanged(order, command.order, present, products.bases_of_others):
        return order, lock_products(order, present)
    context = complete_context(command, products, work)._replace(
        order_id=order.id,
        real_name=None,  # it was checked, and counts, since the order was accepted
        person=order.content.person,
        known_category=order.content.known_category,
        has_waited=True,
    )
    catalogue = store.catalogue.get(work.session, order.tenant)
    current = accept(command.order, context, catalogue, present)
    content = content_priced_anew(order.content, current.order.content)
    return with_content(order, content), current.locked_products


def start(
    started: Order,
    progress: Progress,
    held: Mapping[UUID, Product],
    locked: Sequence[Product],
    work: UnitOfWork,
) -> None:
    """Start an order that has waited: it is published as accepted."""
    store_started(started, held, locked, work)
    save_progress(waiting.start(progress, work.now), work)
    submission = store.submissions.find_first(work.session, started.id)
    record = order_record(started, submission) if submission else None
    work.publish(replace_field(accepted_message(started), record=record))


def store_started(
    started: Order,
    held: Mapping[UUID, Product],
    locked: Sequence[Product],
    work: UnitOfWork,
) -> None:
    """Store an order that waits no longer, and hand on what it held and needs no more.

    Args:
        started: the order, with the terms with which it starts.
        held: the products of the terms with which it waited.
        locked: the products of its terms, locked for it.
        work: the transaction.
    """
    needed = {each.id for each in locked}
    others = unlock_products(started.id, (each for id_, each in held.items() if id_ not in needed))
    store.order_queue.remove(work.session, started.id)
    store.orders.put_queued(work.session, started)
    store.products.put_all(work.session, changed=(*locked, *hand_on(work, others)))


def reject(
    order: Order,
    progress: Progress,
    held: Mapping[UUID, Product],
    refusal: DomainError,
    work: UnitOfWork,
) -> None:
    """Reject an order that has waited, and hand its products on."""
    leave_queue(order, held.values(), work)
    store.identities.release(work.session, released_by_end(order))
    update = waiting.reject(progress, refusal, work.now)
    save_progress(update, work)
    work.publish(state_message(update.progress))
