"""Finding an address by any part of its text.

Chinese is written without spaces, so the text is indexed by every two characters that
stand together; what has all those of the words looked for is then compared itself.
"""

from shared.errors import Fault, InvalidError
from shared.input.texts import comparable

GRAM = 2
LONGEST = 100


def plain(text: str) -> str:
    """Return a text as it is compared: also without spaces."""
    return "".join(comparable(text).split())


def id_key(id_: str) -> str:
    """Return what the spellings of an address's id have in common: people type it."""
    return comparable(id_)


def grams(text: str) -> list[str]:
    """Return every two characters of a text that stand together, each once."""
    letters = plain(text)
    return sorted({letters[place : place + GRAM] for place in range(len(letters) - GRAM + 1)})


def read_search(text: str) -> str:
    """Return the part of an address that is looked for.

    Raises:
        InvalidError: if it is too short to find anything by.
    """
    letters = plain(text)
    if len(letters) < GRAM:
        remedy = f"give {GRAM} characters at least, for example a street"
        raise InvalidError([Fault("text", "too-short", "is too short to search by", remedy)])
    return letters
