"""Stored and logged errors contain no value that was sent: values may be personal."""

import json
import re
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from traceback import format_exception
from typing import Any, Literal

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from deploy.local.home import CHECKOUT
from shared.contracts import OrderAccepted
from shared.errors import ConflictError
from shared.http.problems import problem_of
from shared.messaging.dispatcher import index_subscriptions, on
from shared.messaging.failures import UnreadableError, classify_read_errors, explain
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.database import Sessions, make_plain_engine
from shared.persistence.statements import CompiledStatement
from tests.kernel import consume_records, dead_letter_rows, record_of
from tests.shared.order_log import SUBSCRIPTIONS, accepted

PHONE = "13851234567"
NAME = "张伟 Zhang Wei"
PARKED = "INSERT INTO parked VALUES (:at, :who, '', 0, '', '', '', '', '', now(), NULL)"
FAILING: dict[str, tuple[str, dict[str, Any]]] = {
    "a key that is taken": (
        PARKED + ", (:at + 1, :who, '', 0, '', '', '', '', '', now(), NULL)",
        {"at": 7, "who": NAME},
    ),
    "a row that breaks a rule": ("INSERT INTO parked (identity) VALUES (:who)", {"who": NAME}),
    "a value of another kind": ("SELECT CAST(:who AS integer)", {"who": PHONE + NAME}),
    "a number out of range": ("SELECT CAST(CAST(:who AS bigint) AS smallint)", {"who": PHONE}),
    "a table that is not there": ("SELECT * FROM nowhere WHERE phone = :who", {"who": PHONE}),
    "text in the wrong place": (f"SELECT 1 '{NAME}' '{PHONE}'", {}),
}


def by_sqlalchemy(session: Session, statement: str, values: dict[str, Any]) -> None:
    session.execute(text(statement), values)


def by_compiled_statement(session: Session, statement: str, values: dict[str, Any]) -> None:
    CompiledStatement(text(statement)).run(session, values)


@pytest.mark.parametrize("execute", [by_sqlalchemy, by_compiled_statement])
@pytest.mark.parametrize("case", FAILING)
def test_an_error_of_the_database_names_no_value(
    sessions: Sessions, case: str, execute: Any
) -> None:
    statement, values = FAILING[case]
    without_values = statement.replace(PHONE, "").replace(NAME, "")

    with sessions() as session, pytest.raises(DBAPIError) as failed:
        execute(session, statement, values)

    traceback = "".join(format_exception(failed.value)).replace(statement, without_values)
    assert PHONE not in traceback
    assert NAME not in traceback
    assert "SQLSTATE" in str(failed.value)


def test_an_error_of_the_database_says_which_rule_was_broken(sessions: Sessions) -> None:
    with sessions() as session, pytest.raises(IntegrityError, match="parked") as failed:
        by_sqlalchemy(session, *FAILING["a key that is taken"])

    assert "uq_parked_identity" in str(failed.value)


@pytest.mark.parametrize("execute", [by_sqlalchemy, by_compiled_statement])
@pytest.mark.parametrize("case", list(FAILING)[:4])
def test_what_is_parked_names_no_value_of_a_failing_statement(
    sessions: Sessions, case: str, execute: Any
) -> None:
    def handle(_: OrderAccepted, work: UnitOfWork) -> None:
        execute(work.session, *FAILING[case])

    consume_records(
        sessions, SUBSCRIPTIONS | index_subscriptions(on(OrderAccepted, handle)), [a_record()]
    )

    (row,) = dead_letter_rows(sessions)
    assert PHONE not in row.error
    assert NAME not in row.error
    assert row.error


def a_record() -> Any:
    return record_of(accepted())


def test_an_answer_names_no_value_of_a_failing_statement(sessions: Sessions) -> None:
    with sessions() as session, pytest.raises(DBAPIError) as failed:
        by_sqlalchemy(session, *FAILING["a value of another kind"])

    answer = bytes(problem_of(failed.value).response("a-request").body).decode()

    assert PHONE not in answer
    assert NAME not in answer


def test_every_engine_is_made_where_values_are_hidden() -> None:
    makers = [
        path
        for folder in ("shared", "services", "tools", "deploy")
        for path in (CHECKOUT / folder).rglob("*.py")
        if "create_engine" in path.read_text()
    ]

    assert makers == [Path(CHECKOUT, "shared/persistence/database.py")]
    assert make_plain_engine("postgresql+psycopg://a:b@127.0.0.1:1/none").hide_parameters


class Kind(StrEnum):
    """The values of a field."""

    ONE = "one"


class Sent(msgspec.Struct):
    """A struct whose decoding errors repeat values."""

    kind: Kind = Kind.ONE
    word: Literal["one", "two"] = "one"
    number: Literal[1, 2] = 1
    several: dict[str, Kind] = {}


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    """A struct without other fields."""


MISREAD: dict[str, tuple[type, Any, str]] = {
    "an unknown word": (Sent, {"kind": NAME}, "Invalid enum value - at `$.kind`"),
    "a word like a path": (
        Sent,
        {"kind": f"{NAME} - at `$.{PHONE}`"},
        "Invalid enum value - at `$.kind`",
    ),
    "a word of several lines": (Sent, {"kind": f"{NAME}\n{PHONE}"}, "- at `$.kind`"),
    "another literal": (Sent, {"word": NAME}, "- at `$.word`"),
    "another number": (Sent, {"number": int(PHONE)}, "- at `$.number`"),
    "a word under a key": (Sent, {"several": {NAME: PHONE}}, "- at `$.several[...]`"),
    "another kind of value": (Sent, {"kind": 13851234567.5}, "Expected `str`"),
    "an unknown field": (Strict, {NAME: PHONE}, "Object contains unknown field"),
}


@pytest.mark.parametrize("case", MISREAD)
def test_a_read_error_names_path_and_rule_without_the_value(case: str) -> None:
    kind, sent, expected = MISREAD[case]

    with pytest.raises(UnreadableError) as failed, classify_read_errors():
        msgspec.json.decode(msgspec.json.encode(sent), type=kind)

    explained = explain(failed.value)
    assert expected in explained
    assert NAME not in explained
    assert PHONE not in explained


def test_a_parked_message_that_cannot_be_read_names_no_value(sessions: Sessions) -> None:
    record = a_record()
    content = json.loads(record.body)
    content["data"]["items"] = [{"action": NAME}]

    consume_records(sessions, SUBSCRIPTIONS, [record._replace(body=json.dumps(content).encode())])

    (row,) = dead_letter_rows(sessions)
    assert "Invalid enum value - at `$.items[0].action`" in row.error
    assert NAME not in row.error


def fail_with_values(_: OrderAccepted, __: UnitOfWork) -> None:
    """Raise with a value in each of two chained errors and in a note."""
    try:
        NOTHING[NAME]
    except KeyError as error:
        error.add_note(PHONE)
        raise ValueError(NAME) from error


def refuse(_: OrderAccepted, __: UnitOfWork) -> None:
    raise ConflictError(RULE)


RULE = "the order is done with"
NOTHING: dict[str, str] = {}


def error_after(sessions: Sessions, handler: Callable[[OrderAccepted, UnitOfWork], None]) -> str:
    """Return the stored error of a message whose handler fails."""
    consume_records(
        sessions, SUBSCRIPTIONS | index_subscriptions(on(OrderAccepted, handler)), [a_record()]
    )
    (row,) = dead_letter_rows(sessions)
    return row.error


def test_a_parked_bug_shows_every_type_and_frame_and_no_value(sessions: Sessions) -> None:
    error_text = error_after(sessions, fail_with_values)

    assert NAME not in error_text
    assert PHONE not in error_text
    errors = {each for each in error_text.splitlines() if re.match(r"\w+(:|$)", each)}
    assert errors == {"KeyError", "ValueError", "HandlerError: ValueError"}
    assert error_text.endswith("\nValueError")
    line = fail_with_values.__code__.co_firstlineno + 3
    raised = f'test_error_text.py", line {line}, in fail_with_values'
    assert raised in error_text


def test_our_own_errors_keep_their_text(sessions: Sessions) -> None:
    assert error_after(sessions, refuse) == f"ConflictError: {RULE}"
