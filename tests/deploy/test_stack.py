"""A whole stack on the engines of the test run, which settings name."""

import os
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deploy.local import detached, fork_server_client, stack_record
from deploy.local.errors import StartError
from deploy.local.existing_engines import database_setting_name
from deploy.local.kafka import Kafka
from deploy.local.process_environment import environment_of, is_ready, purge
from deploy.local.stack import Stack
from deploy.local.stack_record import SERVICES, ProcessRecord
from tests.deploy.waiting import TIMEOUT_S, has_ended, until


@pytest.fixture
def home(tmp_path: Path, kafka: Kafka, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of its own, with Kafka elsewhere and no service that needs a database."""
    monkeypatch.setenv("KAITONG_KAFKA", kafka.bootstrap_address)
    monkeypatch.setenv("KAITONG_TOPIC_PREFIX", f"stack{os.getpid()}.{tmp_path.name}.")
    monkeypatch.setattr(detached, "SERVICES", ())
    monkeypatch.setattr(fork_server_client, "PRELOADED_MODULES", ())
    home = tmp_path / "home"
    yield home
    detached.down(home, delete_state=True)


def start(home: Path) -> Stack:
    """Start a stack of only the simulator."""
    return Stack.start(home, services=())


def test_engines_that_settings_name_are_not_started(home: Path, kafka: Kafka) -> None:
    with start(home) as stack:
        seen = stack.latest_record()
        assert (seen.state, seen.kafka) == ("ready", kafka.bootstrap_address)
        assert [line.name for line in seen.lines] == ["template", "elements"]
    assert stack.latest_record().state == "stopped"
    assert has_ended(seen.lines[0].life.pid)


def test_a_killed_process_comes_back_at_its_address(home: Path) -> None:
    with start(home) as stack:
        line = elements(stack)
        process = line.life.process
        assert process is not None
        process.kill()
        until(lambda: elements(stack).restarts == 1, "it is started again")
        until(lambda: is_ready(line.url), "it answers")
        assert elements(stack).last_end == "killed by SIGKILL"


def test_a_killed_template_ends_its_forks_and_all_are_started_again(home: Path) -> None:
    with start(home) as stack:
        before = {line.name: line for line in stack.latest_record().lines}
        process = before["template"].life.process
        assert process is not None
        process.kill()
        until(lambda: has_ended(before["elements"].life.pid), "what it has forked ends with it")
        until(lambda: elements(stack).restarts == 1, "it is started again")
        until(lambda: is_ready(before["elements"].url), "it answers")


def elements(stack: Stack) -> ProcessRecord:
    """Return the record of the simulator."""
    return next(line for line in stack.latest_record().lines if line.name == "elements")


def test_nothing_continues_after_a_start_that_is_interrupted_while_its_threads_start(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal comes while the main thread waits for one that it has started."""
    opened: list[str] = []
    begin = threading.Thread.start

    def interrupted(thread: threading.Thread) -> None:
        begin(thread)
        if thread.name.startswith(ThreadPoolExecutor.__name__):
            raise KeyboardInterrupt

    monkeypatch.setattr(Stack, "set_up_kafka", lambda _: opened.append("kafka"))
    monkeypatch.setattr(Stack, "set_up_databases", lambda _: opened.append("databases"))
    monkeypatch.setattr(threading.Thread, "start", interrupted)

    with pytest.raises(KeyboardInterrupt):
        start(home)

    for thread in threading.enumerate():
        if thread.name.startswith(ThreadPoolExecutor.__name__):
            thread.join(TIMEOUT_S)
    assert opened == []


def test_addresses_stay_from_start_to_start(home: Path) -> None:
    with start(home) as first:
        before = first.latest_record().urls
    with start(home) as second:
        assert second.latest_record().urls == before


def test_a_second_stack_on_one_home_is_refused(home: Path) -> None:
    with start(home), pytest.raises(StartError, match="runs already"):
        start(home)


def test_a_failed_start_is_reported_in_its_own_words_and_leaves_nothing(home: Path) -> None:
    with pytest.raises(StartError, match=r"nonsense ended: .*No module named services\.nonsense"):
        broken(home, "nonsense")
    seen = stack_record.current_record(home)
    assert seen is not None
    assert seen.state == "failed"
    assert all(has_ended(line.life.pid) for line in seen.lines)


def test_a_setting_that_is_wrong_stops_the_start_with_one_line_that_says_why(home: Path) -> None:
    with pytest.raises(StartError) as caught:
        broken(home, "elements", KAITONG_HTTP_PORT="eighty")

    why = "KAITONG_HTTP_PORT is 'eighty': give a whole number from 1 to 65535"
    log = home / "logs" / "elements.log"
    assert str(caught.value) == f"elements cannot start: {why} (see {log})"


def test_a_start_that_is_interrupted_waits_for_no_tool(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    def started() -> None:
        with pytest.raises(KeyboardInterrupt):
            Stack.start(home, services=("order",))

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://nobody:none@127.0.0.1:{silent.getsockname()[1]}/none"
        monkeypatch.setenv(database_setting_name("order"), url)
        monkeypatch.setattr(Stack, "run", interrupted)
        starting = threading.Thread(target=started, daemon=True)
        starting.start()
        starting.join(TIMEOUT_S)
        has_ended = not starting.is_alive()
    starting.join()  # the tool has lost its database
    assert has_ended


def test_a_stack_in_the_background_that_cannot_start_says_why(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAITONG_KAFKA", "127.0.0.1:1")
    for service in SERVICES:
        monkeypatch.setenv(
            database_setting_name(service), "postgresql://nobody:none@127.0.0.1:1/none"
        )
    with pytest.raises(StartError, match=r"^(migrate|topics): .* \(see .*\.log\)$"):
        detached.up(home)
    seen = stack_record.current_record(home)
    assert seen is not None
    assert seen.state == "failed"


def broken(home: Path, service: str, **settings: str) -> None:
    """Start a stack with a service that cannot start."""
    stack = Stack(home, (), elements=False, wanted_ports={}, fsync=False)
    stack.claim_home()
    try:
        stack.log.write(urls={service: "http://127.0.0.1:1"})
        stack.run(service, settings)
        stack.wait_until_ready()
    except StartError as error:
        stack.stop("failed", str(error))
        raise


def test_a_service_gets_no_other_services_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAITONG_DATABASE_CUSTOMER", "postgresql://secret")
    environment = environment_of("order", tmp_path, {"KAITONG_DATABASE_ORDER": "postgresql://own"})
    assert [name for name in environment if "DATABASE" in name] == ["KAITONG_DATABASE_ORDER"]


def test_purge_deletes_state_and_nothing_else(tmp_path: Path) -> None:
    for name in ("kafka", "logs", "env", "engines", "holiday pictures"):
        (tmp_path / name).mkdir()
    purge(tmp_path)
    assert {it.name for it in tmp_path.iterdir()} == {"env", "engines", "holiday pictures"}
