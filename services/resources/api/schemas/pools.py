"""Filters of the lists of pools."""

from typing import Annotated, TypeAlias

from fastapi import Query

ExchangeName: TypeAlias = Annotated[
    str,
    Query(max_length=64, description="In any spelling; an unknown one is answered 400."),
]
