"""An offering names those to which its products may change."""

from dataclasses import replace

import pytest

from services.order.domain.catalogue.catalogue import Catalogue, LifeCycle, Offering
from services.order.domain.catalogue.publication import Publication, publish
from shared.errors import InvalidError
from tests.order.builders import CATALOGUE, a_body, a_fibre, an_item, faults_of, found
from tests.order.test_changes import ITEM, a_change

FIBRE = CATALOGUE.sellable_offerings["ftth-300"]
AT = f"{ITEM}/productOffering/id"


def with_versions(*versions: Offering) -> Catalogue:
    """Return the catalogue with these versions in place of the fibre's own."""
    others = [each for each in CATALOGUE.offerings if each.id != FIBRE.id]
    return Catalogue.of(CATALOGUE.specifications, (*others, *versions))


def test_a_product_changes_to_the_offerings_that_its_own_names() -> None:
    catalogue = with_versions(replace(FIBRE, upgrades_to=("ftth-500", "ftth-1000")))
    product = a_fibre()

    def faults(offering: str) -> set[tuple[str, str]]:
        body = a_change(product, productOffering={"id": offering})
        return faults_of(body, catalogue=catalogue, products=(product,))

    assert faults("ftth-1000") == set()
    assert faults("ftth-100") == {(AT, "upgrade-not-possible")}


def test_those_that_are_possible_are_named_without_those_that_are_not_sold() -> None:
    sold = with_versions(replace(FIBRE, upgrades_to=("ftth-500", "ftth-1000")))
    rest = [each for each in sold.offerings if each.id != "ftth-500"]
    catalogue = Catalogue.of(sold.specifications, rest)
    product = a_fibre()

    (fault,) = found(a_change(product, productOffering={"id": "ftth-100"}), catalogue, (product,))

    assert fault.remedy == "use one of: ftth-1000"


def test_an_offering_that_names_none_restricts_nothing() -> None:
    product = a_fibre()
    body = a_change(product, productOffering={"id": "ftth-100"})

    assert faults_of(body, products=(product,)) == set()


def test_the_version_on_sale_decides_for_products_of_earlier_ones() -> None:
    later = replace(FIBRE, version=FIBRE.version + 1, upgrades_to=("ftth-1000",))
    draft = replace(later, version=later.version + 1, state=LifeCycle.DRAFT, upgrades_to=())
    product = a_fibre()
    body = a_change(product, productOffering={"id": "ftth-100"})

    catalogue = with_versions(FIBRE, later, draft)

    assert faults_of(body, catalogue=catalogue, products=(product,)) == {
        (AT, "upgrade-not-possible")
    }


def test_an_order_for_a_retired_offering_is_refused_with_its_successor() -> None:
    retired = replace(FIBRE, state=LifeCycle.RETIRED, upgrades_to=("ftth-1000", "ftth-9000"))

    draft = replace(retired, version=9, state=LifeCycle.DRAFT, upgrades_to=())

    (fault,) = found(a_body(an_item("1", "ftth-300")), with_versions(retired, draft))

    assert (fault.field, fault.code) == (AT, "offering-not-sold")
    assert fault.remedy == "order its successor: ftth-1000"


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ("ftth-300", "self-reference"),
        ("none", "dangling"),
        ("voice-basic", "specification-mismatch"),
    ],
)
def test_an_offering_names_others_of_its_specification(other: str, code: str) -> None:
    changed = replace(FIBRE, version=9, upgrades_to=("ftth-1000", other))

    with pytest.raises(InvalidError) as caught:
        publish(CATALOGUE, CATALOGUE, Publication(offerings=(changed,)))

    assert [(each.field, each.code) for each in caught.value.faults] == [
        ("/offerings/0/upgrades_to/1", code)
    ]
