"""The kinds of orders that the demonstration posts, with the expected outcome of each.

Data only: `share` is how many of 200 orders are of the kind.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

SHARES_IN_ALL = 200
"""The total that shares refer to."""


class PostOutcome(StrEnum):
    """The possible outcomes of a post."""

    COMPLETED = "completed"
    FAILED = "failed"
    REJECTED = "rejected"
    REFUSED = "refused"
    """Not accepted: the answer was a 4xx."""

    REPEATED = "repeated"
    """The order was known already: the first answer was repeated."""


class DemoProduct(StrEnum):
    """The ordered product, by the name of its example."""

    FIBRE = "ftth-new"
    TELEPHONE = "voice-new"
    PICKED = "voice-picked"
    """A telephone with a number that was searched for and held."""

    HOME = "bundle-home"
    """Fibre and telephone in a bundle."""


class AddressKind(StrEnum):
    """The kind of installation address."""

    USUAL = "usual"
    DROPPING_OLT = "dropping-olt"
    """The OLT does its work and drops the answer."""

    REFUSING_OLT = "refusing-olt"
    """The OLT refuses."""

    UNSERVED = "unserved"
    FULL = "full"
    """The splitter has no free leg."""


class Variation(StrEnum):
    """How a post differs from a plain order."""

    NONE = ""
    BAD_SPEED = "bad-speed"
    """A characteristic has a value that the specification does not allow."""

    SAME_EXTERNAL_ID = "same-external-id"
    SAME_KEY = "same-key"
    OTHER_UNDER_EXTERNAL_ID = "other-under-external-id"
    OTHER_UNDER_KEY = "other-under-key"
    DISCONNECT = "disconnect"


ENDING = frozenset({Variation.DISCONNECT})
"""Variations that end the products of an earlier post."""

STAND_ALONE = frozenset({Variation.NONE, Variation.BAD_SPEED})
"""Variations without an earlier post; all others refer to one."""


EXAMPLES: Mapping[AddressKind | Variation, str] = {
    AddressKind.UNSERVED: "unserved-address",
    AddressKind.FULL: "no-free-port",
    Variation.BAD_SPEED: "bad-characteristic",
    Variation.DISCONNECT: "disconnect",
}
"""Examples that are not named after their product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One kind of post."""

    description: str
    share: int
    product: DemoProduct
    outcome: PostOutcome
    address_kind: AddressKind = AddressKind.USUAL
    variation: Variation = Variation.NONE
    status: int = 201
    """The HTTP status of the response."""

    code: str = ""
    """The code with which it is refused, rejected, or fails."""

    is_mandatory: bool = True
    """It is posted at least once, also with few orders."""

    @property
    def example(self) -> str:
        """The name of the example that it is made from."""
        special = EXAMPLES.get(self.address_kind) or EXAMPLES.get(self.variation)
        return special or self.product

    @property
    def ends_products(self) -> bool:
        """Return whether it ends the products of an earlier post."""
        return self.variation in ENDING

    @property
    def stands_alone(self) -> bool:
        """Return whether it needs no earlier post."""
        return self.variation in STAND_ALONE


SCENARIOS = (
    Scenario(
        description="fibre, new", share=62, product=DemoProduct.FIBRE, outcome=PostOutcome.COMPLETED
    ),
    Scenario(
        description="telephone, new",
        share=30,
        product=DemoProduct.TELEPHONE,
        outcome=PostOutcome.COMPLETED,
        is_mandatory=False,
    ),
    Scenario(
        description="telephone, number picked",
        share=16,
        product=DemoProduct.PICKED,
        outcome=PostOutcome.COMPLETED,
    ),
    Scenario(
        description="home bundle, new",
        share=24,
        product=DemoProduct.HOME,
        outcome=PostOutcome.COMPLETED,
    ),
    Scenario(
        description="OLT drops its answer",
        share=8,
        product=DemoProduct.FIBRE,
        outcome=PostOutcome.COMPLETED,
        address_kind=AddressKind.DROPPING_OLT,
    ),
    Scenario(
        description="OLT refuses",
        share=2,
        product=DemoProduct.FIBRE,
        outcome=PostOutcome.FAILED,
        address_kind=AddressKind.REFUSING_OLT,
        code="port-locked",
        is_mandatory=False,
    ),
    Scenario(
        description="address without fibre",
        share=4,
        product=DemoProduct.FIBRE,
        outcome=PostOutcome.REJECTED,
        address_kind=AddressKind.UNSERVED,
        code="unserved",
    ),
    Scenario(
        description="no free port",
        share=4,
        product=DemoProduct.FIBRE,
        outcome=PostOutcome.FAILED,
        address_kind=AddressKind.FULL,
        code="none-free",
    ),
    Scenario(
        description="bad characteristic",
        share=6,
        product=DemoProduct.FIBRE,
        outcome=PostOutcome.REFUSED,
        variation=Variation.BAD_SPEED,
        status=400,
        code="invalid",
    ),
    Scenario(
        description="same externalId, same body",
        share=4,
        product=DemoProduct.FIBRE,
        outcome=PostOutcome.REPEATED,
        variation=Variation.SAME_EXTERNAL_ID,
    ),
    Scenario(
        description="same Idempotency-Key, same body",
        share=4,
        product=DemoProduct.FIBRE,
        outcome=PostOutcome.REPEATED,
        variation=Variation.SAME_KEY,
        is_mandatory=False,
    ),
    Scenario(
        description="same externalId, other body",
        share=2,
        product=DemoProduct.FIBRE,
        outcome=PostOutcome.REFUSED,
        variation=Variation.OTHER_UNDER_EXTERNAL_ID,
        status=409,
        code="external-id-taken",
    ),
    Scenario(
        description="same Idempotency-Key, other body",
        share=2,
        product=DemoProduct.FIBRE,
        outcome=PostOutcome.REFUSED,
        variation=Variation.OTHER_UNDER_KEY,
        status=422,
        code="idempotency-key-reused",
    ),
    Scenario(
        description="fibre, disconnect",
        share=16,
        product=DemoProduct.FIBRE,
        outcome=PostOutcome.COMPLETED,
        variation=Variation.DISCONNECT,
    ),
    Scenario(
        description="telephone, disconnect",
        share=12,
        product=DemoProduct.PICKED,
        outcome=PostOutcome.COMPLETED,
        variation=Variation.DISCONNECT,
    ),
    Scenario(
        description="home bundle, disconnect",
        share=4,
        product=DemoProduct.HOME,
        outcome=PostOutcome.COMPLETED,
        variation=Variation.DISCONNECT,
        is_mandatory=False,
    ),
)


def counts_by_scenario(order_count: int) -> Iterator[tuple[Scenario, int]]:
    """Yield each scenario with its number of orders, in proportion to the shares.

    Every mandatory scenario gets one; the rest is distributed by largest remainder.

    Raises:
        ValueError: there are fewer orders than mandatory scenarios.
    """
    least = [int(scenario.is_mandatory) for scenario in SCENARIOS]
    if order_count < sum(least):
        message = f"{order_count} orders are too few: the mandatory scenarios need {sum(least)}"
        raise ValueError(message)
    exact = [order_count * scenario.share / SHARES_IN_ALL for scenario in SCENARIOS]
    counts = [max(low, int(each)) for low, each in zip(least, exact, strict=True)]
    while sum(counts) < order_count:
        counts[most_underrepresented(exact, counts)] += 1
    while sum(counts) > order_count:
        counts[largest_above_minimum(counts, least)] -= 1
    return zip(SCENARIOS, counts, strict=True)


def most_underrepresented(exact: Sequence[float], counts: Sequence[int]) -> int:
    """Return the index of the scenario that is furthest below its exact share."""
    lacking = [each - count for each, count in zip(exact, counts, strict=True)]
    return lacking.index(max(lacking))


def largest_above_minimum(counts: Sequence[int], least: Sequence[int]) -> int:
    """Return the index of the scenario with the most orders that is above its minimum."""
    spare = [(count > low, count) for count, low in zip(counts, least, strict=True)]
    return spare.index(max(spare))
