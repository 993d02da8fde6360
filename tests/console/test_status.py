"""What `status` reports of a stack with troubles, with remedies."""

import socket
from typing import Any

import pytest

from deploy.local.stack_record import ProcessIdentity, StackRecord
from services.console.client import Client, not_running_reason
from services.console.status import StackStatus, print_status, read_state
from services.console.troubles import (
    ServiceTrouble,
    StackProcess,
    describe_overall_status,
    format_duration,
    stack_troubles,
    summarize_waiting_items,
    trouble_lines,
)
from shared.observability.troubles import Trouble, TroubleKind

HEALTHY: dict[str, Any] = {"parked": 0, "relay_is_direct": True, "troubles": []}
SILENT = {"error": "does not answer (refused)"}


def a_process(**changes: Any) -> StackProcess:
    """Return a process that has run for an hour."""
    usual: dict[str, Any] = {
        "name": "order",
        "pid": 17,
        "running": True,
        "restarts": 0,
        "last_end": "",
        "refuses": False,
        "url": "http://127.0.0.1:1",
        "log": "order.log",
        "age_s": 3600.0,
        "is_stopped": False,
        "pss_mb": 80.0,
    }
    return StackProcess(**usual | changes)


def a_trouble(kind: TroubleKind, **changes: Any) -> Trouble:
    """Return a trouble that shows only what matters."""
    return Trouble(**{"kind": kind, "says": "it is wrong", "remedy": "fix it"} | changes)


def reporting(*troubles: Trouble) -> dict[str, Any]:
    """Return the state of a service that reports these troubles."""
    return HEALTHY | {"troubles": [ServiceTrouble("", each).as_json() for each in troubles]}


def test_what_runs_and_is_well_has_no_trouble() -> None:
    found = stack_troubles([a_process()], {"order": HEALTHY})

    assert found == []
    assert describe_overall_status(found) == "all is well"


def test_a_trouble_that_a_service_reports_is_named_with_its_age_and_remedy() -> None:
    held = a_trouble(TroubleKind.HELD, count=3, oldest_age_s=7300.0)

    (line,) = trouble_lines(stack_troubles([a_process()], {"order": reporting(held)}))

    assert line == "order: it is wrong, the oldest for 2 h — fix it (docs/runbook.md#held)"


def test_the_verdict_follows_what_is_wrong_and_not_what_is_normal() -> None:
    wrong = stack_troubles([], {"order": reporting(a_trouble(TroubleKind.PARKED))})
    normal = stack_troubles(
        [], {"order": reporting(a_trouble(TroubleKind.WORK_WAITING, is_notice=True))}
    )

    assert describe_overall_status(wrong) == "1 trouble: see above"
    assert describe_overall_status(normal) == "nothing is wrong; some things wait, see above"


def test_the_summary_counts_all_open_work() -> None:
    parked = a_trouble(TroubleKind.PARKED, count=2, oldest_age_s=120.0)
    found = stack_troubles([], {"order": reporting(parked), "customer": reporting(parked)})

    assert summarize_waiting_items(found, ["resources"]) == (
        "held orders 0; work orders with crews 0; parked messages 4 (the oldest for 2 min); "
        "operations in doubt 0; not counted: resources"
    )


def test_kafka_is_named_once_however_many_services_miss_it() -> None:
    out = reporting(a_trouble(TroubleKind.BROKER_OUT))
    found = stack_troubles([], {"order": out, "customer": out})

    assert list(trouble_lines(found)) == [
        "kafka: it is wrong — fix it (docs/runbook.md#broker_out); reported by order, customer"
    ]


def test_kafka_is_named_once_where_its_own_process_has_ended() -> None:
    ended = a_process(name="kafka", running=False, last_end="killed by SIGKILL")
    out = reporting(a_trouble(TroubleKind.BROKER_OUT))

    (line,) = trouble_lines(stack_troubles([ended], {"order": out, "customer": out}))

    assert line.startswith("kafka: does not run (killed by SIGKILL) — it is started again")


def test_what_has_ended_is_named_once_with_how_and_what_follows() -> None:
    ended = a_process(running=False, last_end="killed by SIGKILL")

    (line,) = trouble_lines(stack_troubles([ended], {"order": SILENT}))

    assert line == (
        "order: does not run (killed by SIGKILL) — it is started again by itself; "
        "if it ends again, see order.log (docs/runbook.md#ended)"
    )


def test_what_ends_again_and_again_is_not_said_to_come_back_by_itself() -> None:
    ended = a_process(running=False, last_end="exit code 1", restarts=7)

    (line,) = trouble_lines(stack_troubles([ended], {}))

    assert "it was started again 7 times without success; see why in order.log" in line


def test_a_process_that_refuses_its_settings_has_to_be_fixed() -> None:
    refusing = a_process(running=False, last_end="cannot start: port 1 is taken", refuses=True)

    (line,) = trouble_lines(stack_troubles([refusing], {"order": SILENT}))

    assert line == (
        "order: does not run (cannot start: port 1 is taken) — "
        "fix that, then `kaitong down` and `kaitong up` (docs/runbook.md#ended)"
    )


def test_what_was_started_again_a_moment_ago_is_shown_and_not_wrong() -> None:
    restarted = a_process(restarts=1, last_end="killed by SIGKILL", age_s=5.0)

    (named,) = stack_troubles([restarted], {"order": HEALTHY})

    assert named.trouble.is_notice
    assert named.line.startswith("order: was started again 5 s ago: killed by SIGKILL")


def test_what_a_signal_has_stopped_is_named_once_with_how_it_goes_on() -> None:
    (line,) = trouble_lines(stack_troubles([a_process(is_stopped=True)], {"order": SILENT}))

    assert line.startswith("order: is stopped by a signal (process 17) — `kill -CONT 17`")


def test_what_runs_and_does_not_answer_is_named_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        client = Client({"order": url}, "token", timeout_s=0.2)

        state = read_state(client, "order")
        client.http.close()

    (line,) = trouble_lines(stack_troubles([a_process()], {"order": state}))
    assert line.startswith("order: does not answer (timed out) — wait: within two minutes ")
    assert "order.log" in line


def test_what_is_starting_is_not_said_to_hang() -> None:
    found = stack_troubles(
        [a_process(restarts=1, last_end="exit code 1", age_s=2.0)], {"order": SILENT}
    )

    wrong = [each.line for each in found if not each.trouble.is_notice]
    assert wrong == [
        "order: is starting, since 2 s — ask again in a moment; order.log (docs/runbook.md#ended)"
    ]


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "0 s"), (59.0, "59 s"), (90.0, "2 min"), (200_000.0, "2 d")]
)
def test_a_duration_is_printed_in_its_largest_unit(seconds: float, words: str) -> None:
    assert format_duration(seconds) == words


@pytest.mark.parametrize(
    ("state", "line"),
    [
        ("starting", "Kaitong is starting here — ask again in a moment"),
        ("stopping", "Kaitong is stopping here — ask again in a moment"),
        ("killed", "Kaitong does not run here (killed) — start it with `kaitong up`"),
        ("lost", "Kaitong runs here, but its files are gone — stop it with `kaitong down`"),
        ("failed", "Kaitong did not start here: no room — fix that, then `kaitong up`"),
    ],
)
def test_a_stack_that_cannot_be_asked_says_why_and_what_to_do(state: str, line: str) -> None:
    assert not_running_reason(StackRecord(state, ProcessIdentity(1, 0.0), error="no room")) == line


def test_what_is_wrong_is_one_line_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    says = f"[/red] {'very ' * 40}long"

    print_status(
        StackStatus([], {}, [], [ServiceTrouble("order", a_trouble(TroubleKind.HELD, says=says))])
    )

    (line,) = (each for each in capsys.readouterr().out.splitlines() if says in each)
    assert line.startswith(f"order: {says} — fix it")
