"""Official numbers of persons and organizations: their normal form and check digits.

Implemented here, since it is two sums: the available library has another licence, and
refuses resident numbers whose region its table does not have.
"""

import re
from collections.abc import Callable
from datetime import date
from enum import StrEnum

from shared.input.text_comparison import comparable, comparable_word

SEPARATORS = " -"
RESIDENT_PATTERN = re.compile(r"[1-9][0-9]{16}[0-9X]")
RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
RESIDENT_CHECKS = "10X98765432"
"""Check digits by the weighted sum modulo 11 (GB 11643-1999, ISO 7064 MOD 11-2)."""

CREDIT_CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Without I, O, S, V and Z; the index of each is its value (GB 32100-2015)."""

CREDIT_CODE_PATTERN = re.compile(rf"[0-9A-Z][0-9A-Z][0-9]{{6}}[{CREDIT_CODE_ALPHABET}]{{10}}")


class IdentityDocumentType(StrEnum):
    """Types of identity document whose numbers have a check digit."""

    RESIDENT_CARD = "residentIdentityCard"
    CREDIT_CODE = "unifiedSocialCreditCode"


DOCUMENT_NAMES = {
    **{comparable_word(each): each for each in IdentityDocumentType},
    **dict.fromkeys(
        map(comparable_word, ("居民身份证", "身份证", "resident id card", "GB 11643")),
        IdentityDocumentType.RESIDENT_CARD,
    ),
    **dict.fromkeys(
        map(comparable_word, ("统一社会信用代码", "USCC", "GB 32100")),
        IdentityDocumentType.CREDIT_CODE,
    ),
}


def normalize_identity_number(number: str) -> str:
    """Return the normal form of a number: capital letters and digits, without separators."""
    return "".join(each for each in comparable(number) if each not in SEPARATORS).upper()


def is_invalid_identity_number(kind: str, number: str) -> bool:
    """Tell whether a number is not valid for its type of document; False for unknown types."""
    document = DOCUMENT_NAMES.get(comparable_word(kind))
    return document is not None and not CHECKS[document](normalize_identity_number(number))


def is_resident_number(number: str) -> bool:
    """Tell whether a number in normal form is a resident number with a real date (GB 11643)."""
    if not RESIDENT_PATTERN.fullmatch(number) or not is_calendar_day(number[6:14]):
        return False
    digits = map(int, number[:-1])
    total = sum(digit * weight for digit, weight in zip(digits, RESIDENT_WEIGHTS, strict=True))
    return number[-1] == RESIDENT_CHECKS[total % 11]


def is_calendar_day(digits: str) -> bool:
    """Tell whether eight digits are a date."""
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True


def is_credit_code(number: str) -> bool:
    """Tell whether a number in normal form is a social credit code (GB 32100)."""
    if not CREDIT_CODE_PATTERN.fullmatch(number) or not set(number) <= set(CREDIT_CODE_ALPHABET):
        return False
    values = [CREDIT_CODE_ALPHABET.index(each) for each in number]
    total = sum(value * pow(3, place, 31) for place, value in enumerate(values[:-1]))
    return values[-1] == -total % 31


CHECKS: dict[IdentityDocumentType, Callable[[str], bool]] = {
    IdentityDocumentType.RESIDENT_CARD: is_resident_number,
    IdentityDocumentType.CREDIT_CODE: is_credit_code,
}
