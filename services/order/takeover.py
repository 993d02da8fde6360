"""How the order service takes over what it has told, after its database was restored.

Orders come back from what they were accepted with. How they went on follows from what the
other services tell, which is read once more.
"""

from services.order import store
from services.order.api.orders import answer_of, keep
from services.order.domain.submission import Names
from services.order.domain.takeover import take_over
from shared.contracts import OrderAccepted
from shared.errors import ConflictError
from shared.inbox import on, subscribe
from shared.recovery.takeover import Takeover
from shared.work import Work


def on_accepted(told: OrderAccepted, work: Work) -> None:
    """Store an order that was accepted, with the answer that its client got.

    Raises:
        TooEarlyError: if it takes away a product that is not there yet.
        ConflictError: if its client has placed another order under the same externalId since.
    """
    if store.orders.find(work.session, told.order_id):
        return
    going = [item.product_id for item in told.items]
    taken = take_over(told, work.tenant, store.products.existing(work.session, going))
    names = names_of(told, work.tenant)
    if any(store.submissions.find(work.session, names)):
        msg = f"order {told.order_id} was accepted, and its client has sent it again as another"
        raise ConflictError(msg, remedy="end one of the two orders, then retry this message")
    print_ = told.record.fingerprint if told.record else b""
    keep(work, *taken, answer_of(names, print_, taken.order, taken.progress))


def names_of(told: OrderAccepted, tenant: str) -> Names:
    """Return the names under which a client may repeat the request."""
    key = told.record.idempotency_key if told.record else ""
    return Names(tenant, told.client, key or None, told.external_id or None)


TAKEOVER = Takeover(subscribe(on(OrderAccepted, on_accepted)))
