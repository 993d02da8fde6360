"""Offerings compared with blueprints: every gap has a remedy."""

from typing import Any

from services.console.catalogue import find_gaps

FIBRE = {"id": "ftth-300", "isBundle": False, "productSpecification": {"id": "ftth"}}
BUNDLE = {"id": "home-300", "isBundle": True}
SPECIFICATION = {"id": "ftth"}


def a_blueprint(action: str, specification: str = "ftth") -> Any:
    """Return a blueprint as provisioning lists it."""
    return {"blueprint": {"specification": specification, "business_action": action}}


BOTH = [a_blueprint("new"), a_blueprint("disconnect")]


def test_what_can_be_delivered_and_disconnected_has_no_gap() -> None:
    assert list(find_gaps([FIBRE, BUNDLE], [SPECIFICATION], BOTH)) == []


def test_an_offering_without_a_blueprint_is_named_with_the_remedy() -> None:
    (gap,) = find_gaps([FIBRE], [SPECIFICATION], [a_blueprint("disconnect")])

    assert gap.what == "offering ftth-300"
    assert "ftth/new" in gap.message
    assert "POST /ops/v1/blueprints" in gap.remedy


def test_what_can_never_be_disconnected_is_named_sold_or_not() -> None:
    for offerings in ([FIBRE], []):
        (gap,) = find_gaps(offerings, [SPECIFICATION], [a_blueprint("new")])

        assert gap.what == "specification ftth"
        assert "ftth/disconnect" in gap.message


def test_a_blueprint_of_what_is_not_in_the_catalogue_is_named() -> None:
    (gap,) = find_gaps([], [], BOTH)

    assert gap.what == "specification ftth"
    assert "POST /ops/v1/catalogue" in gap.remedy
