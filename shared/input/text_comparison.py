"""Texts as they are compared: what people take for the same is the same.

Texts are kept and shown as they were sent. What is searched or compared goes through
`comparable`, on both sides.
"""

import unicodedata
from functools import lru_cache

INVISIBLE_CATEGORY = "Cf"
"""The category of characters that are not seen: marks of direction, joiners, soft hyphens."""


def comparable(text: str) -> str:
    """Return a text in NFKC, case-folded, without invisible characters and outer spaces.

    Full width and half width, composed and decomposed, capital and small letters are
    the same in it.
    """
    if text.isascii():
        return text.strip().casefold()
    seen = "".join(each for each in text if unicodedata.category(each) != INVISIBLE_CATEGORY)
    folded = unicodedata.normalize("NFKC", seen).casefold()
    return unicodedata.normalize("NFKC", folded).strip()


@lru_cache(maxsize=1024)
def comparable_word(text: str) -> str:
    """Return a word of a vocabulary as it is compared: also without spaces and dashes."""
    return "".join(each for each in comparable(text) if each not in " -_")
