"""Personal data: marked in the contract, so that it can be found and blanked."""

from functools import lru_cache
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec

PERSONAL_MARK = {"x-personal": True}

Personal: TypeAlias = Annotated[str, msgspec.Meta(extra_json_schema=PERSONAL_MARK)]
"""Text with personal data. Unmarked fields must not have any."""

S = TypeVar("S", bound=msgspec.Struct)


def with_personal_data_blanked(part: S) -> S:
    """Return a message or part with all personal data in it emptied."""
    return msgspec.structs.replace(part, **_blanked_fields(part))


def _blanked_fields(part: msgspec.Struct) -> dict[str, Any]:
    marked = personal_fields(type(part))
    return {
        field: "" if field in marked else _blanked_value(value)
        for field in part.__struct_fields__
        if (value := getattr(part, field)) and (field in marked or _has_parts(value))
    }


def _has_parts(value: object) -> bool:
    return isinstance(value, msgspec.Struct | tuple)


def _blanked_value(value: Any) -> Any:  # noqa: ANN401  whatever a field holds
    if isinstance(value, tuple):
        return tuple(_blanked_value(each) for each in value)
    return with_personal_data_blanked(value) if isinstance(value, msgspec.Struct) else value


@lru_cache(maxsize=256)
def personal_fields(kind: type[msgspec.Struct]) -> frozenset[str]:
    """Return the names of those fields of a message or part that are marked personal."""
    info = msgspec.inspect.type_info(kind)
    assert isinstance(info, msgspec.inspect.StructType)
    return frozenset(field.name for field in info.fields if _is_marked(field.type))


@lru_cache(maxsize=256)
def has_personal_fields(kind: type[msgspec.Struct]) -> bool:
    """Return whether a message, or any part of it, has personal fields."""
    return any(
        mark in msgspec.json.encode(msgspec.json.schema(kind)).decode() for mark in PERSONAL_MARK
    )


def _is_marked(kind: msgspec.inspect.Type) -> bool:
    return isinstance(kind, msgspec.inspect.Metadata) and kind.extra_json_schema == PERSONAL_MARK
