"""Date-times of the input: RFC 3339 (section 5.6), with a zone, within the calendar; and days.

Nothing else in Kaitong parses a date-time, and no other form is accepted: a day without
a time, a time without a zone and digits that could count seconds are ambiguous, and a
wrong reading would go unnoticed. Where a day is meant, it is written in digits, too.
"""

import re
from datetime import UTC, date, datetime
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from shared.input.validation_errors import validation_error

DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?P<zone>[Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DAY_REMEDY = "give a day, as 2026-01-31"
REMEDY = "give a date-time with its zone, as 2026-01-31T12:00:00Z (in a URL, + is %2B)"
EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)


def read_timestamp(value: object) -> datetime:
    """Return an RFC 3339 date-time as a datetime, in the zone that it names.

    Digits beyond microseconds are dropped.

    Raises:
        PydanticCustomError: it is none, has no zone, or is outside the calendar in UTC.
    """
    if isinstance(value, datetime):
        return check_timestamp(value)
    if not isinstance(value, str):
        raise validation_error(
            code="datetime-type", reason="should be a date-time, as text", remedy=REMEDY
        )
    if DATE_TIME.fullmatch(value) is None:
        raise validation_error(
            code="datetime-parsing", reason="should be a date-time of RFC 3339", remedy=REMEDY
        )
    try:
        moment = datetime.fromisoformat(value.upper())
    except ValueError:
        raise validation_error(
            code="datetime-parsing", reason="is not in the calendar", remedy=REMEDY
        ) from None
    return check_timestamp(moment)


def check_timestamp(moment: datetime) -> datetime:
    """Return a datetime that has a zone and can be converted to UTC.

    Raises:
        PydanticCustomError: it has none, or cannot.
    """
    if moment.tzinfo is None:
        raise validation_error(
            code="timezone-aware", reason="should have a time zone", remedy=REMEDY
        )
    try:
        moment.astimezone(UTC)
    except OverflowError:
        reason = "is outside the calendar (years 0001 to 9999) in UTC"
        raise validation_error(
            code="datetime-range", reason=reason, remedy="give a later or an earlier one"
        ) from None
    return moment


IS_TIMESTAMP = {"x-form": "date-time"}
"""Marks a field in a JSON schema as one that this module reads."""

Timestamp: TypeAlias = Annotated[
    datetime, BeforeValidator(read_timestamp), Field(json_schema_extra=IS_TIMESTAMP)
]
"""A date-time in a body, a query parameter, an import or a publication."""


def read_day(value: object) -> date:
    """Return a day that is written as in RFC 3339, without a time.

    Raises:
        PydanticCustomError: it is none, or not in the calendar.
    """
    if not isinstance(value, str) or DAY.fullmatch(value) is None:
        raise validation_error(
            code="day-parsing", reason="should be a day of RFC 3339", remedy=DAY_REMEDY
        )
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise validation_error(
            code="day-parsing", reason="is not in the calendar", remedy=DAY_REMEDY
        ) from None


def parse_day(text: str) -> date | None:
    """Return the day in a text; None if it is none."""
    try:
        return read_day(text)
    except PydanticCustomError:
        return None


def parse_timestamp(text: str) -> datetime | None:
    """Return the date-time in a text; None if it is none."""
    try:
        return read_timestamp(text)
    except PydanticCustomError:
        return None


Day: TypeAlias = Annotated[date, BeforeValidator(read_day)]
"""A day in a query parameter; whose time zone it is in, the operation says."""


def in_utc(moment: datetime) -> datetime:
    """Return a datetime in UTC, even one that was stored before these rules held.

    Without a zone it counts as UTC; outside the calendar it becomes the first or last moment.
    """
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return EARLIEST if moment.year == EARLIEST.year else LATEST


def repaired_timestamp(stored: datetime | None) -> datetime | None:
    """Return a stored datetime unchanged, or in UTC if it breaks these rules."""
    if stored is None:
        return None
    repaired = in_utc(stored)
    return stored if stored.tzinfo and stored == repaired else repaired
