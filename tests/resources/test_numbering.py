"""Validation of numbers, and search patterns."""

import pytest

from services.resources.domain.number.numbering_plan import (
    NumberPattern,
    area_code_of,
    is_valid_range,
    kind_of,
    read_e164,
    read_pattern,
)
from services.resources.domain.number.search import NumberSearch
from shared.errors import InvalidError


def test_a_range_of_real_numbers_is_valid() -> None:
    assert is_valid_range(862580000000, 862580009999)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (8625800000000, 8625800000999),  # a digit too many
        (86258000000, 86258000999),  # a digit too few
        (862580000000, 8625800000000),  # runs over into longer numbers
        (12340000, 12340099),  # no such country and length
    ],
)
def test_a_range_with_numbers_that_no_plan_has_is_not(first: int, last: int) -> None:
    assert not is_valid_range(first, last)


def test_the_numbering_plan_says_what_a_number_is_for() -> None:
    assert kind_of("+862580001234") == "fixed"
    assert kind_of("+8613812345678") == "mobile"
    assert kind_of("+864001234567") == "shared-cost"
    assert kind_of("+868001234567") == "toll-free"


@pytest.mark.parametrize(
    "text", ["", "862580001234", "+86 25 8000 1234", "+0123456", "+\uff18\uff1625"]
)
def test_what_is_not_written_as_e164_is_refused_with_the_remedy(text: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        read_e164(text)

    assert "E.164" in refusal.value.faults[0].reason
    assert "+8625" in refusal.value.faults[0].remedy


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("", NumberPattern()),
        ("+8625*", NumberPattern(head="+8625")),
        ("+862580001234", NumberPattern(head="+862580001234")),
        ("*8888", NumberPattern(tail="8888")),
        ("*888*", NumberPattern(middle="888")),
    ],
)
def test_a_pattern_says_how_numbers_begin_end_or_what_they_contain(
    text: str, pattern: NumberPattern
) -> None:
    assert read_pattern(text) == pattern


@pytest.mark.parametrize("text", ["8888", "**", "*", "*8*", "8%8", "*88_8", "+86*25*", "*8888\n"])
def test_anything_else_is_no_pattern(text: str) -> None:
    with pytest.raises(InvalidError):
        read_pattern(text)


def test_a_pattern_open_at_both_ends_needs_an_exchange() -> None:
    with pytest.raises(InvalidError):
        NumberSearch(tenant="jiangsu", pattern=NumberPattern(middle="888"))

    assert NumberSearch(tenant="jiangsu", pattern=NumberPattern(middle="888"), exchange_id="X")


@pytest.mark.parametrize(
    ("e164", "area"),
    [
        ("+862580001234", "025"),
        ("+8651180001234", "0511"),
        ("+8613812345678", ""),
        ("+864001234567", ""),
        ("+8610086", ""),
        ("+2100000000000", ""),
    ],
)
def test_the_numbering_plan_says_to_which_area_a_number_belongs(e164: str, area: str) -> None:
    assert area_code_of(e164) == area
