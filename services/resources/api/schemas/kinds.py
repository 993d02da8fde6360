"""Schemas of kinds of resources."""

from typing import Annotated, TypeAlias

from fastapi import Body
from pydantic import ConfigDict, Field

from services.resources.api.examples import kinds as examples
from services.resources.domain.pool.kinds import (
    MAX_QUARANTINE_DAYS,
    PickedFrom,
    PoolKind,
    UniqueWithin,
)
from shared.contracts import ServedFrom
from shared.http.schemas import BaseSchema
from shared.input.numbers import IS_NUMBER

MAX_KINDS = 100

KindName: TypeAlias = Annotated[str, Field(max_length=64, examples=["pair"])]
"""The name of a kind: /ops/v1/pool-kinds lists them."""


class PoolKindSchema(BaseSchema):
    """The rules of a kind of resources."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.KIND]})

    name: KindName
    """As needs of blueprints and paths name it: words joined by hyphens."""

    description: Annotated[str, Field(max_length=200)] = ""
    """What it is, in plain words."""

    served_from: ServedFrom
    """Which pool serves an address: that of its exchange, of its splitter, of its local network
    (region), or the one pool that there is (anywhere)."""

    unique_within: UniqueWithin = UniqueWithin.POOL
    """What a value is unique within; one that is unique within its pool begins with its name."""

    picked_from: PickedFrom | None = None
    """Null if no order may name one by its value, pool if an order may."""

    quarantine_days: Annotated[int, Field(ge=0, le=MAX_QUARANTINE_DAYS), IS_NUMBER] = 0
    """How long a released resource rests before it is free."""

    def to_domain(self) -> PoolKind:
        """Map the kind to the domain."""
        return PoolKind(**self.model_dump())


PoolKindsBody: TypeAlias = Annotated[list[PoolKindSchema], Body(min_length=1, max_length=MAX_KINDS)]
