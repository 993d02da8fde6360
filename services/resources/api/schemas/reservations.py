"""Schemas of old reservations: their age, and the request for a release."""

from typing import Annotated, TypeAlias

from fastapi import Query
from pydantic import ConfigDict

from services.resources.api.examples import reservations as examples
from shared.http.schemas import BaseSchema, Reason
from shared.input.numbers import IS_DIGITS

MinimumAge: TypeAlias = Annotated[
    int, Query(ge=0, le=10**9, description="Age in seconds."), IS_DIGITS
]


class ReleaseSchema(BaseSchema):
    """Why a reservation is to be released."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.RELEASE]})

    reason: Reason
