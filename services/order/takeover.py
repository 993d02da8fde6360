"""How the order service takes over what it has told, after its database was restored.

Orders come back from what they were accepted with. How they went on follows from what the
other services tell, which is read once more.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from services.order import store
from services.order.api.routes.orders import new_submission, store_order
from services.order.domain.acceptance.submission import SubmissionKeys
from services.order.domain.acceptance.takeover import take_over
from services.order.domain.fulfilment.product import release_products
from shared.contracts import OrderAccepted
from shared.errors import ConflictError
from shared.messaging import pending_outbox
from shared.messaging.dispatcher import on, subscribe
from shared.messaging.unit_of_work import UnitOfWork
from shared.recovery.takeover import Takeover


def on_accepted(message: OrderAccepted, work: UnitOfWork) -> None:
    """Store an order that was accepted, with the answer that its client got.

    An order that its client has placed under the same names since, while the database was not
    proven, gives way to it: it becomes a repetition of it, and no message of it is sent.

    Raises:
        TooEarlyError: if it takes away a product that is not there yet.
        ConflictError: if the others may have heard of the later order already.
    """
    if store.orders.find(work.session, message.order_id):
        return
    keys = submission_keys(message, work.tenant)
    later = {each.order_id for each in store.submissions.find(work.session, keys) if each}
    for order_id in later:
        withdraw(order_id, message, work)
    going = [item.product_id for item in message.items]
    taken = take_over(message, work.tenant, store.products.find_many(work.session, going))
    fingerprint = message.record.fingerprint if message.record else b""
    submission = new_submission(keys, fingerprint, taken.order, taken.progress)
    for order_id in later:
        store.submissions.redirect_to_original(work.session, order_id, submission)
    store_order(work, *taken, submission)


def withdraw(order_id: UUID, message: OrderAccepted, work: UnitOfWork) -> None:
    """Take back an order that was accepted anew under the names of one that was told before.

    Raises:
        ConflictError: if something of it may have left the process.
    """
    if not pending_outbox.retract_unpublished(work.session, order_id):
        msg = (
            f"order {message.order_id} was accepted, and its client has sent it again as {order_id}"
        )
        raise ConflictError(msg, remedy="end one of the two orders, then retry this message")
    order = store.orders.get(work.session, order_id)
    going = store.products.find_many(work.session, order.disconnected_product_ids())
    store.products.put_all(work.session, changed=release_products(order_id, going.values()))
    store.orders.remove(work.session, order_id)


def submission_keys(message: OrderAccepted, tenant: str) -> SubmissionKeys:
    """Return the names under which a client may repeat the request."""
    key = message.record.idempotency_key if message.record else ""
    return SubmissionKeys(tenant, message.client, key or None, message.external_id or None)


def preload(session: Session, message: Sequence[OrderAccepted]) -> None:
    """Read what is there of these orders, and the products that they are about."""
    store.orders.preload(session, store.orders.order_ids(message))
    store.products.preload(session, [item.product_id for each in message for item in each.items])


TAKEOVER = Takeover(
    subscribe(on(OrderAccepted, on_accepted, preload=preload)), withdrawable=(OrderAccepted,)
)
