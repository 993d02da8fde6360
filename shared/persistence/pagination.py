"""Pagination of selects: by offset, or after the last row of the previous page (keyset).

An offset repeats or loses rows while others arrive. Pages that continue from the keys of the
last row shown have every row that stays exactly once, at the same cost for every page.
"""

import base64
import binascii
import json
from bisect import bisect_right
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from operator import gt, lt
from typing import Any, NoReturn, TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy import FromClause, Select, Text, bindparam, func, select, true, tuple_, union
from sqlalchemy import column as sql_column
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import TableValuedAlias

from shared.errors import Fault, InvalidError
from shared.input.timestamps import read_timestamp

T = TypeVar("T")
SortKey: TypeAlias = ColumnElement[Any] | InstrumentedAttribute[Any]

KEY_READERS: dict[type, Callable[[Any], Any]] = {
    UUID: UUID,
    datetime: read_timestamp,
    int: lambda value: value if type(value) is int else int(""),
}
"""Parsers for the key of a row in a cursor, by its type; texts are used unchanged."""


TEXT_KEY: SortKey = sql_column("text", Text())
"""The key of a list in memory: its cursor holds one text."""


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a list."""

    offset: int
    count: int
    after: str = ""
    """The cursor of the last row of the previous page; empty for the first page."""

    @property
    def extended_to_start(self) -> "Window":
        """Return what to read of each of several lists, so that their merge has this part."""
        return replace(self, offset=0, count=self.offset + self.count)


def select_page(
    found: Select[Any],
    keys: Sequence[SortKey],
    window: Window,
    *,
    descending: bool = False,
) -> Select[Any]:
    """Return the select for a part of a list in the order of keys that identify each row.

    Args:
        found: the rows of the list, in no order.
        keys: the sort order; together they identify each row.
        window: the part.
        descending: whether the greatest come first.

    Raises:
        InvalidError: the cursor is not one of this list.
    """
    if window.after:
        comparison = lt if descending else gt
        last = decode_cursor(window.after, keys)
        bound = [bindparam(None, each, key.type) for key, each in zip(keys, last, strict=True)]
        found = found.where(comparison(tuple_(*keys), tuple_(*bound)))
    ordering = [key.desc() if descending else key for key in keys]
    return found.order_by(*ordering).offset(window.offset or None).limit(window.count)


def slice_list(found: Sequence[T], key: Callable[[T], str], window: Window) -> Sequence[T]:
    """Return a part of a list in memory.

    Args:
        found: the list, in the order of its keys.
        key: returns the text that identifies an entry.
        window: the part.

    Raises:
        InvalidError: the cursor is not one of this list.
    """
    if window.after:
        (last,) = decode_cursor(window.after, [TEXT_KEY])
        found = found[bisect_right(found, last, key=key) :]
    return found[window.offset : window.offset + window.count]


def select_merged_page(
    page_selects: Sequence[Select[Any]],
    keys: Sequence[SortKey],
    window: Window,
    *,
    descending: bool = False,
) -> Select[Any]:
    """Return the select for a part of several merged lists, each row once.

    An index holds rows in order for one value of its first columns. For several values, a page
    is read for each of them, instead of all their rows to sort them.

    Args:
        page_selects: selects of `window.extended_to_start` each, of the same columns.
        keys: the sort order; among the columns, under their own names.
        window: the part.
        descending: whether the greatest come first.
    """
    rows = (union(*page_selects) if len(page_selects) > 1 else page_selects[0]).subquery("merged")
    columns = [rows.c[str(key.key)] for key in keys]
    ordering = [column.desc() if descending else column for column in columns]
    return select(rows).order_by(*ordering).offset(window.offset or None).limit(window.count)


def select_lateral_page(over: FromClause, page: Select[Any]) -> Select[Any]:
    """Return the select that reads `page`, which refers to `over`, for each row of `over`."""
    rows = page.lateral("page")
    return select(*rows.c).select_from(over.join(rows, true()))


def unnest_values(
    column: SortKey, values: Collection[Any], name: str = "wanted"
) -> TableValuedAlias:
    """Return a relation whose column `value` has each of these values of `column` once."""
    bound = bindparam(None, list(dict.fromkeys(values)), ARRAY(column.type))
    named = sql_column("value", column.type)
    return func.unnest(bound).table_valued(named, name=name).render_derived()


def attributes_getter(*names: str) -> Callable[[Any], list[Any]]:
    """Return a function that returns the keys of a row: its attributes of these names."""
    return lambda row: [getattr(row, name) for name in names]


def encode_cursor(keys: Sequence[Any]) -> str:
    """Return the cursor of the row with these keys."""
    text = json.dumps(keys, default=encode_key, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def encode_key(key: object) -> str:
    """Return one key in the format of a cursor; a time in that of `read_timestamp`."""
    return key.isoformat() if isinstance(key, datetime) else str(key)


def decode_cursor(cursor: str, keys: Sequence[SortKey]) -> list[Any]:
    """Return the keys in a cursor, each of its column's type.

    Raises:
        InvalidError: they are not those of this list.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        found = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True).decode())
        if not isinstance(found, list):
            raise_bad_cursor()
        return [decode_key(key, each) for key, each in zip(keys, found, strict=True)]
    except (ValueError, binascii.Error, RecursionError) as error:
        raise_bad_cursor(error)


def decode_key(key: SortKey, value: object) -> object:
    """Return one key of a row.

    Raises:
        ValueError: it does not have the format of such a key.
    """
    expected = key.type.python_type
    if expected is not int and (not isinstance(value, str) or "\0" in value):
        msg = "not a text"
        raise ValueError(msg)
    if isinstance(value, str):
        value.encode()
    if expected in KEY_READERS:
        return KEY_READERS[expected](value)
    return expected(value) if issubclass(expected, Enum) else value


def raise_bad_cursor(error: Exception | None = None) -> NoReturn:
    """Refuse a cursor.

    Raises:
        InvalidError: always.
    """
    remedy = "take `after` from the header Link of the page before, or leave it out"
    raise InvalidError([Fault("after", "cursor", "is no cursor of this list", remedy)]) from error
