"""A day in a province: which orders are posted, in which proportion, and how each ends.

`share` is how many orders of a day are of a kind: 500 in all.
"""

from collections.abc import Iterator, Sequence

from tools.demo.scenarios import (
    AddressKind,
    DemoPart,
    DemoProduct,
    PostOutcome,
    Scenario,
    Variation,
)


def completed(
    description: str, share: int, product: DemoProduct, variation: Variation = Variation.NONE
) -> Scenario:
    """Return orders that complete, and that small demonstrations leave out."""
    return Scenario(
        description=description,
        share=share,
        product=product,
        outcome=PostOutcome.COMPLETED,
        variation=variation,
        is_mandatory=False,
    )


NEW_PRODUCTS = (
    completed("fibre with a term, new", 4, DemoProduct.TERM),
    completed("telephone, new", 34, DemoProduct.TELEPHONE),
    completed("telephone with a second number, new", 6, DemoProduct.SECOND_NUMBER),
    completed("fibre with IPTV, new", 16, DemoProduct.IPTV),
    completed("fibre with IPTV and a content pack, new", 10, DemoProduct.CONTENT_PACK),
    completed("fibre with a static IP, new", 10, DemoProduct.STATIC_IP),
    completed("leased line, new", 6, DemoProduct.LEASED_LINE),
    completed("private network with two sites, new", 4, DemoProduct.VPN),
    completed("dark fibre, rented", 4, DemoProduct.RENTAL),
    completed("prepaid cards, a batch", 4, DemoProduct.CARDS),
    completed("mobile plan, new", 30, DemoProduct.MOBILE),
    completed("mobile plan with a member card, new", 12, DemoProduct.MEMBER_CARD),
    completed("mobile plan with a data pack, new", 8, DemoProduct.DATA_PACK),
    completed("family bundle, new", 6, DemoProduct.FAMILY),
)
"""Orders for new products."""

ON_EARLIER_PRODUCTS = (
    completed("fibre, change of speed", 12, DemoProduct.FIBRE, Variation.CHANGE),
    completed("fibre, move", 8, DemoProduct.FIBRE, Variation.MOVE),
    completed("fibre, suspension", 9, DemoProduct.FIBRE, Variation.SUSPEND),
    completed("fibre, resumption", 9, DemoProduct.FIBRE, Variation.RESUME),
    completed("fibre, transfer", 4, DemoProduct.FIBRE, Variation.TRANSFER),
    completed("fibre with a term, renewal", 2, DemoProduct.TERM, Variation.RENEW),
    completed("fibre, change of payment", 4, DemoProduct.FIBRE, Variation.CHANGE_PAYMENT),
    completed("telephone, joins a bundle", 4, DemoProduct.TELEPHONE, Variation.BUNDLE_JOIN),
    completed("home bundle, left", 4, DemoProduct.HOME, Variation.BUNDLE_LEAVE),
    completed("telephone, change of number", 6, DemoProduct.TELEPHONE, Variation.CHANGE_NUMBER),
    completed("IPTV, change of quality", 4, DemoProduct.IPTV, Variation.CHANGE),
    completed("leased line, change of speed", 3, DemoProduct.LEASED_LINE, Variation.CHANGE),
    completed("mobile plan, change", 8, DemoProduct.MOBILE, Variation.CHANGE),
    completed("mobile plan, SIM swap", 6, DemoProduct.MOBILE, Variation.SIM_SWAP),
    completed("mobile plan, transfer", 4, DemoProduct.MOBILE, Variation.TRANSFER),
    completed("home bundle, disconnect", 4, DemoProduct.HOME, Variation.DISCONNECT),
    completed("fibre with IPTV, disconnect", 3, DemoProduct.IPTV, Variation.DISCONNECT),
    completed("mobile plan, disconnect", 5, DemoProduct.MOBILE, Variation.DISCONNECT),
    completed("leased line, disconnect", 1, DemoProduct.LEASED_LINE, Variation.DISCONNECT),
    completed("prepaid cards, voided", 2, DemoProduct.CARDS, Variation.DISCONNECT),
)
"""Orders for products that earlier ones of the day made."""

SCENARIOS = (
    Scenario(
        description="fibre, new", share=90, product=DemoProduct.FIBRE, outcome=PostOutcome.COMPLETED
    ),
    Scenario(
        description="telephone, number picked",
        share=30,
        product=DemoProduct.PICKED,
        outcome=PostOutcome.COMPLETED,
    ),
    Scenario(
        description="home bundle, new",
        share=36,
        product=DemoProduct.HOME,
        outcome=PostOutcome.COMPLETED,
    ),
    *NEW_PRODUCTS,
    Scenario(
        description="OLT drops its answer",
        share=14,
        product=DemoProduct.FIBRE,
        outcome=PostOutcome.COMPLETED,
        address_kind=AddressKind.DROPPING_OLT,
    ),
    Scenario(
        description="OLT refuses",
        share=4,
        product=DemoProduct.FIBRE,
        outcome=PostOutcome.FAILED,
        address_kind=AddressKind.REFUSING_OLT,
        code="port-locked",
        is_mandatory=False,
    ),
    Scenario(
        description="address without fibre",
        share=7,
        product=DemoProduct.FIBRE,
        outcome=PostOutcome.REJECTED,
        address_kind=AddressKind.UNSERVED,
        code="unserved",
    ),
    Scenario(
        description="no free port",
        share=7,
        product=DemoProduct.FIBRE,
        outcome=PostOutcome.FAILED,
        address_kind=AddressKind.FULL,
        code="none-free",
    ),
    Scenario(
        description="bad characteristic",
        share=10,
        product=DemoProduct.FIBRE,
        outcome=PostOutcome.REFUSED,
        variation=Variation.BAD_SPEED,
        status=400,
        code="invalid",
    ),
    Scenario(
        description="same externalId, same body",
        share=8,
        product=DemoProduct.FIBRE,
        outcome=PostOutcome.REPEATED,
        variation=Variation.SAME_EXTERNAL_ID,
    ),
    Scenario(
        description="same Idempotency-Key, same body",
        share=6,
        product=DemoProduct.FIBRE,
        outcome=PostOutcome.REPEATED,
        variation=Variation.SAME_KEY,
        is_mandatory=False,
    ),
    Scenario(
        description="same externalId, other body",
        share=4,
        product=DemoProduct.FIBRE,
        outcome=PostOutcome.REFUSED,
        variation=Variation.OTHER_UNDER_EXTERNAL_ID,
        status=409,
        code="external-id-taken",
    ),
    Scenario(
        description="same Idempotency-Key, other body",
        share=4,
        product=DemoProduct.FIBRE,
        outcome=PostOutcome.REFUSED,
        variation=Variation.OTHER_UNDER_KEY,
        status=422,
        code="idempotency-key-reused",
    ),
    *ON_EARLIER_PRODUCTS,
    Scenario(
        description="fibre, disconnect",
        share=14,
        product=DemoProduct.FIBRE,
        outcome=PostOutcome.COMPLETED,
        variation=Variation.DISCONNECT,
    ),
    Scenario(
        description="telephone, disconnect",
        share=10,
        product=DemoProduct.PICKED,
        outcome=PostOutcome.COMPLETED,
        variation=Variation.DISCONNECT,
    ),
)


def scenarios_of(part: DemoPart) -> tuple[Scenario, ...]:
    """Return the scenarios of a part, and the orders for new products that they refer to."""
    own = [each for each in SCENARIOS if each.part is part]
    products = {each.product for each in own if not each.stands_alone}
    return tuple(
        each
        for each in SCENARIOS
        if each.part is part or (each.part is DemoPart.NEW and each.product in products)
    )


def orders_in_a_day(scenarios: Sequence[Scenario]) -> int:
    """Return the number of orders that a day has of these scenarios."""
    return sum(each.share for each in scenarios)


def counts_by_scenario(
    order_count: int, scenarios: Sequence[Scenario] = SCENARIOS
) -> Iterator[tuple[Scenario, int]]:
    """Yield each scenario with its number of orders, in proportion to the shares.

    Every mandatory scenario gets one; the rest is distributed by largest remainder.

    Raises:
        ValueError: there are fewer orders than mandatory scenarios.
    """
    least = [int(scenario.is_mandatory) for scenario in scenarios]
    if order_count < sum(least):
        message = f"{order_count} orders are too few: the mandatory scenarios need {sum(least)}"
        raise ValueError(message)
    in_all = orders_in_a_day(scenarios)
    exact = [order_count * scenario.share / in_all for scenario in scenarios]
    counts = [max(low, int(each)) for low, each in zip(least, exact, strict=True)]
    while sum(counts) < order_count:
        counts[most_underrepresented(exact, counts)] += 1
    while sum(counts) > order_count:
        counts[largest_above_minimum(counts, least)] -= 1
    return zip(scenarios, counts, strict=True)


def most_underrepresented(exact: Sequence[float], counts: Sequence[int]) -> int:
    """Return the index of the scenario that is furthest below its exact share."""
    lacking = [each - count for each, count in zip(exact, counts, strict=True)]
    return lacking.index(max(lacking))


def largest_above_minimum(counts: Sequence[int], least: Sequence[int]) -> int:
    """Return the index of the scenario with the most orders that is above its minimum."""
    spare = [(count > low, count) for count, low in zip(counts, least, strict=True)]
    return spare.index(max(spare))
