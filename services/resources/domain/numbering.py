"""Telephone numbers as text: what is one, and which of them a pattern means."""

import re
from itertools import chain
from typing import NamedTuple

import phonenumbers

from shared.errors import Fault, InvalidError

E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
BLOCK = 1000
"""A numbering plan never ends within a block of so many numbers."""

KINDS = {
    phonenumbers.PhoneNumberType.FIXED_LINE: "fixed",
    phonenumbers.PhoneNumberType.MOBILE: "mobile",
}

PATTERN = re.compile(
    r"(?P<head>\+[0-9]{1,15})\*?|\*(?P<tail>[0-9]{1,14})|\*(?P<middle>[0-9]{2,14})\*", re.ASCII
)


class Pattern(NamedTuple):
    """Which numbers are looked for; one of the three, or none for all."""

    head: str = ""
    """How they begin, with the plus sign."""

    tail: str = ""
    middle: str = ""


ANY = Pattern()


def read_e164(text: str) -> str:
    """Return a number that is written as E.164 wants it.

    Raises:
        InvalidError: if it is written otherwise.
    """
    if E164.fullmatch(text):
        return text
    fault = Fault("e164", "not-e164", "is not a number in E.164", "write it as +862580001234")
    raise InvalidError([fault])


def is_valid(e164: str) -> bool:
    """Tell whether the numbering plan of its country has such a number."""
    return bool(E164.fullmatch(e164)) and phonenumbers.is_valid_number(phonenumbers.parse(e164))


def is_valid_range(first: int, last: int) -> bool:
    """Tell whether the numbering plan has all numbers from `first` to `last`."""
    if len(str(first)) != len(str(last)):
        return False
    probes = chain((first, last), range(first - first % BLOCK + BLOCK, last, BLOCK))
    return all(is_valid(f"+{each}") for each in probes)


def kind_of(e164: str) -> str:
    """Return `fixed`, `mobile` or `other`."""
    return KINDS.get(phonenumbers.number_type(phonenumbers.parse(e164)), "other")


def read_pattern(text: str) -> Pattern:
    """Return the pattern that a text writes: `+8625*`, `*8888` or `*888*`; nothing for all.

    Raises:
        InvalidError: if it writes none.
    """
    if not text:
        return ANY
    found = PATTERN.fullmatch(text)
    if not found:
        remedy = "write +8625* (begins), *8888 (ends) or *888* (contains, two digits at least)"
        raise InvalidError([Fault("pattern", "no-pattern", "is not a pattern of numbers", remedy)])
    return Pattern(**found.groupdict(default=""))
