"""Parameters of the unified view of a customer."""

from typing import Annotated, TypeAlias

from fastapi import Query

from shared.input.numbers import IS_DIGITS

MAX_LIST_LENGTH = 100

ListLimit: TypeAlias = Annotated[
    int, Query(ge=1, le=MAX_LIST_LENGTH, description="Most entries of each list."), IS_DIGITS
]
