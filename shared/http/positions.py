"""Lists that are walked by position: of what a table counts, and shows oldest first."""

from typing import Annotated

from fastapi import Query

from shared.input.numbers import IS_DIGITS

HIGHEST = 2**63 - 1
"""The last position that a table can have."""

After = Annotated[
    int, Query(ge=0, le=HIGHEST, description="Only positions beyond this."), IS_DIGITS
]
Few = Annotated[int, Query(ge=1, le=100), IS_DIGITS]
"""Of a list that is walked by position: where to go on, and how many to show."""
