"""A process that does not answer is ended and started again; one that is starting is not."""

import sys
import threading
from pathlib import Path

import pytest

from deploy.local import fork_server_client, hang_detection, supervisor
from deploy.local import kafka as kafka_module
from deploy.local import postgres as postgres_module
from deploy.local.errors import StartError
from deploy.local.fork_server_client import ForkServerClient
from deploy.local.kafka import start_kafka
from deploy.local.ports import HOST, free_port
from deploy.local.postgres import start_postgres
from deploy.local.supervised_process import SupervisedProcess
from deploy.local.supervisor import ForkedModule
from tests.deploy.recording_supervisor import RecordingSupervisor
from tests.deploy.waiting import TIMEOUT_S, has_ended, until
from tests.suspension import suspend

ANSWERING = """
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Live(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503)
        self.end_headers()
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Live).serve_forever()
"""
SILENT = """
import socket, sys, time
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
time.sleep(600)
"""


@pytest.fixture(autouse=True)
def short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check often, and fail soon; a start may still take its time on a busy machine."""
    monkeypatch.setattr(hang_detection, "MAX_MISSED_CHECKS_AT_START", 1200)
    monkeypatch.setattr(hang_detection, "CHECK_INTERVAL_S", 0.05)
    monkeypatch.setattr(hang_detection, "ANSWER_TIMEOUT_S", 0.5)
    monkeypatch.setattr(hang_detection, "MAX_MISSED_CHECKS", 3)
    monkeypatch.setattr(supervisor, "STOP_TIMEOUT_S", 0.5)
    monkeypatch.setattr(kafka_module, "STOP_TIMEOUT_S", 0.5)
    monkeypatch.setattr(postgres_module, "STOP_TIMEOUT_S", 0.5)


def test_a_process_that_is_stopped_by_a_signal_is_ended_and_started_again(
    supervision: RecordingSupervisor,
) -> None:
    port = free_port()
    program = supervision.program(
        "service", sys.executable, "-c", ANSWERING, str(port), url=f"http://{HOST}:{port}"
    )
    supervised, first = supervision.supervisor.processes[0], program.server
    until(lambda: has_answered(supervised), "it answers")

    suspend(first)

    until(lambda: program.server.pid != first.pid, "another runs")
    until(lambda: hang_detection.answers_http(program.url), "it answers again")
    assert supervision.has_logged("service does not answer, and is ended")
    assert supervised.record.last_end == "it did not answer; killed by SIGKILL"
    assert supervised.record.restarts == 1


def test_a_process_that_has_not_answered_yet_is_given_the_time_of_a_start(
    supervision: RecordingSupervisor,
) -> None:
    """It may wait for its database or migrate it."""
    port = free_port()
    program = supervision.program(
        "service", sys.executable, "-c", SILENT, str(port), url=f"http://{HOST}:{port}"
    )
    supervised, first = supervision.supervisor.processes[0], program.server

    until(
        lambda: (
            supervised.liveness
            and supervised.liveness.missed_checks > 2 * hang_detection.MAX_MISSED_CHECKS
        ),
        "many checks without an answer",
    )

    assert program.server == first
    assert not supervised.liveness or not supervised.liveness.is_hung


def test_a_process_that_never_answers_is_started_again_after_the_time_of_a_start(
    supervision: RecordingSupervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hang_detection, "MAX_MISSED_CHECKS_AT_START", 4)
    port = free_port()
    program = supervision.program(
        "service", sys.executable, "-c", SILENT, str(port), url=f"http://{HOST}:{port}"
    )
    first = program.server

    until(lambda: program.server.pid != first.pid, "another runs")

    assert supervision.has_logged("service ended (it did not answer; killed by SIGTERM)")


def test_a_postgresql_that_is_stopped_by_a_signal_is_ended_and_started_again(
    supervision: RecordingSupervisor, tmp_path: Path
) -> None:
    postgres = start_postgres(tmp_path / "postgres", fsync=False)
    supervised, first = supervision.engine("postgres", postgres), postgres.server
    until(lambda: has_answered(supervised), "it answers")

    suspend(first)

    until(lambda: supervised.record.restarts == 1 and not supervised.is_starting, "another runs")
    assert postgres.answers()
    supervision.supervisor.stop()
    postgres.remove()


def test_a_kafka_that_is_stopped_by_a_signal_is_ended_and_started_again(
    supervision: RecordingSupervisor, tmp_path: Path
) -> None:
    kafka = start_kafka(tmp_path / "kafka")
    supervised, first = supervision.engine("kafka", kafka), kafka.server
    until(lambda: has_answered(supervised), "it answers")

    suspend(first)

    until(lambda: supervised.record.restarts == 1 and not supervised.is_starting, "another runs")
    assert kafka.answers()


def has_answered(supervised: SupervisedProcess) -> bool:
    """Tell whether a process has answered since its start."""
    found = supervised.liveness
    return found is not None and found.has_answered


def module(fork_server: ForkServerClient, folder: Path) -> ForkedModule:
    """Start a module that runs until it is ended."""
    found = ForkedModule(
        ["tests.deploy.sleeper"], {}, folder / "sleeper.log", folder, fork_server=fork_server
    )
    found.start()
    return found


def test_a_template_that_is_stopped_by_a_signal_is_ended_and_started_again_with_its_forks(
    supervision: RecordingSupervisor, own_fork_server: ForkServerClient, tmp_path: Path
) -> None:
    supervised, first = supervision.engine("template", own_fork_server), own_fork_server.server
    sleeper = module(own_fork_server, tmp_path)
    child = sleeper.server
    supervision.supervisor.supervise("sleeper", sleeper, stage=1)
    until(lambda: has_answered(supervised), "it answers")

    suspend(first)

    until(lambda: has_ended(child.pid), "its forks end with it")
    until(
        lambda: (
            supervised.liveness
            and supervised.liveness.server != first
            and supervised.liveness.has_answered
        ),
        "another",
    )
    until(lambda: supervision.has_logged("sleeper runs again"), "its forks are started again")
    assert supervision.has_logged("template does not answer, and is ended")


def test_a_template_that_loads_its_code_has_the_time_of_a_start(tmp_path: Path) -> None:
    loading = ForkServerClient(tmp_path / "template.log", ("tests.deploy.slow_to_load",))
    loading.start()
    supervised = SupervisedProcess("template", loading, 0, "")

    assert [supervised.hangs() for _ in range(hang_detection.MAX_MISSED_CHECKS + 1)] == [False] * 4
    assert not loading.answers()

    (tmp_path / "template.log").write_text("go on")
    until(loading.answers, "it has loaded")
    loading.stop()
    loading.close()


def test_a_stop_does_not_wait_for_a_template_that_hangs(
    supervision: RecordingSupervisor, own_fork_server: ForkServerClient, tmp_path: Path
) -> None:
    supervision.supervisor.supervise("sleeper", module(own_fork_server, tmp_path), stage=0)
    suspend(own_fork_server.server)
    stopping = threading.Thread(target=supervision.supervisor.stop, daemon=True)

    stopping.start()

    stopping.join(TIMEOUT_S)
    assert not stopping.is_alive()


def test_the_end_of_a_process_is_noted_though_its_template_hangs(
    own_fork_server: ForkServerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fork_server_client, "STATUS_TIMEOUT_S", 0.2)
    supervised = SupervisedProcess("sleeper", module(own_fork_server, tmp_path), 0, "")
    suspend(own_fork_server.server)
    supervised.engine.server.kill()
    until(lambda: supervised.has_ended, "it has ended")

    supervised.note_end()

    assert supervised.last_end == "exit code unknown"


def test_an_engine_that_is_not_ready_in_time_is_waited_for_and_not_started_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recovery may take longer than a start: the second call waits for the same process."""
    postgres = start_postgres(tmp_path / "postgres", fsync=False)
    postgres.stop()
    monkeypatch.setattr(postgres_module, "TIMEOUT_S", 0.0)
    with pytest.raises(StartError, match="not ready after"):
        postgres.start()
    first = postgres.server
    monkeypatch.setattr(postgres_module, "TIMEOUT_S", 60.0)

    postgres.start()

    assert postgres.server == first
    assert postgres.answers()
    postgres.stop()
    postgres.remove()
