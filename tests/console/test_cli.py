"""The command line: its help, its refusals with a remedy, and its exit codes."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.console.cli import app
from services.console.errors import FAILURE, UNAVAILABLE
from tests.console.command import kaitong

QUERY_MODULES = ("orders", "status", "numbers", "catalogue", "client")
"""Modules of the commands that only query a running stack."""

HEAVY = {"sqlalchemy", "psycopg", "fastapi", "faust", "aiokafka", "kafka"}

COMMANDS = (
    *(("demo",), ("up",), ("down",), ("status",), ("token",), ("bench",), ("test",)),
    *(("order", "submit"), ("order", "show"), ("order", "list"), ("numbers", "search")),
    *((), ("order",), ("numbers",)),
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home in which nothing ever ran."""
    monkeypatch.setenv("KAITONG_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does_and_gives_an_example(command: tuple[str, ...]) -> None:
    answer = CliRunner().invoke(app, [*command, "--help"])

    assert answer.exit_code == 0
    assert f"Example: kaitong {' '.join(command)}" in answer.output


def test_the_help_says_what_exit_codes_mean() -> None:
    answer = CliRunner().invoke(app, ["--help"])

    exit_codes = re.search(r"Exit codes: (.*)", " ".join(answer.output.split()))
    assert exit_codes
    assert {int(code) for code in re.findall(r"\b\d+\b", exit_codes[1])} == {
        0,
        FAILURE,
        2,
        UNAVAILABLE,
        130,
    }


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("status",), 69),
        (("order", "list"), 69),
        (("token", "nobody"), 1),
        (("bench", "--case", "nothing"), 2),
        (("demo", "--part", "nothing"), 2),
        (("no-such-command",), 2),
        (("demo", "--orders", "many"), 2),
    ],
)
def test_a_refusal_has_a_code_and_a_line_that_says_why(words: tuple[str, ...], code: int) -> None:
    answer = kaitong(*words)

    assert answer.returncode == code
    assert answer.stdout == ""
    assert answer.stderr.strip()
    assert "Traceback" not in answer.stderr


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("order", "list", "--limit", "0"), "--limit: is too small — give 1 or more"),
        (("demo", "--orders", "many"), "--orders: is no whole number — give a whole number, as 3"),
        (("no-such-command",), "No such command 'no-such-command' — see `kaitong --help`"),
    ],
)
def test_a_wrong_word_is_reported_in_one_plain_line(words: tuple[str, ...], line: str) -> None:
    answer = kaitong(*words)

    assert answer.stderr == f"kaitong: {line}\n"


@pytest.mark.usefixtures("home")
def test_what_needs_a_running_stack_says_how_to_start_one() -> None:
    answer = kaitong("status")

    assert "kaitong up" in answer.stderr


def test_a_token_is_printed_alone_and_its_key_is_for_the_owner_only(home: Path) -> None:
    answer = kaitong("token", "crm", "--client", "shop")

    assert answer.returncode == 0
    assert answer.stdout.count(".") == 2
    private = list((home / "keys").glob("*.key"))
    assert private
    assert {file.stat().st_mode & 0o777 for file in private} == {0o600}


@pytest.mark.usefixtures("home")
def test_nothing_to_stop_is_no_failure() -> None:
    answer = kaitong("down")

    assert answer.returncode == 0
    assert "nothing was running" in answer.stdout


def test_state_that_cannot_be_used_is_named_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("KAITONG_HOME", str(tmp_path / "file"))

    answer = kaitong("status")

    assert answer.returncode == 69
    assert "Not a directory — run this as its owner, or name another" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


def test_a_result_that_cannot_be_written_is_reported_before_anything_is_done(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").touch()

    answer = kaitong("bench", "--json", str(tmp_path / "file" / "result.json"))

    assert answer.returncode == 2
    assert "cannot be written" in answer.stderr
    assert "name a file in a folder of yours" in " ".join(answer.stderr.split())


def test_the_result_of_the_tests_can_be_had_as_json_and_missing_folders_are_made(
    tmp_path: Path,
) -> None:
    test = tmp_path / "test_nothing.py"
    test.write_text("def test_nothing():\n    assert True\n")
    result = tmp_path / "reports" / "today" / "result.json"

    answer = kaitong("test", "--only", str(test), "--json", str(result))

    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert json.loads(result.read_bytes())["ok"]


@pytest.mark.parametrize("module", QUERY_MODULES)
def test_a_command_that_only_asks_loads_nothing_of_a_service(module: str) -> None:
    """Loading one would delay every command by a second."""
    words = f"import services.console.{module}, sys; print(*sys.modules)"
    done = subprocess.run(  # noqa: S603  our own
        [sys.executable, "-c", words], capture_output=True, text=True, check=True
    )

    assert HEAVY & set(done.stdout.split()) == set()
