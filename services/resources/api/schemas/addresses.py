"""Parameters of the search for addresses."""

from typing import Annotated, TypeAlias

from fastapi import Query

from services.resources.domain.plant.address_search import MAX_SEARCH_LENGTH

SearchText: TypeAlias = Annotated[
    str, Query(max_length=MAX_SEARCH_LENGTH, description="Any part of it.")
]
