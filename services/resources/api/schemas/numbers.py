"""Parameters of the search for numbers."""

from typing import Annotated, TypeAlias

from fastapi import Query

from shared.input.numbers import IS_DIGITS

Pattern: TypeAlias = Annotated[
    str,
    Query(max_length=64, description="`+8625*` begins, `*888` ends, `*66*` contains."),
]
GradeName: TypeAlias = Annotated[
    str, Query(max_length=64, description="A vanity grade, or `plain`; empty for all.")
]
AreaCode: TypeAlias = Annotated[
    str,
    Query(max_length=64, description="`025`; one that no exchange has is answered 400."),
]
ResultLimit: TypeAlias = Annotated[
    int, Query(ge=1, le=100, description="The most results."), IS_DIGITS
]
