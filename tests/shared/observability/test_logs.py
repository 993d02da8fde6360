"""Logs: JSON lines with level and correlation, without personal data."""

import json
import logging
import os
import string
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from shared.config.settings import Settings
from shared.exit import EX_SOFTWARE, abort_process
from shared.observability.logs import LIBRARY_LEVELS, bind_correlation_id, configure_logs
from shared.observability.masking import Mask, looks_personal

KEY = "a key for this test only"
ENVIRONMENT = {"KAITONG_DATABASE_ORDER": "postgresql://order:x@127.0.0.1/x"}

MOBILE = "13812345678"
IDENTITY = "32010219900101123X"
PERSONAL = [
    MOBILE,
    "+8613812345678",
    "+86 138 1234 5678",
    "138-1234-5678",
    "8613812345678",
    "02583211234",
    "025-83211234",
    "(025) 83211234",
    IDENTITY,
    "320102199001011234",
    "320102 19900101 1234",
    "89860012345678901234",
    "460001234567890",
    "wang.wei@example.cn",
    "Bearer abc.def-ghi",
    "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl",
]
IMPERSONAL = [
    "0199a0c2-1111-7222-8333-138123456789",
    "13812345-1111-7222-8333-123456789012",
    "2026-01-31T12:00:00.123456",
    "/tmf-api/productOrderingManagement/v4/productOrder",
    "12 partitions, 4 members, offset 1234567890",
    "resources.assigned.v1",
]


@pytest.fixture
def mask() -> Mask:
    return Mask(KEY.encode())


@pytest.fixture(autouse=True)
def restore_logging() -> Iterator[None]:
    """Restore the logging of the process after each test."""
    root = logging.getLogger()
    before = (
        root.handlers[:],
        root.level,
        [logging.getLogger(name).level for name in LIBRARY_LEVELS],
    )
    hooks = (sys.excepthook, threading.excepthook)
    yield
    sys.excepthook, threading.excepthook = hooks
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers, root.level = before[0], before[1]
    for name, level in zip(LIBRARY_LEVELS, before[2], strict=True):
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(capture=False)


def configure(tmp_path: Path, **more: str) -> None:
    environment = ENVIRONMENT | {"KAITONG_HOME": str(tmp_path), "KAITONG_LOG_KEY": KEY} | more
    configure_logs(Settings.from_environment("order", environment))


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


@pytest.mark.parametrize("value", PERSONAL)
def test_what_looks_personal_is_hidden_wherever_it_stands(mask: Mask, value: str) -> None:
    event = {"event": f"cannot call {value}, sorry", "detail": {"list": [f"x={value};"]}}

    masked = json.dumps(mask(None, "info", event))

    assert value not in masked
    assert digits(value) not in digits(masked) or len(digits(value)) < 7


def digits(text: str) -> str:
    return "".join(each for each in text if each.isdigit())


@pytest.mark.parametrize("value", IMPERSONAL)
def test_impersonal_text_stays(mask: Mask, value: str) -> None:
    assert mask(None, "info", {"event": value}) == {"event": value}


@pytest.mark.parametrize(
    "key",
    [
        *("phone", "contact_phone", "contactPhone", "identity_number", "identityNumber", "idCard"),
        *("iccid", "imsi", "email", "address", "installation_address", "name", "customer_name"),
        *("token", "access_token", "authorization", "Authorization", "password", "kafka_password"),
    ],
)
def test_what_stands_under_a_personal_name_is_hidden_whatever_it_is(mask: Mask, key: str) -> None:
    masked = mask(None, "info", {key: "Wang", "inside": {key: 7}})

    assert masked[key] not in {"Wang", None}
    assert masked["inside"][key] not in {7, "7"}


def test_ids_and_states_stay_readable(mask: Mask) -> None:
    event = {"order_id": "0199a0c2-1111-7222-8333-123456789012", "state": "held", "count": 3}

    assert mask(None, "info", event) == event


def test_a_pseudonym_depends_on_the_value_and_on_the_key(mask: Mask) -> None:
    in_text = mask.masked_text(f"call {MOBILE}")
    in_field = mask.mask_by_key_and_content("phone", "138 1234 5678")

    assert in_text == f"call {in_field}"
    assert Mask(b"another key, of another installation").masked_text(f"call {MOBILE}") != in_text


def test_no_pseudonym_looks_personal_itself(mask: Mask) -> None:
    pseudonyms = [mask.pseudonym(str(number)) for number in range(2000)]

    assert [
        each for each in pseudonyms if looks_personal(each) or mask.masked_text(each) != each
    ] == []
    assert len(set(pseudonyms)) == len(pseudonyms)


@given(
    st.text(alphabet=string.ascii_letters + " .,;:=/_-\"'", max_size=20),
    st.sampled_from(PERSONAL[:15]),
    st.text(alphabet=string.ascii_letters + " .,;:=/_\"'", max_size=20),
    st.sampled_from(["event", "error", "detail"]),
)
def test_no_number_gets_through_in_any_surroundings(
    before: str, value: str, after: str, key: str
) -> None:
    masked = Mask(KEY.encode())(None, "info", {key: [before + value + after]})

    assert value not in str(masked)


def test_no_log_line_shows_a_customer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(tmp_path)
    log = structlog.get_logger()

    log.info("order.accepted", phone=MOBILE, about={"note": f"call {MOBILE}"}, number=13812345678)
    logging.getLogger("uvicorn.error").error("bad client %s", MOBILE)
    logging.getLogger("aiokafka").error("cannot send to %s", IDENTITY)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"about {MOBILE}", stacklevel=1)
    try:
        raise_with_number()
    except ValueError:
        log.exception("order.failed")
        logging.getLogger("sqlalchemy").exception("it failed")
    thread = threading.Thread(target=raise_with_number)
    thread.start()
    thread.join()

    written = capsys.readouterr().err
    assert len(written.splitlines()) == 7
    assert MOBILE not in written
    assert IDENTITY not in written


NAME = "张伟"
NOTHING: dict[str, str] = {}


def test_an_error_is_logged_with_its_type_and_frames_and_without_its_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(tmp_path)

    try:
        raise_with_name()
    except KeyError as error:
        structlog.get_logger().error("request.failed", exc_info=error)
        structlog.get_logger().exception("request.failed")
        logging.getLogger("sqlalchemy").exception("it failed")

    written = capsys.readouterr().err
    assert NAME not in written
    assert (written.count("in raise_with_name"), written.count("KeyError")) == (3, 3)


def raise_with_name() -> None:
    NOTHING[NAME]


def test_the_end_of_a_process_is_logged_without_the_text_of_its_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(tmp_path)
    monkeypatch.setattr(os, "_exit", exit_with)

    with pytest.raises(SystemExit, match=str(EX_SOFTWARE)):
        abort_process("a bug", KeyError(NAME))

    written = capsys.readouterr().err
    assert "KeyError" in written
    assert NAME not in written


def exit_with(status: int) -> NoReturn:
    raise SystemExit(status)


def raise_with_number() -> None:
    message = f"{MOBILE} has no line"
    raise ValueError(message)


def test_a_line_is_json_with_service_level_and_correlation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(tmp_path)
    bind_correlation_id("0199a0c2-1111-7222-8333-123456789012")

    structlog.get_logger().warning("outbox.waits", count=3)

    line = lines(capsys)[0]
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "outbox.waits",
        "count": 3,
        "level": "warning",
        "service": "order",
        "correlation_id": "0199a0c2-1111-7222-8333-123456789012",
    }


def test_the_console_format_has_colours_and_masks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(tmp_path, KAITONG_LOG="console")

    structlog.get_logger().info("order.accepted", note=f"call {MOBILE}")

    written = capsys.readouterr().err
    assert "\x1b[" in written
    assert "order.accepted" in written
    assert MOBILE not in written


def test_libraries_log_from_their_own_level_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(tmp_path, KAITONG_LOG_LEVEL="debug")

    logging.getLogger("aiokafka.consumer").warning("partition moved")
    logging.getLogger("faust").info("started")
    logging.getLogger("alembic.runtime").info("migrated")

    assert [line["event"] for line in lines(capsys)] == ["migrated"]
