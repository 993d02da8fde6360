"""A tenant's own versions of a shared entry leave the products of earlier ones as they are."""

from dataclasses import replace

from services.order.domain.catalogue.catalogue import (
    Catalogue,
    Eligibility,
    LifeCycle,
    find_version,
)
from services.order.domain.catalogue.publication import Publication, publish
from services.order.domain.catalogue.tenant_catalogue import overlay
from tests.order.builders import CATALOGUE, a_fibre

SHARED = CATALOGUE.sellable_offerings["ftth-300"]
DEARER = replace(SHARED, version=SHARED.version + 1, prices=())


def test_earlier_shared_versions_stay_and_later_ones_are_replaced() -> None:
    later = replace(SHARED, version=5, name="From a release")
    shared = Catalogue.of(CATALOGUE.specifications, (*CATALOGUE.offerings, later))

    catalogue = overlay(shared, Catalogue.of((), (DEARER,)))

    versions = [each.version for each in catalogue.offerings if each.id == SHARED.id]
    assert versions == [SHARED.version, DEARER.version]
    assert catalogue.sellable_offerings[SHARED.id] == DEARER


def test_a_tenant_that_prepares_a_draft_sells_the_shared_version_on() -> None:
    draft = replace(DEARER, state=LifeCycle.DRAFT)

    catalogue = overlay(CATALOGUE, Catalogue.of((), (draft,)))

    assert catalogue.sellable_offerings[SHARED.id] == SHARED


def test_a_product_of_the_shared_version_keeps_its_price() -> None:
    catalogue = overlay(CATALOGUE, Catalogue.of((), (DEARER,)))
    product = a_fibre()

    found = find_version(catalogue.offerings, SHARED.id, product.content.catalogue_version)

    assert found == SHARED


def test_a_version_is_retired_although_the_catalogue_has_moved_on() -> None:
    moved_on = replace(CATALOGUE.active_specifications["ftth"], version=9, characteristics=())
    old = replace(SHARED, version=3, eligibility=Eligibility(channels=("pigeon",)))
    own = Catalogue.of((moved_on,), (old,))
    retired = replace(old, state=LifeCycle.RETIRED)

    assert publish(CATALOGUE, own, Publication(offerings=(retired,))) == (retired,)
