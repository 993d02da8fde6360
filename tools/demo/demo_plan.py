"""The plan of all posts of the demonstration; it is the same for the same number of orders."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

from tools.demo.day import SCENARIOS, counts_by_scenario
from tools.demo.scenarios import (
    AddressKind,
    DemoProduct,
    PostOutcome,
    Scenario,
    Variation,
)
from tools.province.addresses import NO_FREE_PORT, UNSERVED
from tools.province.build import Province
from tools.province.model import Address

ORDERS_PER_EXCHANGE = 40
"""The most orders at one exchange in a scenario about its OLT."""

SHARES_EXTERNAL_ID = frozenset(
    {Variation.SAME_EXTERNAL_ID, Variation.SAME_KEY, Variation.OTHER_UNDER_EXTERNAL_ID}
)
SHARES_KEY = frozenset({Variation.SAME_KEY, Variation.OTHER_UNDER_KEY})


@dataclass(frozen=True, slots=True)
class PlannedPost:
    """One post."""

    number: int
    """Its position in the plan, from 1."""

    scenario: Scenario
    address: Address
    """The installation address."""

    earlier: "PlannedPost | None" = None
    """The earlier post that it repeats or contradicts, or whose products it changes or ends."""

    new_address: Address | None = None
    """Where it moves the products to."""

    @property
    def original(self) -> "PlannedPost":
        """The post that first named this customer."""
        return self.earlier.original if self.earlier else self

    @property
    def external_id(self) -> str:
        """The order's externalId."""
        is_own = self.scenario.variation not in SHARES_EXTERNAL_ID
        return f"DEMO-{self.number if is_own else self.original.number:05}"

    @property
    def key(self) -> str:
        """The post's Idempotency-Key."""
        is_own = self.scenario.variation not in SHARES_KEY
        return f"demo-{self.number if is_own else self.original.number:05}"

    @property
    def customer_id(self) -> str:
        """The CRM's id of the customer that it names, a new one if it transfers products."""
        is_new = self.scenario.variation is Variation.TRANSFER
        number = self.number if is_new else self.original.number
        return f"C-{self.original.address.local_network}-{number:05}"


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """All posts, in order, and the exchanges whose OLTs have faults."""

    posts: tuple[PlannedPost, ...]
    dropping: frozenset[str]
    """Exchanges whose OLTs drop answers."""

    refusing: frozenset[str]
    """Exchanges whose OLTs refuse operations."""


def make_plan(
    order_count: int, province: Province, scenarios: Sequence[Scenario] = SCENARIOS
) -> DemoPlan:
    """Return the plan: the scenario and the address of each post.

    Posts without an earlier post come first, interleaved, in the order of the province's cities;
    then the posts that refer to one of them.

    Raises:
        ValueError: there are too few orders for all scenarios.
    """
    counted = list(counts_by_scenario(order_count, scenarios))
    pools = AddressPools.of(province, {scenario.address_kind: count for scenario, count in counted})
    alone = [(scenario, count) for scenario, count in counted if scenario.stands_alone]
    first = list(posts_with_addresses(interleave(alone), pools))
    referring = [(scenario, count) for scenario, count in counted if not scenario.stands_alone]
    then = posts_referring_to_earlier(interleave(referring), first, pools.usual)
    return DemoPlan((*first, *then), pools.dropping, pools.refusing)


@dataclass(frozen=True, slots=True)
class AddressPools:
    """The addresses for orders of each kind."""

    usual: tuple[Address, ...]
    special: dict[AddressKind, tuple[Address, ...]]
    dropping: frozenset[str]
    refusing: frozenset[str]

    @classmethod
    def of(cls, province: Province, counts: dict[AddressKind, int]) -> "AddressPools":
        """Reserve exchanges of the first city for OLTs with faults."""
        ids = [each.id for each in province.exchanges]
        needed = (
            -(-counts.get(AddressKind.DROPPING_OLT, 0) // ORDERS_PER_EXCHANGE),
            -(-counts.get(AddressKind.REFUSING_OLT, 0) // ORDERS_PER_EXCHANGE),
        )
        # Not the very first one: it has the example addresses.
        dropping = frozenset(ids[1 : 1 + needed[0]])
        refusing = frozenset(ids[1 + needed[0] : 1 + sum(needed)])
        orderable_addresses = list(province.orderable_addresses())
        by_id = {address.id: address for address in province.addresses}
        return cls(
            tuple(
                each for each in orderable_addresses if each.exchange_id not in dropping | refusing
            ),
            {
                AddressKind.DROPPING_OLT: tuple(
                    each for each in orderable_addresses if each.exchange_id in dropping
                ),
                AddressKind.REFUSING_OLT: tuple(
                    each for each in orderable_addresses if each.exchange_id in refusing
                ),
                AddressKind.UNSERVED: (by_id[UNSERVED],),
                AddressKind.FULL: (by_id[NO_FREE_PORT],),
            },
            dropping,
            refusing,
        )


def interleave(counted: Sequence[tuple[Scenario, int]]) -> list[Scenario]:
    """Return all scenarios interleaved: each at even distances."""
    placed = [
        ((turn + 0.5) / count, rank, scenario)
        for rank, (scenario, count) in enumerate(counted)
        for turn in range(count)
    ]
    return [scenario for _, _, scenario in sorted(placed, key=lambda each: each[:2])]


def posts_with_addresses(
    scenarios: Sequence[Scenario], pools: AddressPools
) -> Iterator[PlannedPost]:
    """Yield the posts with their addresses; usual ones are spread evenly over the province."""
    usual = [scenario for scenario in scenarios if scenario.address_kind is AddressKind.USUAL]
    step = len(pools.usual) / max(1, len(usual))
    evenly = (pools.usual[int(position * step)] for position in range(len(usual)))
    special = {kind: cycle(addresses) for kind, addresses in pools.special.items()}
    for number, scenario in enumerate(scenarios, start=1):
        address = next(
            evenly if scenario.address_kind is AddressKind.USUAL else special[scenario.address_kind]
        )
        yield PlannedPost(number, scenario, address)


def posts_referring_to_earlier(
    scenarios: Sequence[Scenario], first: Sequence[PlannedPost], addresses: Sequence[Address]
) -> Iterator[PlannedPost]:
    """Yield the posts with the earlier posts they refer to; no product is changed or ended twice.

    A resumption refers to a suspension, and stands behind it.
    """
    originals = {
        product: [each for each in first if is_plain_order(each, product)]
        for product in DemoProduct
    }
    unchanged = {product: iter(originals[product]) for product in DemoProduct}
    repeated = {product: cycle(originals[product][::-1]) for product in DemoProduct}
    suspended: list[PlannedPost] = []
    ordered = sorted(scenarios, key=lambda each: each.variation is Variation.RESUME)
    for number, scenario in enumerate(ordered, start=len(first) + 1):
        if scenario.variation is Variation.RESUME:
            earlier = suspended.pop(0)
        else:
            source = unchanged if scenario.changes_products else repeated
            earlier = next(source[scenario.product])
        is_move = scenario.variation is Variation.MOVE
        new_address = neighbour(earlier.address, addresses) if is_move else None
        planned = PlannedPost(number, scenario, earlier.address, earlier, new_address)
        if scenario.variation is Variation.SUSPEND:
            suspended.append(planned)
        yield planned


def neighbour(address: Address, addresses: Sequence[Address]) -> Address:
    """Return another address of the same splitter: each splitter has two legs for a house."""
    others = [each for each in addresses if each.id != address.id]
    near = (each for each in others if each.splitter_id == address.splitter_id)
    return next(near, others[0])


def is_plain_order(planned: PlannedPost, product: DemoProduct) -> bool:
    """Return whether a post is a plain order for a product that completes."""
    scenario = planned.scenario
    return (
        scenario.product is product
        and scenario.address_kind is AddressKind.USUAL
        and scenario.outcome is PostOutcome.COMPLETED
    )
