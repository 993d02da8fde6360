"""Date-times are read by one rule: RFC 3339, with a zone, within the calendar."""

import ast
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.input.timestamps import EARLIEST, LATEST, Day, Timestamp, in_utc, repaired_timestamp

READ, READ_DAY = TypeAdapter(Timestamp), TypeAdapter(Day)
ALLOWED_FILES = {Path("shared/input/timestamps.py"), Path("shared/persistence/archive.py")}
"""The archive reads its own files back, in the database's form."""

OTHER_WAYS = {"fromisoformat", "strptime", "AwareDatetime", "NaiveDatetime", "utcfromtimestamp"}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31t12:00:00.5z", datetime(2026, 1, 31, 12, 0, 0, 500_000, UTC)),
        ("2026-01-31T20:00:00+08:00", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T12:00:00.123456789Z", datetime(2026, 1, 31, 12, 0, 0, 123_456, UTC)),
        ("0001-01-01T00:00:00Z", EARLIEST),
        ("9999-12-31T23:59:59.999999Z", LATEST),
    ],
)
def test_a_date_time_of_rfc_3339_is_read(written: str, expected: datetime) -> None:
    assert READ.validate_python(written) == expected


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("20270101", "datetime-parsing"),
        ("1767225600", "datetime-parsing"),
        (20270101, "datetime-type"),
        (1.5, "datetime-type"),
        (True, "datetime-type"),
        ("2026-09-01", "datetime-parsing"),
        ("2026-09-01 12:00:00Z", "datetime-parsing"),
        ("2026-09-01T12:00Z", "datetime-parsing"),
        ("20260901T120000Z", "datetime-parsing"),
        ("2026-W36-2T12:00:00Z", "datetime-parsing"),
        ("2026-09-01T12:00:00+0800", "datetime-parsing"),
        ("２０２６-09-01T12:00:00Z", "datetime-parsing"),  # noqa: RUF001  full width
        (" 2026-09-01T12:00:00Z", "datetime-parsing"),
        ("2026-09-01T12:00:00Z\n", "datetime-parsing"),
        ("2026-02-30T12:00:00Z", "datetime-parsing"),
        ("2026-09-01T25:00:00Z", "datetime-parsing"),
        ("2026-09-01T12:00:00+24:00", "datetime-parsing"),
        ("2026-12-31T23:59:60Z", "datetime-parsing"),
        ("", "datetime-parsing"),
        ("2026-09-01T12:00:00", "timezone-aware"),
        ("0001-01-01T00:00:00+08:00", "datetime-range"),
        ("9999-12-31T23:59:59-08:00", "datetime-range"),
    ],
)
def test_any_other_form_is_refused_with_a_remedy(value: object, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        READ.validate_python(value)

    (error,) = caught.value.errors()
    assert error["type"] == code
    assert error["ctx"]["remedy"]
    assert str(value) not in error["msg"] or not value


def test_a_day_is_read_as_it_is_written() -> None:
    assert READ_DAY.validate_python("2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize(
    "value", ["20260131", "1767225600", 1, "2026-02-30", "2026-01-31T12:00:00Z", "2026-1-31", ""]
)
def test_what_is_no_day_is_refused_with_a_remedy(value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        READ_DAY.validate_python(value)

    (error,) = caught.value.errors()
    assert (error["type"], "2026-01-31" in error["ctx"]["remedy"]) == ("day-parsing", True)


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        (datetime(2026, 9, 1, 8), datetime(2026, 9, 1, 8, tzinfo=UTC)),  # noqa: DTZ001  it has none
        (datetime.fromisoformat("0001-01-01T00:00:00+08:00"), EARLIEST),
        (datetime.fromisoformat("9999-12-31T23:59:59-08:00"), LATEST),
        (datetime.fromisoformat("2026-09-01T08:00:00+08:00"), datetime(2026, 9, 1, tzinfo=UTC)),
    ],
)
def test_what_was_stored_before_the_rule_can_be_shown_and_compared(
    stored: datetime, shown: datetime
) -> None:
    assert in_utc(stored) == shown
    assert repaired_timestamp(stored) == shown


def test_nothing_else_reads_a_date_time_from_text() -> None:
    elsewhere = {
        f"{path}:{node.lineno}"
        for folder in ("shared", "services", "tools")
        for path in Path(folder).rglob("*.py")
        if path not in ALLOWED_FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute | ast.Name)
        if (node.attr if isinstance(node, ast.Attribute) else node.id) in OTHER_WAYS
    }

    assert elsewhere == set()
