"""What the demonstration posts, decided beforehand: the same for the same number of orders."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

from deploy.jiangsu.addresses import NO_FREE_PORT, UNSERVED
from deploy.jiangsu.model import Address
from deploy.jiangsu.province import Province
from services.console.demo.stories import End, Place, Product, Story, Twist, mix

HOUSEHOLD = 40
"""The most orders that one exchange is asked to serve for a story about its OLT."""

SHARES_EXTERNAL_ID = frozenset(
    {Twist.SAME_EXTERNAL_ID, Twist.SAME_KEY, Twist.OTHER_UNDER_EXTERNAL_ID}
)
SHARES_KEY = frozenset({Twist.SAME_KEY, Twist.OTHER_UNDER_KEY})


@dataclass(frozen=True, slots=True)
class Planned:
    """One post."""

    number: int
    """Its place in the plan, from 1."""

    story: Story
    address: Address
    """Where it is about."""

    earlier: "Planned | None" = None
    """The post that it comes back to."""

    @property
    def root(self) -> "Planned":
        """The post whose customer this is about."""
        return self.earlier or self

    @property
    def external_id(self) -> str:
        """The CRM's number of the order."""
        is_own = self.story.twist not in SHARES_EXTERNAL_ID
        return f"DEMO-{self.number if is_own else self.root.number:05}"

    @property
    def key(self) -> str:
        """The post's Idempotency-Key."""
        is_own = self.story.twist not in SHARES_KEY
        return f"demo-{self.number if is_own else self.root.number:05}"

    @property
    def customer_id(self) -> str:
        """The CRM's number of the customer."""
        return f"C-{self.root.address.local_network}-{self.root.number:05}"


@dataclass(frozen=True, slots=True)
class Plan:
    """All posts, in their order, and the OLTs that are to misbehave."""

    posts: tuple[Planned, ...]
    silent: frozenset[str]
    """Exchanges whose OLTs drop an answer."""

    stubborn: frozenset[str]
    """Exchanges whose OLTs refuse."""


def plan(orders: int, province: Province) -> Plan:
    """Decide what is posted where.

    Posts that stand alone come first, mixed, and go through the cities in the province's order;
    then those that come back to one of them.

    Raises:
        ValueError: if there are too few orders to tell every story.
    """
    mixed = list(mix(orders))
    ground = Ground.of(province, {story.place: count for story, count in mixed})
    alone = [(story, count) for story, count in mixed if story.stands_alone]
    first = list(spread(interleave(alone), ground))
    returning = [(story, count) for story, count in mixed if not story.stands_alone]
    then = come_back(interleave(returning), first)
    return Plan((*first, *then), ground.silent, ground.stubborn)


@dataclass(frozen=True, slots=True)
class Ground:
    """Which addresses orders of each kind are about."""

    usual: tuple[Address, ...]
    special: dict[Place, tuple[Address, ...]]
    silent: frozenset[str]
    stubborn: frozenset[str]

    @classmethod
    def of(cls, province: Province, counts: dict[Place, int]) -> "Ground":
        """Set exchanges of the first city apart for OLTs that misbehave."""
        ids = [each.id for each in province.exchanges]
        needed = -(-counts[Place.SILENT] // HOUSEHOLD), -(-counts[Place.STUBBORN] // HOUSEHOLD)
        # Not the very first one: the named addresses are there.
        silent = frozenset(ids[1 : 1 + needed[0]])
        stubborn = frozenset(ids[1 + needed[0] : 1 + sum(needed)])
        orderable = list(province.orderable())
        known = {address.id: address for address in province.addresses}
        return cls(
            tuple(each for each in orderable if each.exchange_id not in silent | stubborn),
            {
                Place.SILENT: tuple(each for each in orderable if each.exchange_id in silent),
                Place.STUBBORN: tuple(each for each in orderable if each.exchange_id in stubborn),
                Place.UNSERVED: (known[UNSERVED],),
                Place.FULL: (known[NO_FREE_PORT],),
            },
            silent,
            stubborn,
        )


def interleave(counted: Sequence[tuple[Story, int]]) -> list[Story]:
    """Mix kinds evenly: each comes at even distances."""
    placed = [
        ((turn + 0.5) / count, rank, story)
        for rank, (story, count) in enumerate(counted)
        for turn in range(count)
    ]
    return [story for _, _, story in sorted(placed, key=lambda each: each[:2])]


def spread(stories: Sequence[Story], ground: Ground) -> Iterator[Planned]:
    """Give each post its address: usual ones evenly over the province, in its order."""
    usual = [story for story in stories if story.place is Place.USUAL]
    step = len(ground.usual) / max(1, len(usual))
    evenly = (ground.usual[int(place * step)] for place in range(len(usual)))
    special = {place: cycle(addresses) for place, addresses in ground.special.items()}
    for number, story in enumerate(stories, start=1):
        address = next(evenly if story.place is Place.USUAL else special[story.place])
        yield Planned(number, story, address)


def come_back(stories: Sequence[Story], first: Sequence[Planned]) -> Iterator[Planned]:
    """Give each post the earlier one that it comes back to; no product is given up twice."""
    done = {product: [each for each in first if is_usual(each, product)] for product in Product}
    earlier = {
        (product, twist): cycle(done[product] if twist is Twist.DISCONNECT else done[product][::-1])
        for product in Product
        for twist in Twist
    }
    for number, story in enumerate(stories, start=len(first) + 1):
        root = next(earlier[story.product, story.twist])
        yield Planned(number, story, root.address, root)


def is_usual(planned: Planned, product: Product) -> bool:
    """Tell whether a post orders a product and nothing is special about it."""
    story = planned.story
    return story.product is product and story.place is Place.USUAL and story.end is End.COMPLETED
