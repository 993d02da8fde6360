"""Sharing out: a batch comes to the same as its orders one by one."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.resources.domain.allocation.allocation import (
    Allocation,
    PickedNumber,
    Stock,
    allocate,
    allocate_order,
    total_demand,
)
from services.resources.domain.allocation.requirements import (
    AllocationContext,
    AssignmentRequest,
    OrderRequirements,
    resolve_orders,
)
from services.resources.domain.pool.resource import Pool, Resource, ResourceKind, ServingPlant
from services.resources.domain.pool.states import NumberState
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
from tests.resources.builders import an_assignment_request, e164, order_id, service_id
from tests.resources.builders import assigned_values as things

SITES = {
    (TENANT, "fibre"): ServingPlant("X", "025", "S"),
    (TENANT, "copper"): ServingPlant("X", "025", None),
}
NUMBERS = Pool(TENANT, ResourceKind.NUMBER, "X")
needs = st.one_of(
    st.just(Need(kind="number")),
    st.just(Need(kind="leg")),
    st.just(Need(kind="pair")),
    st.integers(0, 4).map(lambda n: Need(kind="number", picked=e164(n))),
)
orders = st.lists(st.lists(needs, min_size=1, max_size=4), max_size=8).map(
    lambda wants: [an_assignment_request(n, *each) for n, each in enumerate(wants)]
)
sizes = st.fixed_dictionaries(
    {kind: st.integers(0, 5) for kind in (ResourceKind.LEG, ResourceKind.PAIR)}
)


def claim_all(wanted: list[AssignmentRequested]) -> list[OrderRequirements | ResourcesRefused]:
    return resolve_orders(
        [AssignmentRequest(TENANT, each) for each in wanted], AllocationContext(SITES, ())
    )


def a_stock(numbers: int = 5, items: dict[ResourceKind, int] | None = None) -> Stock:
    """Return numbers of one exchange, each of them free to be picked too, and other things."""
    free = {NUMBERS: [Resource(NUMBERS, e164(n)) for n in range(numbers)]}
    for kind, count in (items or {}).items():
        pool = Pool(TENANT, kind, "S" if kind is ResourceKind.LEG else "X")
        free[pool] = [Resource(pool, f"{kind}/{n}") for n in range(count)]
    picks = {
        (TENANT, each.value): PickedNumber(each, "025", NumberState.IDLE) for each in free[NUMBERS]
    }
    return Stock(free, picks, NOON)


def one_by_one(
    wanted: list[AssignmentRequested], numbers: int, items: dict[ResourceKind, int]
) -> list[Allocation]:
    """Serve each order from what those before it have left."""
    gone: set[str] = set()
    shares = []
    for claim in claim_all(wanted):
        stock = a_stock(numbers, items)
        left = {
            pool: [each for each in things if each.value not in gone]
            for pool, things in stock.free.items()
        }
        picks = {key: each for key, each in stock.picked_numbers.items() if key[1] not in gone}
        assert isinstance(claim, OrderRequirements)
        share = allocate_order(claim, Stock(left, picks, NOON))
        gone |= {change.resource.value for change in share.changes}
        shares.append(share)
    return shares


@given(orders, st.integers(0, 5), sizes)
def test_a_batch_comes_to_the_same_as_its_orders_one_by_one(
    wanted: list[AssignmentRequested], numbers: int, items: dict[ResourceKind, int]
) -> None:
    assert allocate(claim_all(wanted), a_stock(numbers, items)) == one_by_one(
        wanted, numbers, items
    )


@given(orders, st.integers(0, 5), sizes)
def test_each_order_gets_all_or_nothing_and_nothing_goes_twice(
    wanted: list[AssignmentRequested], numbers: int, items: dict[ResourceKind, int]
) -> None:
    shares = allocate(claim_all(wanted), a_stock(numbers, items))

    gone = [change.resource.key for share in shares for change in share.changes]
    assert len(gone) == len(set(gone))
    for order, share in zip(wanted, shares, strict=True):
        if isinstance(share.answer, ResourcesAssigned):
            assert len(things(share.answer)) == len(order.items[0].needs) == len(share.changes)
        else:
            assert not share.changes


def test_the_lowest_goes_first() -> None:
    (share,) = allocate(claim_all([an_assignment_request(1)]), a_stock())

    assert things(share.answer) == [e164(0)]


def test_what_one_order_is_refused_is_there_for_the_next() -> None:
    wanted = [
        an_assignment_request(1, Need(kind="number"), Need(kind="leg")),
        an_assignment_request(2),
    ]

    refused, assigned = allocate(claim_all(wanted), a_stock(numbers=1))

    assert isinstance(refused.answer, ResourcesRefused)
    assert refused.answer.code is RefusalCode.NONE_FREE
    assert things(assigned.answer) == [e164(0)]


def test_a_picked_number_is_not_the_lowest_of_another_order_too() -> None:
    wanted = [
        an_assignment_request(1, Need(kind="number", picked=e164(0))),
        an_assignment_request(2),
    ]

    first, second = allocate(claim_all(wanted), a_stock())

    assert (things(first.answer), things(second.answer)) == ([e164(0)], [e164(1)])


def test_a_picked_number_must_be_of_the_grade_that_was_sold() -> None:
    sold = Need(kind="number", picked=e164(0), grade="AAAA")

    (share,) = allocate(claim_all([an_assignment_request(1, sold)]), a_stock())

    assert isinstance(share.answer, ResourcesRefused)
    assert share.answer.code is RefusalCode.NOT_AVAILABLE
    assert "grade" in share.answer.reason


def test_a_picked_number_must_belong_to_the_address_s_local_network() -> None:
    stock = a_stock()
    far = {key: each._replace(network="0512") for key, each in stock.picked_numbers.items()}
    wanted = [an_assignment_request(1, Need(kind="number", picked=e164(0)))]

    (share,) = allocate(claim_all(wanted), Stock(stock.free, far, NOON))

    assert isinstance(share.answer, ResourcesRefused)
    assert "local network" in share.answer.reason


def test_a_number_selected_by_another_client_is_free_once_its_time_is_over() -> None:
    pick = PickedNumber(Resource(NUMBERS, e164(0)), "025", NumberState.SELECTED, "other", NOON)

    assert not pick.is_free_for(CLIENT, NOON - timedelta(seconds=1))
    assert pick.is_free_for("other", NOON - timedelta(seconds=1))
    assert pick.is_free_for(CLIENT, NOON)


def test_an_address_without_a_splitter_is_unserved_for_fibre_and_served_for_copper() -> None:
    fibre, copper = claim_all(
        [
            an_assignment_request(1, Need(kind="leg"), address="copper"),
            an_assignment_request(2, Need(kind="pair"), address="copper"),
        ]
    )

    assert isinstance(fibre, ResourcesRefused)
    assert fibre.code is RefusalCode.UNSERVED
    assert isinstance(copper, OrderRequirements)


def test_all_items_of_an_order_are_refused_when_one_of_them_cannot_be_had() -> None:
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
    wanted = AssignmentRequested(order_id=order_id(1), client=CLIENT, items=items)

    (share,) = allocate(claim_all([wanted]), a_stock())

    assert isinstance(share.answer, ResourcesRefused)
    assert share.answer.item_id == "1"


def test_a_demand_counts_what_is_wanted_of_each_pool_and_names_what_was_picked() -> None:
    picked = Need(kind="number", picked=e164(3))

    asked = total_demand(
        claim_all(
            [an_assignment_request(1), an_assignment_request(2), an_assignment_request(3, picked)]
        )
    )

    assert asked.pools == {NUMBERS: 2}
    assert asked.picked == [(TENANT, e164(3))]
