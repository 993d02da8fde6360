"""Specifications relate to others that there are, and not in a circle."""

from dataclasses import replace
from typing import Any

import pytest

from services.order.domain.catalogue.catalogue import (
    Catalogue,
    Specification,
)
from services.order.domain.catalogue.publication import Publication, publish
from shared.errors import InvalidError
from tests.order.builders import CATALOGUE

EMPTY = Catalogue.of((), ())
CABLE = Specification(id="cable", version=1, name="Cable")


@pytest.mark.parametrize(
    ("differences", "fault"),
    [
        ({"relies_on": "no-such"}, ("/specifications/0/relies_on", "dangling")),
        ({"excludes": ("ftth", "no-such")}, ("/specifications/0/excludes", "dangling")),
        ({"relies_on": "cable"}, ("/specifications/0/relies_on", "circle")),
        ({"excludes": ("cable",)}, ("/specifications/0/excludes", "self-reference")),
        ({"relies_on": "iptv"}, None),
    ],
)
def test_a_specification_relates_to_others_that_there_are(
    differences: dict[str, Any], fault: tuple[str, str] | None
) -> None:
    publication = Publication(specifications=(replace(CABLE, **differences),))
    if fault is None:
        assert publish(CATALOGUE, CATALOGUE, publication)
        return
    with pytest.raises(InvalidError) as caught:
        publish(CATALOGUE, CATALOGUE, publication)

    assert [(each.field, each.code) for each in caught.value.faults] == [fault]


def test_specifications_that_rely_on_each_other_are_refused() -> None:
    pair = tuple(
        replace(CABLE, id=id_, relies_on=other)
        for id_, other in (("cable", "socket"), ("socket", "cable"))
    )

    with pytest.raises(InvalidError) as caught:
        publish(EMPTY, EMPTY, Publication(specifications=pair))

    assert {each.code for each in caught.value.faults} == {"circle"}
