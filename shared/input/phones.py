"""The form in which phone numbers are compared: E.164, by the numbering library."""

import unicodedata

import phonenumbers

from shared.input.text_comparison import comparable

HOME_REGION = "CN"
"""The region of a number without a country code."""

SEPARATORS = frozenset({"Zs", "Pd", "Ps", "Pe", "Po"})
"""Unicode categories of separators between digits: spaces, dashes, brackets, dots."""


def phone_key(text: str) -> str:
    """Return the form that all spellings of a phone number share.

    It is E.164 if the library can parse a number, of any country; else it is the text
    without separators. Full width digits and invisible marks make no difference.
    """
    plain = comparable(text)
    parsed = parse_phone(plain)
    if parsed is None:
        return "".join(each for each in plain if unicodedata.category(each) not in SEPARATORS)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def parse_phone(plain: str) -> phonenumbers.PhoneNumber | None:
    """Return the phone number that a text denotes, if it does."""
    try:
        return phonenumbers.parse(plain, HOME_REGION)
    except phonenumbers.NumberParseException:
        return None
