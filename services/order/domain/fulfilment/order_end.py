"""The end of orders, and what it changes in the installed base."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.order.domain.fulfilment.completed_items import completed_items
from services.order.domain.fulfilment.installed_base import products_after
from services.order.domain.fulfilment.messages import (
    completed_message,
    failed_message,
    rejected_message,
    state_messages,
)
from services.order.domain.fulfilment.past_state import PastState, past_states
from services.order.domain.fulfilment.product import Product
from services.order.domain.fulfilment.product_locks import unlock_products
from services.order.domain.fulfilment.progress import (
    FulfilmentMessage,
    Progress,
    ProgressUpdate,
    advance,
    local_networks_of,
)
from services.order.domain.identity.holdings import (
    ReleasedHoldings,
    released_by_completion,
    released_by_end,
)
from services.order.domain.order import Order
from shared.contracts import ItemCompleted, Message, OrderState, ServiceCompleted


class FulfilmentUpdate(NamedTuple):
    """The result of a message that may end an order."""

    progress_update: ProgressUpdate
    created: tuple[Product, ...] = ()
    changed: tuple[Product, ...] = ()
    messages: tuple[Message, ...] = ()
    past: tuple[PastState, ...] = ()
    """What the changed products were before."""

    completed_items: tuple[ItemCompleted, ...] = ()
    """What is handed over to billing."""

    released: ReleasedHoldings | None = None
    """What no longer counts for an identity."""


def advance_order_and_products(
    order: Order,
    progress: Progress,
    products: Mapping[UUID, Product],
    message: FulfilmentMessage,
    now: datetime,
) -> FulfilmentUpdate:
    """Return an order advanced by a message, with the changes of the installed base if it ends.

    Args:
        order: the order.
        progress: its stored progress.
        products: the products that are locked for it.
        message: the message.
        now: the time of this unit of work.

    Raises:
        PoisonError: if the message is never legal for an order in this state.
    """
    update = advance(progress, message, now)
    match update.progress.state:
        case _ if not update.changes:
            return FulfilmentUpdate(update)
        case OrderState.COMPLETED:
            assert isinstance(message, ServiceCompleted)
            created, changed, unlocked = products_after(
                order, products, message.services, now, local_networks_of(update.progress)
            )
            after = (*created, *changed)
            return FulfilmentUpdate(
                update,
                created,
                (*changed, *unlocked),
                (completed_message(order, after),),
                tuple(past_states(order, products, now)),
                completed_items(order, products, after, now),
                released_by_completion(
                    order, {id_: each.content.counts_as for id_, each in products.items()}
                ),
            )
        case OrderState.REJECTED:
            return FulfilmentUpdate(
                update,
                (),
                unlock_products(order.id, products.values()),
                (rejected_message(order, update.progress),),
                released=released_by_end(order),
            )
        case OrderState.FAILED:
            return FulfilmentUpdate(
                update,
                (),
                unlock_products(order.id, products.values()),
                (failed_message(order, update.progress),),
                released=released_by_end(order),
            )
        case OrderState.CANCELLED | OrderState.PARTIAL as state:
            reason = f"nothing ends an order as {state} yet"
            raise NotImplementedError(reason)
        case _:
            return FulfilmentUpdate(update, messages=state_messages(update, message))
