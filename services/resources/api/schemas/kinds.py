"""The kind of a pool or resource, as paths, queries and answers name it."""

from typing import Annotated, TypeAlias

from pydantic import AfterValidator, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from services.resources.domain.pool.kinds import find_kind, kind_names


class KindEnumSchema:
    """Describes a kind by the names of all kinds."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return the description of a text that is one of the names."""
        return {**handler(schema), "enum": kind_names()}


def check_kind(name: str) -> str:
    """Return the name of a kind that exists.

    Raises:
        PydanticCustomError: if there is none of this name, as for any value that is not listed.
    """
    if find_kind(name) is None:
        *others, last = (f"'{each}'" for each in kind_names())
        expected = f"{', '.join(others)} or {last}"
        code, text = "enum", "Input should be {expected}"
        raise PydanticCustomError(code, text, {"expected": expected})
    return name


ShownKind: TypeAlias = Annotated[str, KindEnumSchema()]
"""Rows may be of a kind that only another version of the service knows."""

RequestedKind: TypeAlias = Annotated[str, KindEnumSchema(), AfterValidator(check_kind)]
