"""The bench's cases of products, with some orders each, and the checks of their results."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from services.console.errors import CommandError
from tools.bench import product_cases
from tools.bench.cases import BenchSystem
from tools.bench.orders import SPEEDS, InstalledProduct, bundle_members
from tools.bench.product_checks import check_element, check_products, offering_faults

NUMBER = 10
HELD = "SELECT held FROM services WHERE id = %s"
HOLD = "UPDATE services SET held = %s WHERE id = %s"


@pytest.fixture(scope="module")
def fibre(measured_site: BenchSystem) -> list[InstalledProduct]:
    """Products that are there before they are changed."""
    return product_cases.install_fibre(measured_site, NUMBER)


@contextmanager
def second_holder(
    system: BenchSystem, of: InstalledProduct, holder: InstalledProduct
) -> Iterator[None]:
    """Enter in the inventory that a second service holds what one has, until the block ends."""
    url = system.record.databases["provisioning"].replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        held = [connection.execute(HELD, [each.service_id]).fetchone() for each in (of, holder)]
        assert all(held)
        first, own = (each[0] for each in held if each)
        connection.execute(HOLD, [first, holder.service_id])
        yield
        connection.execute(HOLD, [own, holder.service_id])


def test_products_are_changed_to_the_other_speed_and_in_the_next_round_back(
    measured_site: BenchSystem, fibre: list[InstalledProduct]
) -> None:
    before = {each.id: each.offering_id for each in fibre}

    figures = product_cases.measure_change(measured_site, NUMBER)
    changed = {each.id: each.offering_id for each in measured_site.fibre_products[:NUMBER]}
    product_cases.measure_change(measured_site, NUMBER)

    assert figures["orders_per_s"] > 0
    assert changed.keys() == before.keys()
    assert {(before[id_], changed[id_]) for id_ in before} == {("ftth-300", "ftth-1000")}
    again = {each.id: each.offering_id for each in measured_site.fibre_products[:NUMBER]}
    assert again == before


def test_products_that_are_there_are_not_installed_again(
    measured_site: BenchSystem, fibre: list[InstalledProduct]
) -> None:
    completed = measured_site.completions.count()

    found = product_cases.install_fibre(measured_site, NUMBER)

    assert [each.id for each in found] == [each.id for each in fibre]
    assert measured_site.completions.count() == completed


def test_mobile_plans_get_a_number_a_card_and_a_subscriber_each(
    measured_site: BenchSystem,
) -> None:
    figures = product_cases.measure_mobile(measured_site, NUMBER)

    assert figures["cpu_ms_provisioning"] > 0


def test_a_bundle_of_ten_items_makes_ten_products(measured_site: BenchSystem) -> None:
    completed = measured_site.completions.count()

    product_cases.measure_bundle(measured_site, 3)

    assert len(bundle_members()) == 10
    assert measured_site.completions.count() == completed + 3


def test_products_that_are_too_few_or_in_another_state_are_named(
    measured_site: BenchSystem, fibre: list[InstalledProduct]
) -> None:
    with pytest.raises(CommandError, match=rf"{NUMBER} products of ftth-300, not {NUMBER + 1}"):
        check_products(measured_site, fibre, {"ftth-300": NUMBER + 1})
    with pytest.raises(CommandError, match=rf"{NUMBER} products are active, not suspended"):
        check_products(measured_site, fibre, {"ftth-300": NUMBER}, status="suspended")


def test_offerings_that_were_not_ordered_are_named() -> None:
    assert list(offering_faults([], {"plan-20": 0})) == []
    assert list(offering_faults([], {"plan-20": 2})) == ["0 products of plan-20, not 2"]


def test_a_line_with_two_holders_is_found(
    measured_site: BenchSystem, fibre: list[InstalledProduct]
) -> None:
    first, second = fibre[:2]

    with (
        second_holder(measured_site, first, second),
        pytest.raises(CommandError, match="3 numbers, lines or cards have two holders"),
    ):
        check_products(measured_site, fibre, {"ftth-300": NUMBER})

    check_products(measured_site, fibre, {"ftth-300": NUMBER})


def test_services_that_an_element_lacks_or_has_otherwise_are_counted(
    measured_site: BenchSystem, fibre: list[InstalledProduct]
) -> None:
    check_element(measured_site, fibre, "aaa", {"speed_mbps": SPEEDS["ftth-300"]})

    with pytest.raises(CommandError, match=f"{NUMBER} services are not on hss"):
        check_element(measured_site, fibre, "hss")
    with pytest.raises(CommandError, match=f"{NUMBER} services have another speed_mbps on aaa"):
        check_element(measured_site, fibre, "aaa", {"speed_mbps": SPEEDS["ftth-1000"]})
