"""Parameters of the search for customers, and their mapping to search keys."""

from typing import Annotated, TypeAlias

from fastapi import Query

from services.customer.domain.parties.party import MAX_KEY_LENGTH
from shared.errors import Fault, InvalidError

SearchText: TypeAlias = Annotated[str, Query(min_length=1, max_length=MAX_KEY_LENGTH)]


def require_one(phone: str | None, name: str | None) -> None:
    """Check that exactly one of both is given.

    Raises:
        InvalidError: if not.
    """
    if (phone is None) == (name is None):
        reason = "customers are searched by a phone number or by a name"
        raise InvalidError([Fault("phone", "one-of", reason, "give one of phone and name")])


def require_key(parameter: str, key: str) -> str:
    """Return the normalized search key.

    Raises:
        InvalidError: if it is empty: it would match all customers.
    """
    if not key:
        reason = "it has no letter or digit to search by"
        remedy = "give a letter or a digit at least"
        raise InvalidError([Fault(parameter, "nothing-sought", reason, remedy)])
    return key
