"""The form in which texts are compared: texts that people read as equal are equal.

Texts are stored and shown as they were sent. Searches and comparisons apply `comparable`
to both sides.
"""

import unicodedata
from functools import lru_cache

INVISIBLE_CATEGORY = "Cf"
"""The category of invisible characters: marks of direction, joiners, soft hyphens."""


def comparable(text: str) -> str:
    """Return a text in NFKC, case-folded, without invisible characters and outer spaces.

    Full width and half width, composed and decomposed, capital and small letters become
    the same.
    """
    if text.isascii():
        return text.strip().casefold()
    visible = "".join(each for each in text if unicodedata.category(each) != INVISIBLE_CATEGORY)
    folded = unicodedata.normalize("NFKC", visible).casefold()
    return unicodedata.normalize("NFKC", folded).strip()


@lru_cache(maxsize=1024)
def comparable_word(text: str) -> str:
    """Return the comparable form of a word of a vocabulary: also without spaces and dashes."""
    return "".join(each for each in comparable(text) if each not in " -_")
