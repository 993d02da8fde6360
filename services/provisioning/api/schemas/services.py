"""Parameters of the service inventory."""

from typing import Annotated, TypeAlias

from fastapi import Query

from shared.input.ids import RequiredId

CustomerFilter: TypeAlias = Annotated[RequiredId | None, Query(alias="relatedParty.id")]
