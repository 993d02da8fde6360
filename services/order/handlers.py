"""What the order service does when it hears something."""

from services.order import store
from services.order.domain.fulfilment.progress import (
    FulfilmentMessage,
    ProgressUpdate,
    advance,
    conclude,
)
from services.order.store.orders import preload_progress, preload_with_products
from shared.access.grants import grant_subscriptions
from shared.contracts import (
    BlueprintsPublished,
    ResourcesAssigned,
    ResourcesRefused,
    ServiceCompleted,
    ServiceFailed,
    ServiceHeld,
    ServiceResumed,
)
from shared.messaging.dispatcher import on, subscribe
from shared.messaging.unit_of_work import UnitOfWork
from shared.privacy.erasure import erasure_subscriptions


def on_progress(message: FulfilmentMessage, work: UnitOfWork) -> None:
    """Move an order on."""
    progress = store.orders.get_progress_for_update(work.session, message.order_id)
    save_progress(advance(progress, message, work.now), work)


def on_possible_end(message: FulfilmentMessage, work: UnitOfWork) -> None:
    """Move an order on, perhaps to its end; fold the installed base and tell."""
    order = store.orders.get(work.session, message.order_id)
    progress = store.orders.get_progress_for_update(work.session, message.order_id)
    products = store.products.find_many(work.session, order.disconnected_product_ids())
    update = conclude(order, progress, products, message, work.now)
    save_progress(update.progress_update, work)
    store.products.put_all(work.session, created=update.created, changed=update.changed)
    work.publish(*update.messages)


def on_blueprints(message: BlueprintsPublished, work: UnitOfWork) -> None:
    """Keep what provisioning can carry out."""
    store.blueprints.upsert(work.session, message)


def save_progress(update: ProgressUpdate, work: UnitOfWork) -> None:
    """Write where an order stands now, and how it came there."""
    order_id, reason = update.progress.order_id, update.progress.reason
    if update.is_changed:
        store.orders.put_progress(work.session, update.progress)
    for each in update.changes:
        work.record_change(
            each.kind, order_id, each.was, each.became, part=each.part, reason=reason
        )


SUBSCRIPTIONS = subscribe(
    on(ResourcesAssigned, on_progress, preload=preload_progress),
    on(ResourcesRefused, on_possible_end, preload=preload_with_products),
    on(ServiceCompleted, on_possible_end, preload=preload_with_products),
    on(ServiceFailed, on_possible_end, preload=preload_with_products),
    on(ServiceHeld, on_progress, preload=preload_progress),
    on(ServiceResumed, on_progress, preload=preload_progress),
    on(BlueprintsPublished, on_blueprints),
    *erasure_subscriptions(store.erasure.erase_next_batch),
    *grant_subscriptions(),
)
