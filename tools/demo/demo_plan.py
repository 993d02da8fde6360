"""What the demonstration posts, decided beforehand: the same for the same number of orders."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

from tools.demo.scenarios import (
    AddressKind,
    DemoProduct,
    PostOutcome,
    Scenario,
    Variation,
    counts_by_scenario,
)
from tools.province.addresses import NO_FREE_PORT, UNSERVED
from tools.province.build import Province
from tools.province.model import Address

ORDERS_PER_EXCHANGE = 40
"""The most orders that one exchange is asked to serve for a scenario about its OLT."""

SHARES_EXTERNAL_ID = frozenset(
    {Variation.SAME_EXTERNAL_ID, Variation.SAME_KEY, Variation.OTHER_UNDER_EXTERNAL_ID}
)
SHARES_KEY = frozenset({Variation.SAME_KEY, Variation.OTHER_UNDER_KEY})


@dataclass(frozen=True, slots=True)
class PlannedPost:
    """One post."""

    number: int
    """Its place in the plan, from 1."""

    scenario: Scenario
    address: Address
    """Where it is about."""

    earlier: "PlannedPost | None" = None
    """The post that it comes back to."""

    @property
    def original(self) -> "PlannedPost":
        """The post whose customer this is about."""
        return self.earlier or self

    @property
    def external_id(self) -> str:
        """The CRM's number of the order."""
        is_own = self.scenario.variation not in SHARES_EXTERNAL_ID
        return f"DEMO-{self.number if is_own else self.original.number:05}"

    @property
    def key(self) -> str:
        """The post's Idempotency-Key."""
        is_own = self.scenario.variation not in SHARES_KEY
        return f"demo-{self.number if is_own else self.original.number:05}"

    @property
    def customer_id(self) -> str:
        """The CRM's number of the customer."""
        return f"C-{self.original.address.local_network}-{self.original.number:05}"


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """All posts, in their order, and the OLTs that are to misbehave."""

    posts: tuple[PlannedPost, ...]
    dropping: frozenset[str]
    """Exchanges whose OLTs drop an answer."""

    refusing: frozenset[str]
    """Exchanges whose OLTs refuse."""


def make_plan(orders: int, province: Province) -> DemoPlan:
    """Decide what is posted where.

    Posts that stand alone come first, mixed, and go through the cities in the province's order;
    then those that come back to one of them.

    Raises:
        ValueError: if there are too few orders to tell every scenario.
    """
    mixed = list(counts_by_scenario(orders))
    ground = AddressPools.of(province, {scenario.address_kind: count for scenario, count in mixed})
    alone = [(scenario, count) for scenario, count in mixed if scenario.stands_alone]
    first = list(assign_addresses(interleave(alone), ground))
    returning = [(scenario, count) for scenario, count in mixed if not scenario.stands_alone]
    then = refer_to_earlier_posts(interleave(returning), first)
    return DemoPlan((*first, *then), ground.dropping, ground.refusing)


@dataclass(frozen=True, slots=True)
class AddressPools:
    """Which addresses orders of each kind are about."""

    usual: tuple[Address, ...]
    special: dict[AddressKind, tuple[Address, ...]]
    dropping: frozenset[str]
    refusing: frozenset[str]

    @classmethod
    def of(cls, province: Province, counts: dict[AddressKind, int]) -> "AddressPools":
        """Set exchanges of the first city apart for OLTs that misbehave."""
        ids = [each.id for each in province.exchanges]
        needed = (
            -(-counts[AddressKind.DROPPING_OLT] // ORDERS_PER_EXCHANGE),
            -(-counts[AddressKind.REFUSING_OLT] // ORDERS_PER_EXCHANGE),
        )
        # Not the very first one: the named addresses are there.
        dropping = frozenset(ids[1 : 1 + needed[0]])
        refusing = frozenset(ids[1 + needed[0] : 1 + sum(needed)])
        orderable = list(province.orderable())
        known = {address.id: address for address in province.addresses}
        return cls(
            tuple(each for each in orderable if each.exchange_id not in dropping | refusing),
            {
                AddressKind.DROPPING_OLT: tuple(
                    each for each in orderable if each.exchange_id in dropping
                ),
                AddressKind.REFUSING_OLT: tuple(
                    each for each in orderable if each.exchange_id in refusing
                ),
                AddressKind.UNSERVED: (known[UNSERVED],),
                AddressKind.FULL: (known[NO_FREE_PORT],),
            },
            dropping,
            refusing,
        )


def interleave(counted: Sequence[tuple[Scenario, int]]) -> list[Scenario]:
    """Mix kinds evenly: each comes at even distances."""
    placed = [
        ((turn + 0.5) / count, rank, scenario)
        for rank, (scenario, count) in enumerate(counted)
        for turn in range(count)
    ]
    return [scenario for _, _, scenario in sorted(placed, key=lambda each: each[:2])]


def assign_addresses(scenarios: Sequence[Scenario], ground: AddressPools) -> Iterator[PlannedPost]:
    """Give each post its address: usual ones evenly over the province, in its order."""
    usual = [scenario for scenario in scenarios if scenario.address_kind is AddressKind.USUAL]
    step = len(ground.usual) / max(1, len(usual))
    evenly = (ground.usual[int(place * step)] for place in range(len(usual)))
    special = {place: cycle(addresses) for place, addresses in ground.special.items()}
    for number, scenario in enumerate(scenarios, start=1):
        address = next(
            evenly if scenario.address_kind is AddressKind.USUAL else special[scenario.address_kind]
        )
        yield PlannedPost(number, scenario, address)


def refer_to_earlier_posts(
    scenarios: Sequence[Scenario], first: Sequence[PlannedPost]
) -> Iterator[PlannedPost]:
    """Give each post the earlier one that it comes back to; no product is given up twice."""
    done = {
        product: [each for each in first if is_plain_order(each, product)]
        for product in DemoProduct
    }
    earlier = {
        (product, variation): cycle(
            done[product] if variation is Variation.DISCONNECT else done[product][::-1]
        )
        for product in DemoProduct
        for variation in Variation
    }
    for number, scenario in enumerate(scenarios, start=len(first) + 1):
        original = next(earlier[scenario.product, scenario.variation])
        yield PlannedPost(number, scenario, original.address, original)


def is_plain_order(planned: PlannedPost, product: DemoProduct) -> bool:
    """Tell whether a post orders a product and nothing is special about it."""
    scenario = planned.scenario
    return (
        scenario.product is product
        and scenario.address_kind is AddressKind.USUAL
        and scenario.outcome is PostOutcome.COMPLETED
    )
