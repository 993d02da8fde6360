"""Telephone numbers as text: validation, area code, kind, and search patterns.

The numbering plans are those of the phonenumbers library; HOME is the country of ours.
"""

import re
from itertools import chain
from typing import NamedTuple

import phonenumbers

from shared.errors import Fault, InvalidError

E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
HOME = "CN"
"""The country whose numbering plan the exchanges have (ISO 3166-1)."""

COUNTRY_CODE = phonenumbers.country_code_for_region(HOME)
TRUNK_PREFIX = phonenumbers.ndd_prefix_for_region(HOME, strip_non_digits=True) or ""
"""What an area code begins with when it is dialled within the country: `0`."""

BLOCK_SIZE = 1000
"""A numbering plan never ends within a block of this many numbers."""

KINDS = {
    phonenumbers.PhoneNumberType.FIXED_LINE: "fixed",
    phonenumbers.PhoneNumberType.MOBILE: "mobile",
    phonenumbers.PhoneNumberType.TOLL_FREE: "toll-free",
    phonenumbers.PhoneNumberType.SHARED_COST: "shared-cost",
}

PATTERN = re.compile(
    r"(?P<head>\+[0-9]{1,15})\*?|\*(?P<tail>[0-9]{1,14})|\*(?P<middle>[0-9]{2,14})\*", re.ASCII
)


class NumberPattern(NamedTuple):
    """A pattern of numbers: one of the three parts, or none for all numbers."""

    head: str = ""
    """The first digits, with the plus sign."""

    tail: str = ""
    middle: str = ""


ANY_NUMBER = NumberPattern()


def read_e164(text: str) -> str:
    """Return a number that is written in E.164.

    Raises:
        InvalidError: if it is not.
    """
    if E164.fullmatch(text):
        return text
    fault = Fault("e164", "not-e164", "is not a number in E.164", "write it as +862580001234")
    raise InvalidError([fault])


def parse(e164: str) -> phonenumbers.PhoneNumber:
    """Return a number as the library has it; without digits if no country has it."""
    try:
        return phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return phonenumbers.PhoneNumber(country_code=0, national_number=0)


def is_valid(e164: str) -> bool:
    """Tell whether the numbering plan of its country has such a number."""
    return bool(E164.fullmatch(e164)) and phonenumbers.is_valid_number(parse(e164))


def is_valid_range(first: int, last: int) -> bool:
    """Tell whether the numbering plan has all numbers from `first` to `last`."""
    if len(str(first)) != len(str(last)):
        return False
    probes = chain((first, last), range(first - first % BLOCK_SIZE + BLOCK_SIZE, last, BLOCK_SIZE))
    return all(is_valid(f"+{each}") for each in probes)


def kind_of(e164: str) -> str:
    """Return `fixed`, `mobile`, `toll-free` (800), `shared-cost` (400) or `other`."""
    return KINDS.get(phonenumbers.number_type(parse(e164)), "other")


def is_home_country_number(e164: str) -> bool:
    """Tell whether a number belongs to the country of the exchanges."""
    return parse(e164).country_code == COUNTRY_CODE


def area_code_of(e164: str) -> str:
    """Return the area code of a number, `025`; empty where it belongs to no area."""
    number = parse(e164)
    length = phonenumbers.length_of_geographical_area_code(number)
    code = phonenumbers.national_significant_number(number)[:length]
    return TRUNK_PREFIX + code if code else ""


def read_pattern(text: str) -> NumberPattern:
    """Parse a pattern: `+8625*`, `*888` or `*66*`; an empty text means all numbers.

    Raises:
        InvalidError: if it is not a pattern.
    """
    if not text:
        return ANY_NUMBER
    found = PATTERN.fullmatch(text)
    if not found:
        remedy = "write +8625* (begins), *888 (ends) or *66* (contains, two digits at least)"
        raise InvalidError([Fault("pattern", "no-pattern", "is not a pattern of numbers", remedy)])
    return NumberPattern(**found.groupdict(default=""))
