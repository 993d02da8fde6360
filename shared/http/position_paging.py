"""Lists that are walked by position: of what a table counts, and shows oldest first."""

from typing import Annotated

from fastapi import Query

from shared.input.numbers import IS_DIGITS

MAX_POSITION = 2**63 - 1
"""The last position that a table can have."""

AfterPosition = Annotated[
    int, Query(ge=0, le=MAX_POSITION, description="Only positions beyond this."), IS_DIGITS
]
PositionLimit = Annotated[int, Query(ge=1, le=100), IS_DIGITS]
"""Of a list that is walked by position: where to go on, and how many to show."""
