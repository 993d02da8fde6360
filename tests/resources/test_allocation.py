"""Allocation: a batch has the same result as its orders one by one."""

from collections.abc import Mapping
from datetime import timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services.resources.domain.allocation.allocation import (
    Allocation,
    PickedResource,
    Stock,
    allocate,
    allocate_order,
    total_demand,
)
from services.resources.domain.allocation.assignment_request import AssignmentRequest
from services.resources.domain.allocation.requirements import (
    AllocationContext,
    OrderRequirements,
    resolve_orders,
)
from services.resources.domain.pool.kinds import ServingPlant
from services.resources.domain.pool.resource import Pool, Resource, ResourceName
from services.resources.domain.pool.states import NumberState
from services.resources.store.kinds import SHIPPED
from shared.contracts import (
    AssignmentRequested,
    HoldAction,
    ItemNeeds,
    Need,
    RefusalCode,
    ResourcesAssigned,
    ResourcesRefused,
)
from tests.callers import CLIENT
from tests.conftest import NOON
from tests.kernel import TENANT
from tests.resources.builders import (
    an_assignment_request,
    assigned_values,
    e164,
    order_id,
    service_id,
)

SITES = {
    (TENANT, "fibre"): ServingPlant("X", "025", "S"),
    (TENANT, "copper"): ServingPlant("X", "025", None),
}


def picked_name(value: str) -> ResourceName:
    """Return the name of a number that is picked from any exchange."""
    return ResourceName(TENANT, "number", "", value)


NUMBERS = Pool(TENANT, "number", "X")
needs = st.one_of(
    st.just(Need(kind="number")),
    st.just(Need(kind="leg")),
    st.just(Need(kind="pair")),
    st.integers(0, 4).map(lambda n: Need(kind="number", picked=e164(n))),
)
orders = st.lists(st.lists(needs, min_size=1, max_size=4), max_size=8).map(
    lambda needs_by_order: [
        an_assignment_request(n, *each) for n, each in enumerate(needs_by_order)
    ]
)
SHIPPED_KINDS = {(TENANT, name): kind for name, kind in SHIPPED.items()}
sizes = st.fixed_dictionaries({kind: st.integers(0, 5) for kind in ("leg", "pair")})


def resolve_all(
    orders_in_batch: list[AssignmentRequested],
) -> list[OrderRequirements | ResourcesRefused]:
    return resolve_orders(
        [AssignmentRequest(TENANT, each) for each in orders_in_batch],
        AllocationContext(SITES, (), SHIPPED_KINDS),
        answers={},
    )


def a_stock(numbers: int = 5, items: dict[str, int] | None = None) -> Stock:
    """Return a stock of numbers of one exchange, which can also be picked, and of other items."""
    free = {NUMBERS: [Resource(NUMBERS, e164(n)) for n in range(numbers)]}
    for kind, count in (items or {}).items():
        pool = Pool(TENANT, kind, "S" if kind == "leg" else "X")
        free[pool] = [Resource(pool, f"{kind}/{n}") for n in range(count)]
    picks = {
        picked_name(each.value): PickedResource(each, "025", NumberState.IDLE)
        for each in free[NUMBERS]
    }
    return Stock(free, picks, NOON)


def one_by_one(
    orders_in_batch: list[AssignmentRequested], numbers: int, items: dict[str, int]
) -> list[Allocation]:
    """Allocate to each order from what earlier ones have left."""
    allocated: set[str] = set()
    shares = []
    for requirements in resolve_all(orders_in_batch):
        stock = a_stock(numbers, items)
        left = {
            pool: [each for each in resources if each.value not in allocated]
            for pool, resources in stock.free.items()
        }
        picks = {key: each for key, each in stock.picked.items() if key.value not in allocated}
        assert isinstance(requirements, OrderRequirements)
        share = allocate_order(requirements, Stock(left, picks, NOON))
        allocated |= {change.resource.value for change in share.changes}
        shares.append(share)
    return shares


@given(orders, st.integers(0, 5), sizes)
def test_a_batch_has_the_same_result_as_its_orders_one_by_one(
    orders_in_batch: list[AssignmentRequested], numbers: int, items: dict[str, int]
) -> None:
    assert allocate(resolve_all(orders_in_batch), a_stock(numbers, items)) == one_by_one(
        orders_in_batch, numbers, items
    )


@given(orders, st.integers(0, 5), sizes)
def test_each_order_gets_all_or_nothing_and_nothing_is_allocated_twice(
    orders_in_batch: list[AssignmentRequested], numbers: int, items: dict[str, int]
) -> None:
    shares = allocate(resolve_all(orders_in_batch), a_stock(numbers, items))

    allocated = [change.resource.key for share in shares for change in share.changes]
    assert len(allocated) == len(set(allocated))
    for order, share in zip(orders_in_batch, shares, strict=True):
        if isinstance(share.answer, ResourcesAssigned):
            assert (
                len(assigned_values(share.answer))
                == len(order.items[0].needs)
                == len(share.changes)
            )
        else:
            assert not share.changes


def test_the_lowest_number_is_allocated_first() -> None:
    (share,) = allocate(resolve_all([an_assignment_request(1)]), a_stock())

    assert assigned_values(share.answer) == [e164(0)]


def test_what_a_refused_order_does_not_get_is_free_for_the_next() -> None:
    orders_in_batch = [
        an_assignment_request(1, Need(kind="number"), Need(kind="leg")),
        an_assignment_request(2),
    ]

    refused, assigned = allocate(resolve_all(orders_in_batch), a_stock(numbers=1))

    assert isinstance(refused.answer, ResourcesRefused)
    assert refused.answer.code is RefusalCode.NONE_FREE
    assert assigned_values(assigned.answer) == [e164(0)]


def test_a_picked_number_is_not_the_lowest_of_another_order_too() -> None:
    orders_in_batch = [
        an_assignment_request(1, Need(kind="number", picked=e164(0))),
        an_assignment_request(2),
    ]

    first, second = allocate(resolve_all(orders_in_batch), a_stock())

    assert (assigned_values(first.answer), assigned_values(second.answer)) == ([e164(0)], [e164(1)])


def test_a_picked_number_must_be_of_the_grade_that_was_sold() -> None:
    sold = Need(kind="number", picked=e164(0), grade="AAAA")

    (share,) = allocate(resolve_all([an_assignment_request(1, sold)]), a_stock())

    assert isinstance(share.answer, ResourcesRefused)
    assert share.answer.code is RefusalCode.NOT_AVAILABLE
    assert "grade" in share.answer.reason


def test_a_picked_number_must_belong_to_the_address_s_local_network() -> None:
    stock = a_stock()
    far = {key: each._replace(network="0512") for key, each in stock.picked.items()}
    orders_in_batch = [an_assignment_request(1, Need(kind="number", picked=e164(0)))]

    (share,) = allocate(resolve_all(orders_in_batch), Stock(stock.free, far, NOON))

    assert isinstance(share.answer, ResourcesRefused)
    assert "local network" in share.answer.reason


def test_mobile_numbers_are_picked_from_those_of_the_whole_local_network_alone() -> None:
    number = Resource(Pool(TENANT, "number", "025"), e164(0))
    mobile = {picked_name(e164(0)): PickedResource(number, "025", NumberState.IDLE)}
    need = Need(kind="number", picked=e164(0))
    mobile_need = msgspec.structs.replace(need, served_from="region")

    def is_allocated(need: Need, picked: Mapping[ResourceName, PickedResource]) -> bool:
        stock = Stock({}, picked, NOON)
        (share,) = allocate(resolve_all([an_assignment_request(1, need)]), stock)
        return isinstance(share.answer, ResourcesAssigned)

    of_exchange = a_stock().picked
    assert is_allocated(need, of_exchange)
    assert is_allocated(mobile_need, mobile)
    assert not is_allocated(need, mobile)
    assert not is_allocated(mobile_need, of_exchange)


def test_a_number_selected_by_another_client_is_free_once_its_time_is_over() -> None:
    pick = PickedResource(Resource(NUMBERS, e164(0)), "025", NumberState.SELECTED, "other", NOON)

    assert not pick.is_free_for(CLIENT, NOON - timedelta(seconds=1))
    assert pick.is_free_for("other", NOON - timedelta(seconds=1))
    assert pick.is_free_for(CLIENT, NOON)


def test_an_address_without_a_splitter_is_unserved_for_fibre_and_served_for_copper() -> None:
    fibre, copper = resolve_all(
        [
            an_assignment_request(1, Need(kind="leg"), address="copper"),
            an_assignment_request(2, Need(kind="pair"), address="copper"),
        ]
    )

    assert isinstance(fibre, ResourcesRefused)
    assert fibre.code is RefusalCode.UNSERVED
    assert isinstance(copper, OrderRequirements)


def test_all_items_of_an_order_are_refused_when_one_of_them_cannot_be_allocated() -> None:
    items = tuple(
        ItemNeeds(
            item_id=str(n),
            service_id=service_id(n),
            action=HoldAction.RESERVE,
            address_id="fibre",
            needs=(Need(kind=kind),),
        )
        for n, kind in enumerate(["number", "leg"])
    )
    orders_in_batch = AssignmentRequested(order_id=order_id(1), client=CLIENT, items=items)

    (share,) = allocate(resolve_all([orders_in_batch]), a_stock())

    assert isinstance(share.answer, ResourcesRefused)
    assert share.answer.item_id == "1"


def test_a_demand_counts_the_needs_of_each_pool_and_names_picked_numbers() -> None:
    picked = Need(kind="number", picked=e164(3))

    demand = total_demand(
        resolve_all(
            [an_assignment_request(1), an_assignment_request(2), an_assignment_request(3, picked)]
        )
    )

    assert demand.pools == {NUMBERS: 2}
    assert demand.picked == [picked_name(e164(3))]
