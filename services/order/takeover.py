"""How the order service takes over what it has told, after its database was restored.

Orders come back from what they were accepted with. How they went on follows from what the
other services tell, which is read once more.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from services.order import store
from services.order.api.orders import answer_of, keep
from services.order.domain.product import spared
from services.order.domain.submission import Names
from services.order.domain.takeover import take_over
from shared.contracts import OrderAccepted
from shared.errors import ConflictError
from shared.messaging import pending_outbox
from shared.messaging.dispatcher import on, subscribe
from shared.messaging.unit_of_work import Work
from shared.recovery.takeover import Takeover


def on_accepted(told: OrderAccepted, work: Work) -> None:
    """Store an order that was accepted, with the answer that its client got.

    An order that its client has placed under the same names since, while the database was not
    proven, gives way to it: it becomes a repetition of it, and no message of it is sent.

    Raises:
        TooEarlyError: if it takes away a product that is not there yet.
        ConflictError: if the others may have heard of the later order already.
    """
    if store.orders.find(work.session, told.order_id):
        return
    names = names_of(told, work.tenant)
    later = {each.order_id for each in store.submissions.find(work.session, names) if each}
    for order_id in later:
        withdraw(order_id, told, work)
    going = [item.product_id for item in told.items]
    taken = take_over(told, work.tenant, store.products.existing(work.session, going))
    print_ = told.record.fingerprint if told.record else b""
    answer = answer_of(names, print_, taken.order, taken.progress)
    for order_id in later:
        store.submissions.lead(work.session, order_id, answer)
    keep(work, *taken, answer)


def withdraw(order_id: UUID, told: OrderAccepted, work: Work) -> None:
    """Take back an order that was accepted anew under the names of one that was told before.

    Raises:
        ConflictError: if something of it may have left the process.
    """
    if not pending_outbox.take_back(work.session, order_id):
        msg = f"order {told.order_id} was accepted, and its client has sent it again as {order_id}"
        raise ConflictError(msg, remedy="end one of the two orders, then retry this message")
    order = store.orders.get(work.session, order_id)
    going = store.products.existing(work.session, order.ended_products())
    store.products.put_all(work.session, changed=spared(order_id, going.values()))
    store.orders.remove(work.session, order_id)


def names_of(told: OrderAccepted, tenant: str) -> Names:
    """Return the names under which a client may repeat the request."""
    key = told.record.idempotency_key if told.record else ""
    return Names(tenant, told.client, key or None, told.external_id or None)


def preload(session: Session, told: Sequence[OrderAccepted]) -> None:
    """Read what is there of these orders, and the products that they are about."""
    store.orders.preload(session, store.orders.ids(told))
    store.products.preload(session, [item.product_id for each in told for item in each.items])


TAKEOVER = Takeover(
    subscribe(on(OrderAccepted, on_accepted, needs=preload)), withdraws=(OrderAccepted,)
)
