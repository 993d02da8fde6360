"""Finding an address by any part of its text.

Chinese is written without spaces, so the text is indexed by every two characters that
stand together; what has all those of the words looked for is then compared itself.
"""

from shared.errors import Fault, InvalidError
from shared.input.text_comparison import comparable

GRAM_LENGTH = 2
MAX_SEARCH_LENGTH = 100


def normalize(text: str) -> str:
    """Return a text as it is compared: also without spaces."""
    return "".join(comparable(text).split())


def id_key(id_: str) -> str:
    """Return what the spellings of an address's id have in common: people type it."""
    return comparable(id_)


def grams(text: str) -> list[str]:
    """Return every two characters of a text that stand together, each once."""
    letters = normalize(text)
    return sorted(
        {letters[place : place + GRAM_LENGTH] for place in range(len(letters) - GRAM_LENGTH + 1)}
    )


def read_search(text: str) -> str:
    """Return the part of an address that is looked for.

    Raises:
        InvalidError: if it is too short to find anything by.
    """
    letters = normalize(text)
    if len(letters) < GRAM_LENGTH:
        remedy = f"give {GRAM_LENGTH} characters at least, for example a street"
        raise InvalidError([Fault("text", "too-short", "is too short to search by", remedy)])
    return letters
