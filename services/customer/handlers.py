"""What the customer service does when it hears something.

Every message is kept as a fact of its own, and nothing has to be there before it:
so the view is the same in whatever order the topics bring them.
"""

from collections.abc import Sequence

import structlog
from sqlalchemy.orm import Session

from services.customer import store
from services.customer.domain.parties.contested_account import reopen_if_new_customer
from services.customer.domain.parties.party import (
    Account,
    account_from_order,
    erased_party_from_message,
)
from services.customer.domain.parties.source_record import source_record_from_order
from services.customer.domain.unified_view.duplicate_order import (
    AcceptedMessage,
    check_same_customer_data,
    split_new_and_known,
)
from services.customer.domain.unified_view.order import (
    OrderEndedMessage,
    assignment_from_message,
    hold_event_from_message,
    order_from_message,
    result_from_message,
)
from services.customer.domain.unified_view.product import (
    is_disconnection,
    product_from_message,
    service_from_message,
)
from shared.access.grants import grant_subscriptions
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
from shared.messaging.dispatcher import on, on_batch, subscribe
from shared.messaging.unit_of_work import UnitOfWork, UnitOfWorkBatch
from shared.persistence.history import PARTY_KIND, TAKEN_OVER_REASON
from shared.privacy.erasure import erasure_subscriptions
from shared.recovery.takeover import Takeover

log = structlog.get_logger()


def on_accepted(orders: Sequence[OrderAccepted], works: UnitOfWorkBatch) -> None:
    """Keep the orders, and the parties and accounts that they carry.

    Raises:
        ConflictError: if one was accepted already, with other content.
    """
    session, told = works.session, zip(orders, works.units, strict=True)
    received = [(order, work.tenant, work.published_at) for order, work in told]
    new, again = split_new_and_known(
        received, store.add_orders(session, [order_from_message(*each) for each in received])
    )
    store.merge_source_records(session, [source_record_from_order(*each) for each in new])
    report_contested_accounts(store.add_accounts(session, accounts_named_in(new)), works)
    if again:
        check_nothing_new(again, session)


def accounts_named_in(received: Sequence[AcceptedMessage]) -> list[Account]:
    """Return the accounts that accepted orders name."""
    return [account_from_order(*each) for each in received if each[0].customer.account_id]


def check_nothing_new(again: Sequence[AcceptedMessage], session: Session) -> None:
    """Let orders that are known say of their customers what they have said, and keep nothing.

    Raises:
        ConflictError: if one says something else.
    """
    known = store.find_source_records(session, [source_record_from_order(*each) for each in again])
    unknown = store.find_unknown_accounts(session, accounts_named_in(again))
    check_same_customer_data(again, known, unknown)


def report_contested_accounts(contested: Sequence[Account], works: UnitOfWorkBatch) -> None:
    """Have people told of accounts that more than one customer's orders have named.

    Those that were settled are opened again if the orders of a further customer named them.
    """
    if contested:
        store.contested_accounts.add(works.session, contested)
        reopen_settled_accounts(contested, works)
        log.warning("account.contested", accounts=len(contested))


def reopen_settled_accounts(named: Sequence[Account], works: UnitOfWorkBatch) -> None:
    """Open again those of these accounts that a further customer has named since."""
    keys = {(each.tenant, each.account_id) for each in named}
    settled = [
        each
        for each in store.contested_accounts.get_all_for_update(works.session, keys)
        if each.is_settled
    ]
    customers = store.contested_accounts.count_customers(works.session, settled)
    after = [reopen_if_new_customer(each, customers[each.key]) for each in settled]
    store.contested_accounts.put(works.session, after)


def on_assigned(messages: Sequence[ResourcesAssigned], works: UnitOfWorkBatch) -> None:
    """Keep what resources holds for the orders."""
    received = zip(messages, works.units, strict=True)
    store.add_assignments(
        works.session, [assignment_from_message(message, work.tenant) for message, work in received]
    )


def on_service_completed(messages: Sequence[ServiceCompleted], works: UnitOfWorkBatch) -> None:
    """Keep what runs in the network now, and what does no more."""
    changes = [
        (
            is_disconnection(change),
            service_from_message(change, message.order_id, work.tenant, work.published_at),
        )
        for message, work in zip(messages, works.units, strict=True)
        for change in message.services
    ]
    store.upsert_services(works.session, [service for ended, service in changes if not ended])
    store.end_services(works.session, [service for ended, service in changes if ended])


def on_completed(messages: Sequence[OrderCompleted], works: UnitOfWorkBatch) -> None:
    """Keep that the orders ended, what the customers have now, and what they gave up."""
    on_ended(messages, works)
    changes = [
        (
            is_disconnection(change),
            product_from_message(message, change, work.tenant, work.published_at),
        )
        for message, work in zip(messages, works.units, strict=True)
        for change in message.products
    ]
    store.upsert_products(works.session, [product for ended, product in changes if not ended])
    store.end_products(works.session, [product for ended, product in changes if ended])


def on_ended(messages: Sequence[OrderEndedMessage], works: UnitOfWorkBatch) -> None:
    """Keep how the orders ended."""
    received = zip(messages, works.units, strict=True)
    results = [
        result_from_message(message, work.tenant, work.published_at) for message, work in received
    ]
    store.add_order_results(works.session, results)


def on_hold_or_resume(message: ServiceHeld | ServiceResumed, work: UnitOfWork) -> None:
    """Keep that an order's plan stopped, or goes on."""
    store.add_hold_event(
        work.session,
        hold_event_from_message(message, work.cause.id, work.tenant, work.published_at),
    )


def take_over_erasure(told: PartyErased, work: UnitOfWork) -> None:
    """Erase a party as it was told to be before the database was restored."""
    erased = erased_party_from_message(told, work.tenant, work.published_at, work.cause.id)
    store.erase_party(work.session, erased)
    work.record_change(PARTY_KIND, erased.party_id, "known", "erased", reason=TAKEN_OVER_REASON)


SUBSCRIPTIONS = subscribe(
    on_batch(OrderAccepted, on_accepted),
    on_batch(OrderCompleted, on_completed),
    on_batch(OrderFailed, on_ended),
    on_batch(OrderRejected, on_ended),
    on_batch(ResourcesAssigned, on_assigned),
    on_batch(ServiceCompleted, on_service_completed),
    on(ServiceHeld, on_hold_or_resume),
    on(ServiceResumed, on_hold_or_resume),
    *erasure_subscriptions(),
)

TAKEOVER = Takeover(subscribe(*grant_subscriptions(), on(PartyErased, take_over_erasure)))
"""Grants and erasures hold as the others were told; by whom and why is not told. All else is
heard again, and brings nothing back of who was erased."""
