"""Handlers of the messages that the customer service consumes.

Each message is stored as a fact of its own and needs no other one before it, so the view
is the same in whatever order the topics deliver them.
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
from services.customer.domain.parties.source_record import (
    merge_by_client,
    merge_by_party,
    source_record_from_order,
)
from services.customer.domain.unified_view.order import (
    Order,
    OrderEndedMessage,
    assignment_from_message,
    check_same_final_state,
    first_state_from_message,
    hold_event_from_message,
    order_from_message,
    outcome_from_message,
    published_state_from_message,
)
from services.customer.domain.unified_view.product import (
    is_removed,
    product_from_message,
    service_from_message,
)
from services.customer.domain.unified_view.repeated_acceptance import (
    AcceptedMessage,
    check_same_content,
    check_same_customer_data,
    must_repeat_terms,
    replaces_terms,
    split_new_and_known,
)
from services.customer.domain.unified_view.version import latest_versions
from shared.access.grants import access_grant_subscriptions
from shared.contracts import (
    FIRST_REQUEST,
    OrderAccepted,
    OrderCompleted,
    OrderFailed,
    OrderQueued,
    OrderRejected,
    OrderStateChanged,
    OrderTerms,
    PartyErased,
    ResourcesAssigned,
    ServiceCompleted,
    ServiceHeld,
    ServiceResumed,
)
from shared.messaging.dispatcher import index_subscriptions, on, on_batch
from shared.messaging.unit_of_work import UnitOfWork, UnitOfWorkBatch
from shared.persistence.history import PARTY_KIND, TAKEN_OVER_REASON
from shared.privacy.erasure import erasure_subscriptions
from shared.recovery.takeover import Takeover

log = structlog.get_logger()


def on_accepted_or_queued(orders: Sequence[OrderTerms], batch: UnitOfWorkBatch) -> None:
    """Store the orders, and the parties and accounts that they carry.

    An order that was queued gets the terms with which it is accepted.

    Raises:
        ConflictError: if one was accepted already, with other content.
    """
    session = batch.session
    received = [
        (order, work.tenant, work.published_at)
        for order, work in zip(orders, batch.units, strict=True)
    ]
    new, known = split_new_and_known(received, store.add_orders(session, stored_parts(received)))
    repeated = [each for each in known if must_repeat_terms(each[0])]
    if repeated:
        ids = [each[0].order_id for each in repeated]
        check_same_content(store.find_orders(session, ids), stored_parts(repeated))
    store.replace_terms(session, stored_parts([each for each in known if replaces_terms(each[0])]))
    records = [source_record_from_order(*each) for each in new]
    store.merge_source_records(session, merge_by_party(records), merge_by_client(records))
    record_contested_accounts(store.add_accounts(session, accounts_named_in(new)), batch)
    if repeated:
        check_repeated_customer_data(repeated, session)
    first_states = (
        first_state_from_message(order, work.tenant, work.published_at, work.sequence)
        for order, work in zip(orders, batch.units, strict=True)
    )
    store.upsert_published_states(session, [each for each in first_states if each])


def stored_parts(received: Sequence[AcceptedMessage]) -> list[Order]:
    """Return the stored parts of orders."""
    return [order_from_message(*each) for each in received]


def accounts_named_in(received: Sequence[AcceptedMessage]) -> list[Account]:
    """Return the accounts that accepted orders name."""
    return [account_from_order(*each) for each in received if each[0].customer.account_id]


def check_repeated_customer_data(repeated: Sequence[AcceptedMessage], session: Session) -> None:
    """Check that repeated orders report nothing new of their customers; store nothing.

    Raises:
        ConflictError: if one reports something else.
    """
    records = [source_record_from_order(*each) for each in repeated]
    stored = store.find_source_records(session, records)
    new_accounts = store.find_unknown_accounts(session, accounts_named_in(repeated))
    check_same_customer_data(repeated, stored, new_accounts)


def record_contested_accounts(contested: Sequence[Account], batch: UnitOfWorkBatch) -> None:
    """Store contested accounts, and log a warning for people.

    Settled ones are reopened if the orders of a further customer named them.
    """
    if contested:
        store.contested_accounts.add(batch.session, contested)
        reopen_settled_accounts(contested, batch)
        log.warning("account.contested", accounts=len(contested))


def reopen_settled_accounts(named: Sequence[Account], batch: UnitOfWorkBatch) -> None:
    """Reopen those of these accounts that a further customer has named since."""
    keys = {(each.tenant, each.account_id) for each in named}
    settled = [
        each
        for each in store.contested_accounts.get_all_for_update(batch.session, keys)
        if each.is_settled
    ]
    customers = store.contested_accounts.count_customers(batch.session, settled)
    updated = [reopen_if_new_customer(each, customers[each.key]) for each in settled]
    store.contested_accounts.put(batch.session, updated)


def on_state_changed(messages: Sequence[OrderStateChanged], batch: UnitOfWorkBatch) -> None:
    """Store the states of the orders, unless later ones are stored."""
    received = zip(messages, batch.units, strict=True)
    store.upsert_published_states(
        batch.session,
        [
            published_state_from_message(message, work.tenant, work.published_at, work.sequence)
            for message, work in received
        ],
    )


def on_hold_or_resume(message: ServiceHeld | ServiceResumed, work: UnitOfWork) -> None:
    """Store that a plan was held, or resumed, for orders of a version without published states."""
    store.add_hold_event(
        work.session,
        hold_event_from_message(message, work.cause.id, work.tenant, work.published_at),
    )


def on_assigned(messages: Sequence[ResourcesAssigned], batch: UnitOfWorkBatch) -> None:
    """Store what resources has reserved by the first request of each order.

    What a later step reserves may be released again: it is shown once the services are completed.
    """
    received = zip(messages, batch.units, strict=True)
    assignments = [
        assignment_from_message(message, work.tenant)
        for message, work in received
        if message.request_id == FIRST_REQUEST
    ]
    store.add_assignments(batch.session, assignments)


def on_service_completed(messages: Sequence[ServiceCompleted], batch: UnitOfWorkBatch) -> None:
    """Store the services that run in the network, and those that have ended."""
    changes = [
        (
            is_removed(change),
            service_from_message(change, message.order_id, work.tenant, work.published_at),
        )
        for message, work in zip(messages, batch.units, strict=True)
        for change in message.services
    ]
    running = latest_versions(service for ended, service in changes if not ended)
    store.upsert_services(batch.session, running)
    store.end_services(batch.session, [service for ended, service in changes if ended])


def on_completed(messages: Sequence[OrderCompleted], batch: UnitOfWorkBatch) -> None:
    """Store that the orders ended, the new products, and the disconnected ones."""
    on_ended(messages, batch)
    changes = [
        (
            is_removed(change),
            product_from_message(message, change, work.tenant, work.published_at),
        )
        for message, work in zip(messages, batch.units, strict=True)
        for change in message.products
    ]
    held = latest_versions(product for ended, product in changes if not ended)
    store.upsert_products(batch.session, held)
    store.end_products(batch.session, [product for ended, product in changes if ended])


def on_ended(messages: Sequence[OrderEndedMessage], batch: UnitOfWorkBatch) -> None:
    """Store how the orders ended.

    Raises:
        PoisonError: if one has ended in another state before.
    """
    received = zip(messages, batch.units, strict=True)
    results = [
        outcome_from_message(message, work.tenant, work.published_at) for message, work in received
    ]
    if store.add_order_outcomes(batch.session, results) < len(results):
        order_ids = [each.order_id for each in results]
        check_same_final_state(store.find_final_states(batch.session, order_ids), results)


def repeat_published_erasure(message: PartyErased, work: UnitOfWork) -> None:
    """Repeat an erasure that was published before the database was restored."""
    erased = erased_party_from_message(message, work.tenant, work.published_at, work.cause.id)
    store.erase_party(work.session, erased)
    work.record_change(PARTY_KIND, erased.party_id, "known", "erased", reason=TAKEN_OVER_REASON)


SUBSCRIPTIONS = index_subscriptions(
    on_batch(OrderQueued, on_accepted_or_queued),
    on_batch(OrderAccepted, on_accepted_or_queued),
    on_batch(OrderStateChanged, on_state_changed),
    on_batch(OrderCompleted, on_completed),
    on_batch(OrderFailed, on_ended),
    on_batch(OrderRejected, on_ended),
    on_batch(ResourcesAssigned, on_assigned),
    on_batch(ServiceCompleted, on_service_completed),
    on(ServiceHeld, on_hold_or_resume),
    on(ServiceResumed, on_hold_or_resume),
    *erasure_subscriptions(),
)

TAKEOVER = Takeover(
    index_subscriptions(*access_grant_subscriptions(), on(PartyErased, repeat_published_erasure))
)
"""Grants and erasures are restored as they were published, without person and reason. All other
messages are consumed again, and restore no data of erased persons."""
