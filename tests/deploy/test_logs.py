"""Logs are rotated before they grow too large, without disturbing their writers."""

from pathlib import Path

import pytest

from deploy.local import log_rotation, supervisor
from deploy.local.stack_record import StackRecordFile
from tests.deploy.recording_supervisor import RecordingSupervisor
from tests.deploy.waiting import until

MUCH = [f"line {number}" for number in range(200)]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rotate at a thousand bytes, and check at once."""
    monkeypatch.setattr(log_rotation, "MAX_BYTES", 1_000)
    monkeypatch.setattr(supervisor, "ROTATE_EVERY", 1)


def lines_of(log: Path) -> list[str]:
    """Return all lines that are kept, the oldest first."""
    parts = [log_rotation.part_path(log, number) for number in range(log_rotation.MAX_PARTS, 0, -1)]
    return "".join(each.read_text() for each in (*parts, log) if each.exists()).splitlines()


def test_a_log_is_rotated_while_its_writer_continues(
    supervision: RecordingSupervisor, tmp_path: Path
) -> None:
    (tmp_path / "much").write_text("\n".join([*MUCH, ""]))
    wait = "until [ -e go ]; do sleep 0.02; done"
    program = supervision.program(
        "writer", "/bin/sh", "-c", f"cat much; {wait}; echo more; exec sleep 60"
    )
    until(lambda: log_rotation.part_path(program.log, 1).exists(), "it is cut")
    until(lambda: program.log.stat().st_size == 0, "it begins anew")

    (tmp_path / "go").touch()

    until(lambda: program.log.read_text() == "more\n", "its writer continues at the beginning")
    assert lines_of(program.log) == [*MUCH, "more"]


def test_a_restarted_writer_appends_to_the_log(
    supervision: RecordingSupervisor,
) -> None:
    program = supervision.program("writer", "/bin/sh", "-c", "echo once more; exec sleep 60")
    until(lambda: lines_of(program.log) == ["once more"], "it has written")

    program.server.kill()

    until(lambda: lines_of(program.log) == ["once more"] * 2, "it has written again")


def test_the_newest_parts_are_kept_and_only_their_owner_can_read_them(tmp_path: Path) -> None:
    log = tmp_path / "order.log"
    for number in range(log_rotation.MAX_PARTS + 2):
        log.write_text(f"{number}" * 1_000 + "\n")
        log_rotation.rotate_if_large(log)

    assert [line[0] for line in lines_of(log)] == ["2", "3", "4"]
    assert {path.name for path in tmp_path.iterdir()} == {
        "order.log",
        *(f"order.{number}.log" for number in (1, 2, 3)),
    }
    assert log_rotation.part_path(log, 1).stat().st_mode & 0o077 == 0


def test_the_log_of_the_supervisor_and_older_logs_are_rotated_too(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "migrate.log").write_text("\n".join(MUCH))
    record_file = StackRecordFile(tmp_path, tuple)
    log = tmp_path / "logs" / "supervisor.log"

    for line in MUCH[:40]:
        record_file.log_event(line)

    record_file.close()
    assert lines_of(tmp_path / "logs" / "migrate.log") == MUCH
    assert log.stat().st_size < 1_100
    assert [line.partition(" ")[2] for line in lines_of(log)] == MUCH[:40]


def test_a_log_that_cannot_be_moved_stays_as_it_is_and_so_do_its_parts(tmp_path: Path) -> None:
    log = tmp_path / "order.log"
    log.write_text("x" * 2_000)
    log_rotation.part_path(log, 1).write_text("before")
    log.with_suffix(".half").mkdir()  # nothing can be written there

    log_rotation.rotate_if_large(log)

    assert (log.stat().st_size, log_rotation.part_path(log, 1).read_text()) == (2_000, "before")
