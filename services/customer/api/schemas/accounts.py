"""Parameters of the accounts of customers."""

from typing import Annotated, TypeAlias

from fastapi import Query

from shared.input.ids import RequiredId

OwnerFilter: TypeAlias = Annotated[RequiredId, Query(alias="relatedParty.id")]
