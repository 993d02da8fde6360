"""A process that does not answer is ended and started again; one that is starting is not."""

import signal
import sys
import threading
from pathlib import Path

import pytest

from deploy.local import forks, pulse, supervisor
from deploy.local import kafka as kafka_module
from deploy.local import postgres as postgres_module
from deploy.local.errors import StartError
from deploy.local.forks import Forks
from deploy.local.kafka import start_kafka
from deploy.local.kept import Kept
from deploy.local.ports import HOST, free_port
from deploy.local.postgres import start_postgres
from deploy.local.supervisor import Module
from tests.deploy.care import Care
from tests.deploy.waiting import TIMEOUT_S, gone, until

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
def in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often, and lose patience soon; a start takes its time on a busy machine all the same."""
    monkeypatch.setattr(pulse, "MOST_SILENT_AT_START", 1200)
    monkeypatch.setattr(pulse, "LOOK_EVERY", 0.05)
    monkeypatch.setattr(pulse, "ANSWER_WITHIN", 0.5)
    monkeypatch.setattr(pulse, "MOST_SILENT", 3)
    monkeypatch.setattr(supervisor, "STOP_TIMEOUT_S", 0.5)
    monkeypatch.setattr(kafka_module, "STOP_TIMEOUT_S", 0.5)
    monkeypatch.setattr(postgres_module, "STOP_TIMEOUT_S", 0.5)


def test_a_process_that_is_stopped_by_a_signal_is_ended_and_started_again(care: Care) -> None:
    port = free_port()
    program = care.program(
        "service", sys.executable, "-c", ANSWERING, str(port), url=f"http://{HOST}:{port}"
    )
    kept, first = care.supervisor.kept[0], program.server
    until(lambda: kept.pulse and kept.pulse.has_answered, "it answers")

    first.send_signal(signal.SIGSTOP)

    until(lambda: program.server.pid != first.pid, "another runs")
    until(lambda: pulse.answers_http(program.url), "it answers again")
    assert care.has_said("service does not answer, and is ended")
    assert kept.line.last_end == "it did not answer; killed by SIGKILL"
    assert kept.line.restarts == 1


def test_a_process_that_has_not_answered_yet_is_given_the_time_of_a_start(care: Care) -> None:
    """It may wait for its database, or migrate it."""
    port = free_port()
    program = care.program(
        "service", sys.executable, "-c", SILENT, str(port), url=f"http://{HOST}:{port}"
    )
    kept, first = care.supervisor.kept[0], program.server

    until(lambda: kept.pulse and kept.pulse.silent > 2 * pulse.MOST_SILENT, "many looks in vain")

    assert program.server == first
    assert not kept.pulse or not kept.pulse.is_hung


def test_a_process_that_never_answers_is_started_again_after_the_time_of_a_start(
    care: Care, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "MOST_SILENT_AT_START", 4)
    port = free_port()
    program = care.program(
        "service", sys.executable, "-c", SILENT, str(port), url=f"http://{HOST}:{port}"
    )
    first = program.server

    until(lambda: program.server.pid != first.pid, "another runs")

    assert care.has_said("service ended (it did not answer; killed by SIGTERM)")


def test_a_postgresql_that_is_stopped_by_a_signal_is_ended_and_started_again(
    care: Care, tmp_path: Path
) -> None:
    postgres = start_postgres(tmp_path / "postgres", fsync=False)
    kept, first = care.engine("postgres", postgres), postgres.server
    until(lambda: kept.pulse and kept.pulse.has_answered, "it answers")

    first.send_signal(signal.SIGSTOP)

    until(lambda: kept.line.restarts == 1 and not kept.busy, "another runs")
    assert postgres.answers()
    care.supervisor.stop()
    postgres.remove()


def test_a_kafka_that_is_stopped_by_a_signal_is_ended_and_started_again(
    care: Care, tmp_path: Path
) -> None:
    kafka = start_kafka(tmp_path / "kafka")
    kept, first = care.engine("kafka", kafka), kafka.server
    until(lambda: kept.pulse and kept.pulse.has_answered, "it answers")

    first.send_signal(signal.SIGSTOP)

    until(lambda: kept.line.restarts == 1 and not kept.busy, "another runs")
    assert kafka.answers()


def module(forks: Forks, folder: Path) -> Module:
    """Start a module that runs until it is ended."""
    found = Module(["tests.deploy.sleeper"], {}, folder / "sleeper.log", folder, forks=forks)
    found.start()
    return found


def test_a_template_that_is_stopped_by_a_signal_is_ended_and_started_again_with_its_forks(
    care: Care, own_template: Forks, tmp_path: Path
) -> None:
    kept, first = care.engine("template", own_template), own_template.server
    sleeper = module(own_template, tmp_path)
    child = sleeper.server
    care.supervisor.keep("sleeper", sleeper, stage=1)
    until(lambda: kept.pulse and kept.pulse.has_answered, "it answers")

    first.send_signal(signal.SIGSTOP)

    until(lambda: gone(child.pid), "its forks end with it")
    until(lambda: kept.pulse and kept.pulse.server != first and kept.pulse.has_answered, "another")
    until(lambda: care.has_said("sleeper runs again"), "its forks are started again")
    assert care.has_said("template does not answer, and is ended")


def test_a_template_that_loads_its_code_has_the_time_of_a_start(tmp_path: Path) -> None:
    loading = Forks(tmp_path / "template.log", ("tests.deploy.slow_to_load",))
    loading.start()
    kept = Kept("template", loading, 0, "")

    assert [kept.hangs() for _ in range(pulse.MOST_SILENT + 1)] == [False] * 4
    assert not loading.answers()

    (tmp_path / "template.log").write_text("go on")
    until(loading.answers, "it has loaded")
    loading.stop()
    loading.close()


def test_a_stop_does_not_wait_for_a_template_that_hangs(
    care: Care, own_template: Forks, tmp_path: Path
) -> None:
    care.supervisor.keep("sleeper", module(own_template, tmp_path), stage=0)
    own_template.server.send_signal(signal.SIGSTOP)
    stopping = threading.Thread(target=care.supervisor.stop, daemon=True)

    stopping.start()

    stopping.join(TIMEOUT_S)
    assert not stopping.is_alive()


def test_the_end_of_a_process_is_noted_though_its_template_hangs(
    own_template: Forks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forks, "STATUS_S", 0.2)
    kept = Kept("sleeper", module(own_template, tmp_path), 0, "")
    own_template.server.send_signal(signal.SIGSTOP)
    kept.engine.server.kill()
    until(lambda: kept.has_ended, "it has ended")

    kept.note_end()

    assert kept.last_end == "how is not known"


def test_an_engine_that_is_not_ready_in_time_is_waited_for_and_not_started_beside_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recovery may take longer than a start may: its second half is no second start."""
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
