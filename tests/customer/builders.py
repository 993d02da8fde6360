"""Messages about one customer's orders, with defaults that a test may override."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from services.customer import store
from services.customer.commands.customers import require_customer
from services.customer.domain.unified_view.view import UnifiedView, build_unified_view
from shared.access.access_rule import DataScope
from shared.contracts import (
    MEANT_BY,
    Action,
    CompletedService,
    Customer,
    Held,
    HeldProduct,
    ItemHoldings,
    OrderAccepted,
    OrderCompleted,
    OrderedItem,
    OrderFailed,
    OrderState,
    OrderStateChanged,
    PublishedItemState,
    ResourcesAssigned,
    ServiceCompleted,
)
from shared.persistence.database import Sessions
from tests.callers import CLIENT

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ZHANG = "zhang-wei"
TENANT = "jiangsu"


def order_id(n: int) -> UUID:
    """Return the id of the n-th order: later ones are greater."""
    return UUID(int=(0xA000 + n) << 64)


def product_id(n: int) -> UUID:
    return uuid5(order_id(n), "product/1")


def service_id(n: int) -> UUID:
    return uuid5(order_id(n), "service/1")


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def a_customer(**differences: Any) -> Customer:
    usual: dict[str, Any] = {
        "id": ZHANG,
        "account_id": "acc-1",
        "name": "张伟",
        "phone": "13851234567",
        "email": "zhang@example.cn",
        "identity_number": "320102199003078515",
    }
    return Customer(**(usual | differences))


def an_item(n: int, action: Action = Action.ADD, of: int | None = None) -> OrderedItem:
    """Return the only item of the n-th order, about the product of order `of`."""
    return OrderedItem(
        id="1",
        action=action,
        business_action=MEANT_BY[action].value,
        offering_id="voice-basic",
        offering_name="Voice",
        specification="voice",
        catalogue_version=1,
        product_id=product_id(of or n),
        service_id=service_id(of or n),
        monthly_cents=2000,
    )


def accepted(n: int, customer: Customer | None = None, **differences: Any) -> OrderAccepted:
    usual: dict[str, Any] = {
        "order_id": order_id(n),
        "client": CLIENT,
        "customer": customer or a_customer(),
        "items": (an_item(n),),
        "external_id": f"CRM-{n}",
        "monthly_cents": 2000,
        "publishes_states": True,
    }
    return OrderAccepted(**(usual | differences))


def held(number: str = "+862583100001") -> tuple[Held, ...]:
    return (
        Held(kind="number", value=number),
        Held(kind="pair", value="MDF-1/7", element="msan-1"),
    )


def assigned(n: int, number: str = "+862583100001", of: int | None = None) -> ResourcesAssigned:
    holdings = ItemHoldings(item_id="1", service_id=service_id(of or n), held=held(number))
    return ResourcesAssigned(order_id=order_id(n), items=(holdings,))


def service_completed(
    n: int,
    number: str = "+862583100001",
    action: Action = Action.ADD,
    of: int | None = None,
) -> ServiceCompleted:
    service = CompletedService(
        item_id="1",
        action=action,
        product_id=product_id(of or n),
        service_id=service_id(of or n),
        specification="voice",
        blueprint_version=1,
        held=held(number),
    )
    return ServiceCompleted(order_id=order_id(n), services=(service,))


def completed(
    n: int,
    number: str = "+862583100001",
    action: Action = Action.ADD,
    of: int | None = None,
    **differences: Any,
) -> OrderCompleted:
    usual: dict[str, Any] = {
        "item_id": "1",
        "action": action,
        "product_id": product_id(of or n),
        "service_id": service_id(of or n),
        "offering_id": "voice-basic",
        "name": "Voice",
        "number": number,
        "monthly_cents": 2000,
    }
    product = HeldProduct(**(usual | differences))
    return OrderCompleted(order_id=order_id(n), customer_id=ZHANG, products=(product,))


def order_failed(n: int) -> OrderFailed:
    return OrderFailed(
        order_id=order_id(n), customer_id=ZHANG, code="none-free", reason="no pair is free"
    )


def state_changed(
    n: int, state: OrderState = OrderState.IN_PROGRESS, **differences: Any
) -> OrderStateChanged:
    usual: dict[str, Any] = {
        "order_id": order_id(n),
        "customer_id": ZHANG,
        "items": (PublishedItemState(id="1", state=state),),
    }
    return OrderStateChanged(state=state, **(usual | differences))


def order_held(n: int, step: str = "jumper") -> OrderStateChanged:
    return state_changed(n, OrderState.HELD, step=step, code="unreachable", reason="no answer")


def the_view(sessions: Sessions, client: str | None = None) -> UnifiedView:
    """Return the view of the customer."""
    with sessions() as session:
        data_scope = DataScope(TENANT, client)
        party = require_customer(store.find_party(session, data_scope, ZHANG), ZHANG)
        return build_unified_view(store.get_customer_facts(session, data_scope, party, 100))
