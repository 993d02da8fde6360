"""Cases of products: change of speed, mobile service, and a bundle of ten items."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from tools.bench.cases import BenchSystem, measure_saturated, post_with_crew
from tools.bench.figures import Figures
from tools.bench.load_generator import OrderRequest, post_closed_loop
from tools.bench.orders import (
    BUNDLE_CARDS,
    SPEEDS,
    InstalledProduct,
    bundle_members,
    bundle_orders,
    fibre_orders,
    mobile_orders,
    other_speed,
    speed_change,
)
from tools.bench.plant import raise_aaa_limit
from tools.bench.product_checks import check_element, check_products


def install_fibre(system: BenchSystem, number: int) -> list[InstalledProduct]:
    """Return `number` active fibre products; those that are lacking are installed first."""
    if (lacking := number - len(system.fibre_products)) > 0:
        posts = fibre_orders(system.added_plant.add_addresses(lacking))
        posting = lambda: asyncio.ensure_future(post_closed_loop(system.target, posts))  # noqa: E731
        asyncio.run(post_with_crew(system, posting))
        system.fibre_products += made_by(system, posts)
    return system.fibre_products[:number]


def made_by(system: BenchSystem, posts: Sequence[OrderRequest]) -> list[InstalledProduct]:
    """Return the products that orders have made."""
    return system.completions.products_made_by([each.key for each in posts])


def measure_change(system: BenchSystem, number: int) -> Figures:
    """Measure changes of speed, of products that were installed before."""
    raise_aaa_limit(system.operator)
    products = install_fibre(system, number)
    figures = measure_saturated(system, [speed_change(each) for each in products])
    changed = system.completions.present(products)
    system.fibre_products[:number] = changed
    check_products(system, changed, Counter(other_speed(each) for each in products))
    for offering, mbps in SPEEDS.items():
        own = (each for each in changed if each.offering_id == offering)
        check_element(system, own, "aaa", {"speed_mbps": mbps})
    return figures


def measure_mobile(system: BenchSystem, number: int) -> Figures:
    """Measure new mobile plans, each with a number, a SIM card and a subscriber."""
    system.added_plant.add_mobile(number)
    posts = mobile_orders(number)
    figures = measure_saturated(system, posts)
    products = made_by(system, posts)
    check_products(system, products, {"plan-20": number})
    check_element(system, products, "hss")
    return figures


def measure_bundle(system: BenchSystem, number: int) -> Figures:
    """Measure bundles of ten items: fixed, mobile and television in one order."""
    raise_aaa_limit(system.operator)
    system.added_plant.add_mobile(BUNDLE_CARDS * number)
    system.added_plant.add_television(number)
    posts = bundle_orders(system.added_plant.add_addresses(number))
    figures = measure_saturated(system, posts, crew=True)
    products = made_by(system, posts)
    offerings = [each["productOffering"]["id"] for each in bundle_members()]
    check_products(system, products, dict.fromkeys(offerings, number))
    check_element(system, (each for each in products if each.offering_id == "ftth-300"), "aaa")
    return figures
