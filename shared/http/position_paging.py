"""Paging by position: for tables that number their rows and list them oldest first."""

from typing import Annotated

from fastapi import Query

from shared.input.numbers import IS_DIGITS

MAX_POSITION = 2**63 - 1
"""The highest position that a table can have."""

AfterPosition = Annotated[
    int, Query(ge=0, le=MAX_POSITION, description="Only positions beyond this."), IS_DIGITS
]
PositionLimit = Annotated[int, Query(ge=1, le=100), IS_DIGITS]
"""How many rows of a list paged by position to show."""
