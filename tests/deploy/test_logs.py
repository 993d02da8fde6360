"""Logs are cut before they grow too large, and nobody who writes them notices."""

from pathlib import Path

import pytest

from deploy.local import log_rotation, supervisor
from deploy.local.stack_record import StackRecordFile
from tests.deploy.recording_supervisor import RecordingSupervisor
from tests.deploy.waiting import until

MUCH = [f"line {number}" for number in range(200)]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a thousand bytes be much, and be seen at once."""
    monkeypatch.setattr(log_rotation, "MAX_BYTES", 1_000)
    monkeypatch.setattr(supervisor, "ROTATE_EVERY", 1)


def lines_of(log: Path) -> list[str]:
    """Return all that was written and is kept, the oldest first."""
    parts = [log_rotation.part_path(log, number) for number in range(log_rotation.MAX_PARTS, 0, -1)]
    return "".join(each.read_text() for each in (*parts, log) if each.exists()).splitlines()


def test_a_log_is_cut_while_its_writer_goes_on(care: RecordingSupervisor, tmp_path: Path) -> None:
    (tmp_path / "much").write_text("\n".join([*MUCH, ""]))
    wait = "until [ -e go ]; do sleep 0.02; done"
    program = care.program("writer", "/bin/sh", "-c", f"cat much; {wait}; echo more; exec sleep 60")
    until(lambda: log_rotation.part_path(program.log, 1).exists(), "it is cut")
    until(lambda: program.log.stat().st_size == 0, "it begins anew")

    (tmp_path / "go").touch()

    until(lambda: program.log.read_text() == "more\n", "its writer goes on at the beginning")
    assert lines_of(program.log) == [*MUCH, "more"]


def test_a_writer_that_is_started_again_goes_on_where_the_last_one_ended(
    care: RecordingSupervisor,
) -> None:
    program = care.program("writer", "/bin/sh", "-c", "echo once more; exec sleep 60")
    until(lambda: lines_of(program.log) == ["once more"], "it has written")

    program.server.kill()

    until(lambda: lines_of(program.log) == ["once more"] * 2, "it has written again")


def test_the_youngest_parts_are_kept_and_nobody_else_can_read_them(tmp_path: Path) -> None:
    log = tmp_path / "order.log"
    for number in range(log_rotation.MAX_PARTS + 2):
        log.write_text(f"{number}" * 1_000 + "\n")
        log_rotation.rotate(log)

    assert [line[0] for line in lines_of(log)] == ["2", "3", "4"]
    assert {path.name for path in tmp_path.iterdir()} == {
        "order.log",
        *(f"order.{number}.log" for number in (1, 2, 3)),
    }
    assert log_rotation.part_path(log, 1).stat().st_mode & 0o077 == 0


def test_what_the_supervisor_says_and_what_ran_before_is_cut_too(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "migrate.log").write_text("\n".join(MUCH))
    book = StackRecordFile(tmp_path, tuple)
    said = tmp_path / "logs" / "supervisor.log"

    for line in MUCH[:40]:
        book.log_event(line)

    book.close()
    assert lines_of(tmp_path / "logs" / "migrate.log") == MUCH
    assert said.stat().st_size < 1_100
    assert [line.partition(" ")[2] for line in lines_of(said)] == MUCH[:40]


def test_a_log_that_cannot_be_moved_stays_as_it_is_and_so_do_its_parts(tmp_path: Path) -> None:
    log = tmp_path / "order.log"
    log.write_text("x" * 2_000)
    log_rotation.part_path(log, 1).write_text("before")
    log.with_suffix(".half").mkdir()  # nothing can be written there

    log_rotation.rotate(log)

    assert (log.stat().st_size, log_rotation.part_path(log, 1).read_text()) == (2_000, "before")
