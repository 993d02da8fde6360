"""Schemas of network elements: names, call limits, and maintenance."""

from datetime import datetime
from typing import Annotated, TypeAlias

from fastapi import Path
from pydantic import ConfigDict, Field

from services.provisioning.api.examples import elements as examples
from services.provisioning.domain.element import Element, put_in_maintenance, with_limits
from shared.http.schemas import BaseSchema, LongText
from shared.input.numbers import IS_NUMBER, Number

ElementPath: TypeAlias = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,127}$")]
"""The name of an element, in any spelling: an identifier, or a name of third-party equipment."""


class LimitsSchema(BaseSchema):
    """The call limits of an element."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.LIMITS]})

    concurrency: Annotated[int, Field(ge=1, le=1000), IS_NUMBER]
    """Calls under way at a time."""

    per_second: Annotated[Number, Field(ge=0, le=10_000)] = 0
    """Calls started per second; 0 for no limit."""

    def apply_to(self, element: Element, by: str, now: datetime) -> Element:
        """Return the element with these limits."""
        return with_limits(element, self.concurrency, self.per_second, by, now)


class MaintenanceSchema(BaseSchema):
    """Why an element is in maintenance."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.MAINTENANCE]})

    reason: Annotated[LongText, Field(min_length=1)]

    def apply_to(self, element: Element, by: str, now: datetime) -> Element:
        """Return the element in maintenance."""
        return put_in_maintenance(element, self.reason, by, now)
