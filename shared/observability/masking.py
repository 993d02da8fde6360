"""Masking of personal data before they reach a log.

First by key: every value under `phone` or `token` is masked. Then by pattern: numbers,
e-mail addresses and tokens inside any other text. A masked value is replaced by a
pseudonym, the same for the same value and key, so that a customer's case can be followed
through the logs without revealing the customer.
"""

import hmac
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

PERSONAL_WORDS = frozenset(
    {
        *("phone", "mobile", "telephone", "msisdn", "e164"),
        *("identity", "identitynumber", "idnumber", "idcard", "passport"),
        *("iccid", "imsi", "imei", "loid", "email", "mail", "address", "name", "surname"),
        *("token", "jwt", "authorization", "bearer", "cookie", "password", "secret", "credentials"),
    }
)
"""A value is masked if one of its key's words, or all of them joined, is one of these."""

WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")

UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![0-9a-fA-F])"
INSTANT = r"[0-9]{4}(?:-[0-9]{2}){2}T[0-9]{2}(?::[0-9]{2}){2}(?:\.[0-9]{1,9})?"
PERSONAL_PATTERN = re.compile(
    rf"""
    (?P<harmless> {UUID} | {INSTANT} )
    | [Bb]earer \s+ \S+
    | eyJ[\w-]+ (?: \.[\w-]* ){{1,4}}                   # a JSON Web Token
    | (?<=://) [^\s/@:]+ : [^\s/@]+ (?=@)                # user and password in a URL
    | [\w.+-]+ @ [\w-]+ (?: \.[\w-]+ )+                  # an e-mail address
    | \+ \d (?: [ -]? \d ){{6,14}} (?!\d)                # a number as E.164 writes it
    | (?<!\d) 1[3-9]\d [ -]? \d{{4}} [ -]? \d{{4}} (?!\d)     # a mobile number
    | (?<!\d) 0\d{{2,3}} [ )-]* \d{{7,8}} (?!\d)          # a fixed one with its area code
    | (?<!\d) \d{{6}} [ -]? \d{{8}} [ -]? \d{{3}}[\dXx] (?!\d)  # an identity number
    | (?<!\d) \d{{11,}} (?!\d)                           # ICCID, IMSI, any 11 digits or more
    """,
    re.VERBOSE,
)
"""Ids and times come first, because they may contain such digits and are harmless.

`\\d` is intended: a telephone number in full-width digits is masked as well.
"""

SPACING = str.maketrans("", "", " -()")

HEX_TO_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
"""A pseudonym has no digits: some would match the pattern, and be masked again."""

MIN_PERSONAL_LENGTH = 5
"""No shorter text can match the pattern."""

MIN_PHONE_NUMBER = 10**10
"""Whole numbers from this one on may be telephone numbers."""


class Mask:
    """Replaces personal values by pseudonyms under one secret key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __call__(self, _: object, __: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """Mask the personal values of a log event (signature of a structlog processor)."""
        return {key: self.mask_by_key_and_content(key, value) for key, value in event.items()}

    def mask_by_key_and_content(self, key: object, value: object) -> object:
        """Return `value` as it may be logged under `key`."""
        if value is None or value == "" or isinstance(value, bool):
            return value
        return self.pseudonym(str(value)) if is_personal_key(str(key)) else self.masked_value(value)

    def masked_value(self, value: object) -> object:
        """Return `value` with everything masked that matches the pattern."""
        match value:
            case None | bool() | float():
                return value
            case int():
                return value if abs(value) < MIN_PHONE_NUMBER else self.masked_text(str(value))
            case str():
                return self.masked_text(value)
            case Mapping():
                return {
                    self.masked_text(str(key)): self.mask_by_key_and_content(key, each)
                    for key, each in value.items()
                }
            case list() | tuple() | set() | frozenset():
                return [self.masked_value(each) for each in value]
            case _:
                return self.masked_text(str(value))

    def masked_text(self, text: str) -> str:
        """Return a text with everything that matches the pattern replaced by pseudonyms."""
        return (
            text if len(text) < MIN_PERSONAL_LENGTH else PERSONAL_PATTERN.sub(self._replace, text)
        )

    def pseudonym(self, value: str) -> str:
        """Return the pseudonym of a value: the same for the same value, and irreversible.

        Spacing is ignored: 138 1234 5678 is 13812345678.
        """
        bare = value.translate(SPACING).encode(errors="replace")
        digest = hmac.digest(self._key, bare, "sha256").hex()[:12]
        return f"<{digest.translate(HEX_TO_LETTERS)}>"

    def _replace(self, found: re.Match[str]) -> str:
        return found[0] if found["harmless"] else self.pseudonym(found[0])


def looks_personal(text: str) -> bool:
    """Tell whether a part of a text matches the pattern of personal data."""
    return any(not found["harmless"] for found in PERSONAL_PATTERN.finditer(text))


@lru_cache(maxsize=4096)
def is_personal_key(key: str) -> bool:
    """Tell whether all values under this key are personal."""
    words = [word.lower() for word in WORDS.findall(key)]
    return not PERSONAL_WORDS.isdisjoint(words) or "".join(words) in PERSONAL_WORDS
