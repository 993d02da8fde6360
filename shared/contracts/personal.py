"""Personal data: marked in the contract, so that it can be found and blanked."""

from functools import lru_cache
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec

PERSONAL_MARK = {"x-personal": True}

Personal: TypeAlias = Annotated[str, msgspec.Meta(extra_json_schema=PERSONAL_MARK)]
"""Text that tells something of a person. Nothing unmarked may."""

S = TypeVar("S", bound=msgspec.Struct)


def blank_personal_data(thing: S) -> S:
    """Return a message or part with all personal data in it emptied."""
    return msgspec.structs.replace(thing, **_blanked(thing))


def _blanked(thing: msgspec.Struct) -> dict[str, Any]:
    marked = personal_fields(type(thing))
    return {
        field: "" if field in marked else _inside(value)
        for field in thing.__struct_fields__
        if (value := getattr(thing, field)) and (field in marked or _has_parts(value))
    }


def _has_parts(value: object) -> bool:
    return isinstance(value, msgspec.Struct | tuple)


def _inside(value: Any) -> Any:  # noqa: ANN401  whatever a field holds
    if isinstance(value, tuple):
        return tuple(_inside(each) for each in value)
    return blank_personal_data(value) if isinstance(value, msgspec.Struct) else value


@lru_cache(maxsize=256)
def personal_fields(kind: type[msgspec.Struct]) -> frozenset[str]:
    """Return the names of those fields of a message or part that are marked personal."""
    info = msgspec.inspect.type_info(kind)
    assert isinstance(info, msgspec.inspect.StructType)
    return frozenset(field.name for field in info.fields if _is_marked(field.type))


@lru_cache(maxsize=256)
def has_personal_fields(kind: type[msgspec.Struct]) -> bool:
    """Tell whether a message, or any part of it, has personal fields."""
    return any(
        mark in msgspec.json.encode(msgspec.json.schema(kind)).decode() for mark in PERSONAL_MARK
    )


def _is_marked(kind: msgspec.inspect.Type) -> bool:
    return isinstance(kind, msgspec.inspect.Metadata) and kind.extra_json_schema == PERSONAL_MARK
