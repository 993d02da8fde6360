"""Phone numbers as they are compared: E.164, by the numbering library."""

import unicodedata

import phonenumbers

from shared.input.text_comparison import comparable

HOME_REGION = "CN"
"""Where a number without a country code belongs."""

SEPARATORS = frozenset({"Zs", "Pd", "Ps", "Pe", "Po"})
"""Categories of what people write between digits: spaces, dashes, brackets, dots."""


def phone_key(written: str) -> str:
    """Return what all spellings of a phone number have in common.

    That is E.164 where the library reads a number, of any country; of anything else it is
    the text without what is written between digits. Full width digits and invisible marks
    make no difference.
    """
    plain = comparable(written)
    parsed = parse_phone(plain)
    if parsed is None:
        return "".join(each for each in plain if unicodedata.category(each) not in SEPARATORS)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def parse_phone(plain: str) -> phonenumbers.PhoneNumber | None:
    """Return the number that a text is, if it is one."""
    try:
        return phonenumbers.parse(plain, HOME_REGION)
    except phonenumbers.NumberParseException:
        return None
