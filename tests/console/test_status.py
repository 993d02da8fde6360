"""What `status` says of a stack that is not well, and what to do about it."""

import socket
from typing import Any

import pytest

from deploy.local.record import Life, Record
from services.console.client import Client, why_not
from services.console.status import ask, tell, violations

WELL = {"parked": 0, "relay_is_direct": True, "oldest_unsent_s": 0.0}


def a_process(**changes: Any) -> dict[str, Any]:
    """Return a process that runs."""
    return {"name": "order", "running": True, "last_end": "", "refuses": False} | changes


def test_what_runs_and_is_well_is_no_violation() -> None:
    assert list(violations([a_process()], {"order": WELL})) == []


def test_what_has_ended_is_named_once_with_how_and_what_follows() -> None:
    ended = a_process(running=False, last_end="killed by SIGKILL")

    (said,) = violations([ended], {"order": {"error": "does not answer (refused)"}})

    assert said.startswith("order does not run (killed by SIGKILL); it is started again")


def test_what_refuses_its_settings_is_to_be_mended() -> None:
    refusing = a_process(running=False, last_end="cannot start: port 1 is taken", refuses=True)

    (said,) = violations([refusing], {"order": {"error": "does not answer (refused)"}})

    assert said == (
        "order does not run (cannot start: port 1 is taken); "
        "mend that, then `kaitong down` and `kaitong up`"
    )


def test_what_runs_and_does_not_answer_is_named_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        client = Client({"order": url}, "token", patience_s=0.2)

        state = ask(client, "order")
        client.http.close()

    assert list(violations([a_process()], {"order": state})) == [
        "order: does not answer (timed out)"
    ]


@pytest.mark.parametrize(
    ("state", "line"),
    [
        ("starting", "Kaitong is starting here; ask again in a moment"),
        ("stopping", "Kaitong is stopping here; ask again in a moment"),
        ("killed", "Kaitong does not run here (killed); start it with `kaitong up`"),
        ("lost", "Kaitong runs here, but its files are gone; stop it with `kaitong down`"),
        ("failed", "Kaitong did not start here: no room; mend that, then `kaitong up`"),
    ],
)
def test_a_stack_that_cannot_be_asked_says_why_and_what_to_do(state: str, line: str) -> None:
    assert why_not(Record(state, Life(1, 0.0), error="no room")) == line


def test_a_line_is_one_line_and_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    line = f"[/red] {'very ' * 40}long"

    tell(line)

    assert capsys.readouterr().out == f"{line}\n"
