"""A small plant and orders for tests, with defaults that a test may override.

Exchange X, in Nanjing, has ten numbers from +862580001020 on and four pairs; splitter S
has four legs. Address `fibre` is served by both, `copper` by the exchange alone.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from sqlalchemy import select

from services.resources import store
from services.resources.domain.plant.item_validation import KnownPools
from services.resources.domain.plant.plant import Address, Exchange, ItemBlock, Segment, Splitter
from services.resources.handlers import SUBSCRIPTIONS
from services.resources.tables import NumberRow, PoolItemRow
from shared.contracts import (
    Action,
    AssignmentRequested,
    Causation,
    CompletedService,
    HoldAction,
    ItemNeeds,
    Message,
    Need,
    OrderMessage,
    RefusalCode,
    ResourcesAssigned,
    ResourcesRefused,
    ServiceCompleted,
    read_envelope,
)
from shared.persistence.database import Sessions
from shared.scheduling.timer_store import TimerRow
from tests.callers import CLIENT
from tests.conftest import NOON
from tests.kernel import TENANT, consume, consume_records, published, record_of

NUMBER = Need(kind="number")
PAIR = Need(kind="pair")
FIBRE = (Need(kind="leg"), Need(kind="vlan"), Need(kind="loid"))
FIRST = "+862580001020"


def order_id(n: int) -> UUID:
    return UUID(int=(0xA000 + n) << 64)


def service_id(n: int) -> UUID:
    return uuid5(order_id(n), "service/1")


def e164(place: int) -> str:
    """Return the number at a place of the exchange's segment."""
    return f"+{int(FIRST) + place}"


def a_segment(**differences: Any) -> Segment:
    usual: dict[str, Any] = {
        "id": "seg",
        "exchange_id": "X",
        "local_network": "025",
        "first": FIRST,
        "count": 10,
    }
    return Segment(**(usual | differences))


def a_splitter(**differences: Any) -> Splitter:
    usual: dict[str, Any] = {
        "id": "S",
        "exchange_id": "X",
        "olt": "X-OLT1",
        "pon_port": "0/1/3",
        "legs": 4,
        "svlan": 101,
        "first_cvlan": 201,
    }
    return Splitter(**(usual | differences))


def an_address(id_: str = "fibre", splitter: str | None = "S", **differences: Any) -> Address:
    usual = {"text": f"南京市玄武区人民路{id_}号", "exchange_id": "X", "local_network": "025"}
    return Address(id=id_, splitter_id=splitter, **(usual | differences))


def import_plant(
    sessions: Sessions,
    *,
    segments: Sequence[Segment] = (a_segment(),),
    splitters: Sequence[Splitter] = (a_splitter(),),
    pairs: int = 4,
    tenant: str = TENANT,
) -> None:
    """Import the small plant."""
    exchange = Exchange(id="X", name="Nanjing Xuanwu", local_network="025")
    addresses = [an_address(), an_address("copper", None)]
    with sessions.begin() as session:
        store.upsert_exchanges(session, tenant, [exchange])
        store.upsert_segments(session, tenant, segments, ())
        store.upsert_splitters(session, tenant, splitters, ())
        store.upsert_addresses(session, tenant, addresses)
        block = ItemBlock(kind="pair", pool="X", first=1, count=pairs)
        known = KnownPools(store.kinds.SHIPPED, {"X": "025"}, {}, {"025"})
        store.add_blocks(session, tenant, [block], known)


def an_assignment_request(
    n: int,
    *needs: Need,
    address: str = "fibre",
    client: str = CLIENT,
    business_action: str = "",
) -> AssignmentRequested:
    """Return the n-th order's assignment request for one service, by default of a number."""
    item = ItemNeeds(
        item_id="1",
        service_id=service_id(n),
        action=HoldAction.RESERVE,
        business_action=business_action,
        address_id=address,
        needs=needs or (NUMBER,),
    )
    return AssignmentRequested(order_id=order_id(n), client=client, items=(item,))


def a_release_request(n: int, of: int) -> AssignmentRequested:
    """Return the n-th order's request to release the holdings of the service of order `of`."""
    item = ItemNeeds(item_id="1", service_id=service_id(of), action=HoldAction.PRE_RELEASE)
    return AssignmentRequested(order_id=order_id(n), client=CLIENT, items=(item,))


def completed(n: int, action: Action = Action.ADD, of: int | None = None) -> ServiceCompleted:
    """Return the message that the n-th order's service is active, or that of order `of` ended."""
    service = CompletedService(
        item_id="1",
        action=action,
        product_id=order_id(of or n),
        service_id=service_id(of or n),
        specification="voice",
        blueprint_version=1,
    )
    return ServiceCompleted(order_id=order_id(n), services=(service,))


def handle(sessions: Sessions, *messages: Message, now: datetime = NOON) -> None:
    """Handle these messages as one batch."""
    consume(sessions, SUBSCRIPTIONS, *messages, now=now)


def handle_again(sessions: Sessions, *messages: OrderMessage) -> None:
    """Handle these messages as one batch, each as a message of its own and no redelivery."""
    records = [record_of(each, Causation(uuid4(), each.key, TENANT)) for each in messages]
    consume_records(sessions, SUBSCRIPTIONS, records)


def answers_to(sessions: Sessions, n: int) -> list[ResourcesAssigned]:
    """Return all answers with resources to the n-th order."""
    return [
        each
        for each in published(sessions)
        if isinstance(each, ResourcesAssigned) and each.order_id == order_id(n)
    ]


def latest_messages(sessions: Sessions) -> dict[UUID, OrderMessage]:
    """Return the last published message of each order."""
    return {each.order_id: each for each in published(sessions) if isinstance(each, OrderMessage)}


def assigned_values(answer: Message) -> list[str]:
    """Return the values of the holdings in an answer."""
    assert isinstance(answer, ResourcesAssigned), answer
    return [held.value for item in answer.items for held in item.held]


def refusal_code(answer: Message) -> RefusalCode:
    """Return the code with which an order was refused."""
    assert isinstance(answer, ResourcesRefused), answer
    return answer.code


def states(sessions: Sessions) -> dict[str, str]:
    """Return the state of every number and item that is not free."""
    with sessions() as session:
        numbers = session.execute(select(NumberRow.e164, NumberRow.state)).all()
        items = session.execute(select(PoolItemRow.value, PoolItemRow.state)).all()
    return {name: state for name, state in (*numbers, *items) if state not in {"idle", "free"}}


def holders(sessions: Sessions) -> dict[str, tuple[UUID | None, UUID | None]]:
    """Return order and service of everything that is held."""
    number = select(NumberRow.e164, NumberRow.order_id, NumberRow.service_id)
    item = select(PoolItemRow.value, PoolItemRow.order_id, PoolItemRow.service_id)
    with sessions() as session:
        rows = [*session.execute(number), *session.execute(item)]
    return {name: (order, service) for name, order, service in rows if service}


def scheduled_messages(sessions: Sessions) -> list[tuple[datetime, Message]]:
    """Return the scheduled messages of the service, with their times."""
    with sessions() as session:
        rows = session.execute(select(TimerRow.due_at, TimerRow.body)).all()
    found = ((due_at, read_envelope(body).open()) for due_at, body in rows)
    return [(due_at, message) for due_at, message in found if message]
