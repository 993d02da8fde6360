"""Vanity grades of numbers, by rules for their endings."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.resources.domain.number.grade import GradeRule, grade_by_ending, grade_of, read_rules
from services.resources.store.segments import GRADES_FILE

SHIPPED = grade_by_ending(read_rules(GRADES_FILE.read_bytes()))
AS_PATTERNS = {
    "AAAAA": re.compile(r"(\d)\1{4}$"),
    "AAAA": re.compile(r"(\d)\1{3}$"),
    "AABB": re.compile(r"(\d)\1(?!\1)(\d)\2$"),
    "ABAB": re.compile(r"(\d)(?!\1)(\d)\1\2$"),
    "AAA": re.compile(r"(\d)\1{2}$"),
}
RUNS = {"0123456789"[n : n + 4] for n in range(7)} | {"9876543210"[n : n + 4] for n in range(7)}


def by_pattern(digits: str) -> str:
    """Return the grade by regular expressions."""
    if digits[-4:] in RUNS:
        return "ABCD"
    return next((grade for grade, each in AS_PATTERNS.items() if each.search(digits)), "")


@given(st.text("0123456789", min_size=8, max_size=8))
def test_the_shipped_rules_grade_every_ending_as_patterns_would(digits: str) -> None:
    assert grade_of(f"+8625{digits}", SHIPPED) == by_pattern(digits)


@pytest.mark.parametrize(
    ("ending", "grade"),
    [
        ("88888", "AAAAA"),
        ("18888", "AAAA"),
        ("13456", "ABCD"),
        ("16543", "ABCD"),
        ("18899", "AABB"),
        ("18989", "ABAB"),
        ("12999", "AAA"),
        ("18001", ""),
    ],
)
def test_an_ending_has_the_grade_of_its_pattern(ending: str, grade: str) -> None:
    assert grade_of(f"+8625800{ending}", SHIPPED) == grade


def test_other_rules_make_other_grades() -> None:
    rules = [GradeRule("lucky", "AA"), GradeRule("unlucky", "AB", (1,))]

    assert grade_of("+862580000088", grade_by_ending(rules)) == "lucky"
    assert grade_of("+862580000034", grade_by_ending(rules)) == "unlucky"
    assert grade_of("+862580000035", grade_by_ending(rules)) == ""


def test_without_rules_every_number_is_plain() -> None:
    assert grade_of("+862580008888", grade_by_ending([])) == ""
