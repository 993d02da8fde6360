"""Errors of the database name no value that a statement carried: values are personal."""

from pathlib import Path
from traceback import format_exception
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from deploy.local.home import CHECKOUT
from shared.contracts import OrderAccepted
from shared.db import Sessions, make_plain_engine
from shared.http.problems import problem_of
from shared.inbox import on, subscribe
from shared.prepared import Prepared
from shared.work import Work
from tests.kernel import hear_records, parked, record_of
from tests.shared.ledger import SUBSCRIPTIONS, accepted

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


def by_prepared(session: Session, statement: str, values: dict[str, Any]) -> None:
    Prepared(text(statement)).run(session, values)


@pytest.mark.parametrize("way", [by_sqlalchemy, by_prepared])
@pytest.mark.parametrize("case", FAILING)
def test_an_error_of_the_database_names_no_value(sessions: Sessions, case: str, way: Any) -> None:
    statement, values = FAILING[case]
    bare = statement.replace(PHONE, "").replace(NAME, "")

    with sessions() as session, pytest.raises(DBAPIError) as failed:
        way(session, statement, values)

    said = "".join(format_exception(failed.value)).replace(statement, bare)
    assert PHONE not in said
    assert NAME not in said
    assert "SQLSTATE" in str(failed.value)


def test_an_error_of_the_database_says_which_rule_was_broken(sessions: Sessions) -> None:
    with sessions() as session, pytest.raises(IntegrityError, match="parked") as failed:
        by_sqlalchemy(session, *FAILING["a key that is taken"])

    assert "uq_parked_identity" in str(failed.value)


@pytest.mark.parametrize("way", [by_sqlalchemy, by_prepared])
@pytest.mark.parametrize("case", list(FAILING)[:4])
def test_what_is_parked_names_no_value_of_a_failing_statement(
    sessions: Sessions, case: str, way: Any
) -> None:
    def handle(_: OrderAccepted, work: Work) -> None:
        way(work.session, *FAILING[case])

    hear_records(sessions, SUBSCRIPTIONS | subscribe(on(OrderAccepted, handle)), [a_record()])

    (row,) = parked(sessions)
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
        for room in ("shared", "services", "deploy")
        for path in (CHECKOUT / room).rglob("*.py")
        if "create_engine" in path.read_text()
    ]

    assert makers == [Path(CHECKOUT, "shared/db.py")]
    assert make_plain_engine("postgresql+psycopg://a:b@127.0.0.1:1/none").hide_parameters
