"""What the order service does when it hears something."""

from services.order import store
from services.order.domain.progress import News, Step, advance, conclude
from services.order.store.orders import preload_progress, preload_whole
from shared.access.grants import obeying_grants
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
from shared.messaging.unit_of_work import Work
from shared.privacy.erasure import forgetting


def on_progress(news: News, work: Work) -> None:
    """Move an order on."""
    progress = store.orders.progress(work.session, news.order_id)
    move(advance(progress, news, work.now), work)


def on_outcome(news: News, work: Work) -> None:
    """Move an order on, perhaps to its end; fold the installed base and tell."""
    order = store.orders.get(work.session, news.order_id)
    progress = store.orders.progress(work.session, news.order_id)
    going = store.products.existing(work.session, order.ended_products())
    outcome = conclude(order, progress, going, news, work.now)
    move(outcome.step, work)
    store.products.put_all(work.session, made=outcome.made, changed=outcome.changed)
    work.emit(*outcome.tell)


def on_blueprints(told: BlueprintsPublished, work: Work) -> None:
    """Keep what provisioning can carry out."""
    store.blueprints.keep(work.session, told)


def move(step: Step, work: Work) -> None:
    """Write where an order stands now, and how it came there."""
    order_id, reason = step.progress.order_id, step.progress.reason
    if step.moved:
        store.orders.move(work.session, step.progress)
    for each in step.changes:
        work.note(each.kind, order_id, each.was, each.became, part=each.part, reason=reason)


SUBSCRIPTIONS = subscribe(
    on(ResourcesAssigned, on_progress, needs=preload_progress),
    on(ResourcesRefused, on_outcome, needs=preload_whole),
    on(ServiceCompleted, on_outcome, needs=preload_whole),
    on(ServiceFailed, on_outcome, needs=preload_whole),
    on(ServiceHeld, on_progress, needs=preload_progress),
    on(ServiceResumed, on_progress, needs=preload_progress),
    on(BlueprintsPublished, on_blueprints),
    *forgetting(store.erasure.forget),
    *obeying_grants(),
)
