"""Search for addresses by any part of their text.

Chinese has no spaces, so the text is indexed by every pair of adjacent characters; the
addresses that have all pairs of the search text are then compared in full.
"""

from shared.errors import Fault, InvalidError
from shared.input.text_comparison import comparable

GRAM_LENGTH = 2
MAX_SEARCH_LENGTH = 100


def normalize(text: str) -> str:
    """Return the comparable form of a text, without spaces."""
    return "".join(comparable(text).split())


def id_key(id_: str) -> str:
    """Return the comparable form of an address's id: people type it in any case."""
    return comparable(id_)


def grams(text: str) -> list[str]:
    """Return every pair of adjacent characters of a text, each once."""
    letters = normalize(text)
    return sorted(
        {letters[place : place + GRAM_LENGTH] for place in range(len(letters) - GRAM_LENGTH + 1)}
    )


def read_search_text(text: str) -> str:
    """Return the comparable form of a search text.

    Raises:
        InvalidError: if it is too short to search by.
    """
    letters = normalize(text)
    if len(letters) < GRAM_LENGTH:
        remedy = f"give {GRAM_LENGTH} characters at least, for example a street"
        raise InvalidError([Fault("text", "too-short", "is too short to search by", remedy)])
    return letters
