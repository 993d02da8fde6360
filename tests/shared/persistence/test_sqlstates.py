"""One function tells the SQLSTATE of an error, and one list which errors pass by themselves."""

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import NullPool, text
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from shared.errors import DatabaseUnprovenError
from shared.messaging.unit_of_work import TRANSIENT
from shared.persistence.database import Sessions, make_plain_engine
from shared.persistence.sqlstates import QUERY_CANCELED, TRANSIENT_ERRORS, sqlstate_of


def test_the_sqlstate_is_found_in_the_drivers_error_and_in_its_wrapper(sessions: Sessions) -> None:
    with sessions() as session, pytest.raises(DBAPIError) as caught:
        session.execute(text("SELECT 1 / 0"))

    assert sqlstate_of(caught.value) == "22012"
    assert caught.value.orig is not None
    assert sqlstate_of(caught.value.orig) == "22012"


@pytest.mark.parametrize(
    "error",
    [
        OperationalError(None, None, OSError("no route")),
        PoolTimeoutError("no connection is free"),
        psycopg.OperationalError("the connection is closed"),
        ValueError("not of the database"),
    ],
)
def test_an_error_that_the_server_did_not_send_has_no_sqlstate(error: Exception) -> None:
    assert sqlstate_of(error) == ""


@pytest.mark.parametrize(
    "kind",
    [
        errors.SerializationFailure,
        errors.DeadlockDetected,
        errors.LockNotAvailable,
        errors.QueryCanceled,
        errors.AdminShutdown,
        errors.CrashShutdown,
        errors.CannotConnectNow,
        errors.TooManyConnections,
        errors.DiskFull,
        errors.ConnectionFailure,
    ],
)
def test_what_passes_by_itself_is_transient(kind: type[psycopg.Error]) -> None:
    wrapped = DBAPIError.instance("", None, kind("it passes"), psycopg.Error)

    assert isinstance(wrapped, TRANSIENT_ERRORS)


@pytest.mark.parametrize(
    "kind",
    [errors.UniqueViolation, errors.NumericValueOutOfRange, errors.SyntaxError],
)
def test_what_a_retry_does_not_change_is_not_transient(kind: type[psycopg.Error]) -> None:
    wrapped = DBAPIError.instance("", None, kind("it stays"), psycopg.Error)

    assert not isinstance(wrapped, TRANSIENT_ERRORS)


def test_handlers_retry_the_same_errors_as_requests_answer_with_503() -> None:
    assert set(TRANSIENT) == {*TRANSIENT_ERRORS, DatabaseUnprovenError}


def test_a_cancelled_statement_of_a_plain_engine_has_its_sqlstate(sessions: Sessions) -> None:
    url = sessions.kw["bind"].url.render_as_string(hide_password=False)
    engine = make_plain_engine(url, poolclass=NullPool)
    with Session(engine) as session:
        session.execute(text("SET LOCAL statement_timeout = 1"))
        with pytest.raises(SQLAlchemyError) as caught:
            session.execute(text("SELECT pg_sleep(10)"))

    assert sqlstate_of(caught.value) == QUERY_CANCELED
