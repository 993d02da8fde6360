"""What the customer service does when it hears something.

Every message is kept as a fact of its own, and nothing has to be there before it:
so the view is the same in whatever order the topics bring them.
"""

from collections.abc import Sequence

import structlog
from sqlalchemy.orm import Session

from services.customer import store
from services.customer.domain.contested import named_again
from services.customer.domain.order import (
    OrderEnded,
    assignment_of,
    ending_of,
    order_of,
    stop_of,
)
from services.customer.domain.party import Account, account_of, erased_as_told
from services.customer.domain.product import is_end, product_of, service_of
from services.customer.domain.repetition import Came, must_be_as_told, parted
from services.customer.domain.telling import telling_of
from shared.access.grants import obeying_grants
from shared.contracts import (
    OrderAccepted,
    OrderCompleted,
    OrderFailed,
    OrderRejected,
    PartyErased,
    ResourcesAssigned,
    ServiceCompleted,
    ServiceHeld,
    ServiceResumed,
)
from shared.messaging.dispatcher import on, on_all, subscribe
from shared.messaging.unit_of_work import Work, Works
from shared.persistence.history import PARTY, TAKEN_OVER
from shared.privacy.erasure import forgetting
from shared.recovery.takeover import Takeover

log = structlog.get_logger()


def on_accepted(orders: Sequence[OrderAccepted], works: Works) -> None:
    """Keep the orders, and the parties and accounts that they carry.

    Raises:
        ConflictError: if one was accepted already, with other content.
    """
    session, told = works.session, zip(orders, works.each, strict=True)
    came = [(order, work.tenant, work.told_at) for order, work in told]
    new, again = parted(came, store.add_orders(session, [order_of(*each) for each in came]))
    store.keep_tellings(session, [telling_of(*each) for each in new])
    report(store.keep_accounts(session, accounts_of(new)), works)
    if again:
        see_nothing_new(again, session)


def accounts_of(came: Sequence[Came]) -> list[Account]:
    """Return the accounts that accepted orders name."""
    return [account_of(*each) for each in came if each[0].customer.account_id]


def see_nothing_new(again: Sequence[Came], session: Session) -> None:
    """Let orders that are known say of their customers what they have said, and keep nothing.

    Raises:
        ConflictError: if one says something else.
    """
    known = store.told_by_clients(session, [telling_of(*each) for each in again])
    strange = store.unknown_accounts(session, accounts_of(again))
    must_be_as_told(again, known, strange)


def report(contested: Sequence[Account], works: Works) -> None:
    """Have people told of accounts that more than one customer's orders have named.

    Those that were settled are opened again if the orders of a further customer named them.
    """
    if contested:
        store.contested.add(works.session, contested)
        reopen(contested, works)
        log.warning("account.of_two_customers", accounts=len(contested))


def reopen(named: Sequence[Account], works: Works) -> None:
    """Open again those of these accounts that a further customer has named since."""
    keys = {(each.tenant, each.account_id) for each in named}
    settled = [each for each in store.contested.get_all(works.session, keys) if each.is_settled]
    customers = store.contested.count_customers(works.session, settled)
    after = [named_again(each, customers[each.key]) for each in settled]
    store.contested.put(works.session, after)


def on_assigned(messages: Sequence[ResourcesAssigned], works: Works) -> None:
    """Keep what resources holds for the orders."""
    came = zip(messages, works.each, strict=True)
    store.add_assignments(
        works.session, [assignment_of(message, work.tenant) for message, work in came]
    )


def on_service_completed(messages: Sequence[ServiceCompleted], works: Works) -> None:
    """Keep what runs in the network now, and what does no more."""
    changes = [
        (is_end(change), service_of(change, message.order_id, work.tenant, work.told_at))
        for message, work in zip(messages, works.each, strict=True)
        for change in message.services
    ]
    store.keep_services(works.session, [service for ended, service in changes if not ended])
    store.end_services(works.session, [service for ended, service in changes if ended])


def on_completed(messages: Sequence[OrderCompleted], works: Works) -> None:
    """Keep that the orders ended, what the customers have now, and what they gave up."""
    on_ended(messages, works)
    changes = [
        (is_end(change), product_of(message, change, work.tenant, work.told_at))
        for message, work in zip(messages, works.each, strict=True)
        for change in message.products
    ]
    store.keep_products(works.session, [product for ended, product in changes if not ended])
    store.end_products(works.session, [product for ended, product in changes if ended])


def on_ended(messages: Sequence[OrderEnded], works: Works) -> None:
    """Keep how the orders ended."""
    came = zip(messages, works.each, strict=True)
    endings = [ending_of(message, work.tenant, work.told_at) for message, work in came]
    store.add_endings(works.session, endings)


def on_stop(message: ServiceHeld | ServiceResumed, work: Work) -> None:
    """Keep that an order's plan stopped, or goes on."""
    store.add_stop(work.session, stop_of(message, work.cause.id, work.tenant, work.told_at))


def take_over_erased(told: PartyErased, work: Work) -> None:
    """Erase a party as it was told to be before the database was restored."""
    gone = erased_as_told(told, work.tenant, work.told_at, work.cause.id)
    store.erase(work.session, gone)
    work.note(PARTY, gone.party_id, "known", "erased", reason=TAKEN_OVER)


SUBSCRIPTIONS = subscribe(
    on_all(OrderAccepted, on_accepted),
    on_all(OrderCompleted, on_completed),
    on_all(OrderFailed, on_ended),
    on_all(OrderRejected, on_ended),
    on_all(ResourcesAssigned, on_assigned),
    on_all(ServiceCompleted, on_service_completed),
    on(ServiceHeld, on_stop),
    on(ServiceResumed, on_stop),
    *forgetting(),
)

TAKEOVER = Takeover(subscribe(*obeying_grants(), on(PartyErased, take_over_erased)))
"""Grants and erasures hold as the others were told; by whom and why is not told. All else is
heard again, and brings nothing back of who was erased."""
