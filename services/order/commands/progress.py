"""Write the progress of orders, and its changes into the history."""

from services.order import store
from services.order.domain.fulfilment.progress import ProgressUpdate
from shared.messaging.unit_of_work import UnitOfWork


def save_progress(update: ProgressUpdate, work: UnitOfWork) -> None:
    """Write the progress of an order, and its state changes into the history."""
    if update.is_changed:
        store.orders.put_progress(work.session, update.progress)
    record_changes(update, work, update.progress.reason)


def record_changes(update: ProgressUpdate, work: UnitOfWork, reason: str) -> None:
    """Write the state changes of an order into the history."""
    for each in update.changes:
        work.record_change(
            each.kind,
            update.progress.order_id,
            each.was,
            each.became,
            part=each.part,
            reason=reason,
        )
