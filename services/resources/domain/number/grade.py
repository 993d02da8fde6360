"""Vanity grades (靓号), by the last digits of a number.

The rules are data. A rule gives the shape of the last digits: equal letters are equal
digits, different letters different digits; if steps are given, each letter's digit is that
much above the one before. The first matching rule gives the grade.
"""

from collections.abc import Iterator, Sequence
from itertools import permutations, product
from typing import TypeAlias

import msgspec

DIGITS = range(10)
PLAIN_GRADE = ""
"""The grade of a number that no rule matches."""


class GradeRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule: numbers that end in this shape have this grade."""

    grade: str
    shape: str
    steps: tuple[int, ...] = ()


GradeByEnding: TypeAlias = dict[str, str]
"""Grade by the last digits of a number, all endings of one length; the others are plain."""


def read_rules(text: bytes) -> tuple[GradeRule, ...]:
    """Return the rules in a JSON document, the most valuable first."""
    return msgspec.json.decode(text, type=tuple[GradeRule, ...])


def grade_by_ending(rules: Sequence[GradeRule]) -> GradeByEnding:
    """Return the grade of every ending that has one."""
    longest = max((len(rule.shape) for rule in rules), default=0)
    grades: GradeByEnding = {}
    for rule in reversed(rules):
        fill = longest - len(rule.shape)
        for ending, before in product(endings(rule), product("0123456789", repeat=fill)):
            grades["".join(before) + ending] = rule.grade
    return grades


def endings(rule: GradeRule) -> Iterator[str]:
    """Yield the digits that have a rule's shape."""
    letters = list(dict.fromkeys(rule.shape))
    for digits in runs(rule, len(letters)) if rule.steps else permutations(DIGITS, len(letters)):
        digit = dict(zip(letters, map(str, digits), strict=True))
        yield "".join(digit[letter] for letter in rule.shape)


def runs(rule: GradeRule, length: int) -> Iterator[tuple[int, ...]]:
    """Yield the rising and falling runs of digits of this length."""
    for step, first in product(rule.steps, DIGITS):
        run = tuple(first + step * place for place in range(length))
        if all(digit in DIGITS for digit in run):
            yield run


def grade_of(e164: str, grades: GradeByEnding) -> str:
    """Return the grade of one number."""
    length = len(next(iter(grades), ""))
    return grades.get(e164[-length:], PLAIN_GRADE) if length else PLAIN_GRADE
