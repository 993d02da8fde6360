"""Place an order: accept it, or return the submission that it repeats."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeAlias
from uuid import UUID

from msgspec.structs import replace as replace_field
from sqlalchemy.orm import Session

from services.order import store
from services.order.domain.acceptance.acceptance import accept
from services.order.domain.acceptance.base_products import related_specifications
from services.order.domain.acceptance.order_header import (
    category_from_orders,
    customer_id_if_category_open,
    customer_id_of,
)
from services.order.domain.acceptance.request import AcceptanceContext, RequestedOrder
from services.order.domain.acceptance.submission import (
    Submission,
    SubmissionKeys,
    find_repeated_submission,
    new_repetitions,
)
from services.order.domain.acceptance.takeover import order_record
from services.order.domain.catalogue.catalogue import Catalogue
from services.order.domain.fulfilment.product import Product
from services.order.domain.fulfilment.progress import Progress, initial_changes
from services.order.domain.order import Order
from shared.access.access_rule import DataScope
from shared.contracts import Causation
from shared.errors import DomainError
from shared.messaging.unit_of_work import UnitOfWork
from shared.recovery.troubles import check_not_recovering

RenderAnswer: TypeAlias = Callable[[Order, Progress], bytes]
"""Returns the body of the response to a new order; the API passes it in."""


class PlaceOrderCommand(NamedTuple):
    """One POST: the requested order, its client, and the keys under which it may be repeated."""

    keys: SubmissionKeys
    order: RequestedOrder
    fingerprint: bytes
    data_scope: DataScope
    """The products that it may change."""


def preload(session: Session, commands: Sequence[PlaceOrderCommand]) -> None:
    """Read what these commands need, with one select for each kind."""
    store.submissions.preload(session, [each.keys for each in commands])
    store.catalogue.preload(session, {each.keys.tenant for each in commands})
    store.products.preload_with_related(
        session, [id_ for each in commands for id_ in each.order.product_ids]
    )


def accept_or_replay(
    command: PlaceOrderCommand, render: RenderAnswer, work: UnitOfWork
) -> Submission:
    """Accept an order, or find the submission that it repeats; return the submission.

    Raises:
        DomainError: if the order has faults.
        UnavailableError: if it names a product that a restored database may still lack.
    """
    keys = command.keys
    earlier = find_repeated_submission(
        *store.submissions.find(work.session, keys), command.fingerprint
    )
    if earlier:
        for repetition in new_repetitions(earlier, keys, work.cause.id):
            store.submissions.add_repetition(work.session, repetition)
        return earlier
    context = acceptance_context(command, work)
    catalogue = store.catalogue.get(work.session, keys.tenant)
    products = accessible_products(command, catalogue, work)
    try:
        accepted = accept(command.order, context, catalogue, products)
    except DomainError:
        if command.order.product_ids or related_specifications(command.order, catalogue):
            check_not_recovering(work.session)
        raise
    order, progress = accepted.order, accepted.progress
    submission = new_submission(keys, command.fingerprint, order, render(order, progress))
    store_order(work, order, progress, accepted.locked_products, submission)
    work.publish(replace_field(accepted.message, record=order_record(order, submission)))
    return submission


def accessible_products(
    command: PlaceOrderCommand, catalogue: Catalogue, work: UnitOfWork
) -> dict[UUID, Product]:
    """Return the products that an order concerns, as far as its client may change them.

    They are those that it names, with their bundles and dependents, and those of the customer on
    which new ones may rely, or that exclude them.
    """
    session, order = work.session, command.order
    found = store.products.find_with_related_for_update(session, order.product_ids)
    if specifications := related_specifications(order, catalogue):
        found |= store.products.find_of_party_for_update(
            session, command.keys.tenant, customer_id_of(order), specifications
        )
    return store.products.filter_accessible(session, command.data_scope, found)


def acceptance_context(command: PlaceOrderCommand, work: UnitOfWork) -> AcceptanceContext:
    """Return the context of a command. Earlier orders are read if the category is missing."""
    tenant, client = command.keys.tenant, command.keys.client
    party_id = customer_id_if_category_open(command.order)
    earlier = (
        store.orders.newest_contents(work.session, tenant, client, party_id) if party_id else ()
    )
    person = acting_person(work.cause)
    changes_products = bool(command.order.product_ids)
    return AcceptanceContext(
        work.cause.id,
        tenant,
        client,
        work.now,
        person,
        category_from_orders(earlier),
        store.blueprints.get_available(work.session, tenant) if changes_products else None,
    )


def acting_person(cause: Causation) -> str:
    """Return the person who placed an order; empty if the client itself did."""
    return "" if cause.actor == cause.client else cause.actor


def new_submission(
    keys: SubmissionKeys, fingerprint: bytes, order: Order, answer: bytes
) -> Submission:
    """Return the submission of a new order, with the response for repeated requests."""
    return Submission(
        id=order.id,
        **keys._asdict(),
        order_id=order.id,
        fingerprint=fingerprint,
        answer=answer,
    )


def store_order(
    work: UnitOfWork,
    order: Order,
    progress: Progress,
    locked: Iterable[Product],
    submission: Submission,
) -> None:
    """Store a new order, the products that it changes or ends, and the response to its client."""
    store.submissions.add(work.session, submission)
    store.orders.add(work.session, order, progress)
    store.products.put_all(work.session, changed=locked)
    for change in initial_changes(progress):
        work.record_change(change.kind, order.id, change.was, change.became, part=change.part)
