"""Faults found by pydantic and msgspec have plain texts with a remedy."""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import pytest
from msgspec import Meta, Struct
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core._pydantic_core import list_all_errors

from shared.input.fault_texts import (
    CUSTOM_ERROR_TYPES,
    INNER,
    PATH_SUFFIX,
    msgspec_fault_text,
    pydantic_fault_text,
)

JARGON = re.compile(
    r"input|valid|expected|instance|parse|parsing|python|keyword|argument|extract|hashable|"
    r"callable|attribute|deque|tuple|mapping|dataclass|regex|`|\{\w+\}",
    re.IGNORECASE,
)
SECRET = "13812345678"  # noqa: S105  a number that must not come back


@pytest.mark.parametrize("error", list_all_errors(), ids=lambda each: each["type"])
def test_no_error_of_pydantic_keeps_its_own_words(error: dict[str, Any]) -> None:
    original = error["example_message_python"]
    context = error["example_context"] or {}

    words = pydantic_fault_text({"type": error["type"], "msg": original, "ctx": context})

    assert words.reason
    assert words.remedy
    if error["type"] not in CUSTOM_ERROR_TYPES:
        assert words.reason != original
        assert not JARGON.search(words.reason), words
        assert not JARGON.search(words.remedy.removesuffix(str(context.get("expected")))), words


class Colour(Enum):
    """A closed list."""

    RED = "red"


class Row(Struct, forbid_unknown_fields=True):
    """A struct with a field."""

    name: str


class One(Struct, tag=True):
    """One kind."""


class Two(Struct, tag=True):
    """Another kind."""


def read(kind: Any) -> Callable[[Any], Any]:
    return lambda value: msgspec.json.decode(msgspec.json.encode(value), type=kind)


MSGSPEC: list[tuple[Any, Any]] = [
    *((kind, []) for kind in (str, int, float, bool, dict, None, UUID, bytes, Decimal)),
    *((kind, []) for kind in (datetime, date, time, timedelta, Row, Colour)),
    *((kind, SECRET) for kind in (list[int], set[int], tuple[int, ...], int | None, float | None)),
    *((kind, SECRET) for kind in (datetime, date, time, timedelta, UUID, Colour, Literal["a"])),
    *((Row, {}), (Row, {"name": "", SECRET: 1}), (Row, {"name": 1}), (Row, [])),
    *((One | Two, {"type": SECRET}), (One | Two, {})),
    *((Annotated[int, bound], 5) for bound in (Meta(gt=9), Meta(le=1), Meta(multiple_of=3))),
    *((Annotated[str, Meta(min_length=99)], SECRET), (Annotated[str, Meta(pattern="x")], SECRET)),
    (Annotated[list[int], Meta(max_length=0)], [1]),
    (Annotated[dict[str, int], Meta(max_length=0)], {"a": 1}),
    (Annotated[datetime, Meta(tz=True)], "2026-01-31T12:00:00"),
    (Annotated[datetime, Meta(tz=False)], "2026-01-31T12:00:00Z"),
    *((bytes, "?"), (Decimal, "x")),
]


@pytest.mark.parametrize(("kind", "value"), MSGSPEC, ids=str)
def test_no_error_of_msgspec_keeps_its_own_words(kind: Any, value: Any) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        read(kind)(value)

    words = msgspec_fault_text(str(caught.value))

    assert words != INNER, caught.value
    assert SECRET not in " ".join(words)
    assert not JARGON.search(" ".join(words)), words


@pytest.mark.parametrize("text", [b"{", b"[1,]", b"\xff"])
def test_what_is_no_json_is_called_so(text: bytes) -> None:
    with pytest.raises(msgspec.DecodeError) as caught:
        msgspec.json.decode(text)

    assert msgspec_fault_text(str(caught.value)).reason in {"is no JSON", "is no text"}


def test_the_place_that_msgspec_names_is_read() -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        read(list[Row])([{"name": 1}])

    found = PATH_SUFFIX.search(str(caught.value))

    assert found
    assert found["path"] == "[0].name"


def test_the_remedy_names_the_allowed_values_and_nothing_repeats_the_sent_one() -> None:
    class Strict(BaseModel):
        model_config = ConfigDict(strict=True)
        state: Literal["held", "failed"]

    with pytest.raises(ValidationError) as caught:
        Strict.model_validate({"state": SECRET})

    words = pydantic_fault_text(dict(caught.value.errors()[0]))

    assert words == ("is none of the values that are known here", "give 'held' or 'failed'")
