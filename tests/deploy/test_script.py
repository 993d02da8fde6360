"""The script `kaitong`: its work before the command line starts."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.home import CHECKOUT

NOWHERE = "http://127.0.0.1:9"


def fake(path: Path, script: str) -> Path:
    """Create a shell script as a fake program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def kaitong(
    *words: str, at: tuple[Path, Path] = (CHECKOUT, CHECKOUT / "kaitong"), **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the script at a folder and path, with only the given environment."""
    folder, script = at
    return subprocess.run(
        [str(script), *words],
        env={"PATH": os.defpath} | environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with an environment whose Python prints how it was called."""
    home = tmp_path / "a home"
    fake(home / "env/bin/python", 'echo "$PYTHONPATH|$KAITONG_HOME|$*"')
    (home / "env/base").write_text("python3")
    for lock in ("requirements.txt", "requirements-dev.txt"):
        shutil.copyfile(CHECKOUT / lock, home / "env" / lock)
    return home


def test_it_runs_the_command_line_with_all_words(home: Path) -> None:
    done = kaitong("order", "show", "a b", KAITONG_HOME=str(home))
    assert done.stdout == f"{CHECKOUT}|{home}|-P -m services.console order show a b\n"


def test_it_finds_the_checkout_through_links_and_from_anywhere(home: Path, tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links/first").symlink_to(CHECKOUT / "kaitong")
    (tmp_path / "links/second").symlink_to("first")
    at = (tmp_path, tmp_path / "links/second")
    done = kaitong(at=at, KAITONG_HOME=home.name, PYTHONHOME="/gone")
    assert done.stdout == f"{CHECKOUT}|{home}|-P -m services.console\n"


def test_an_old_python_is_one_clear_line(tmp_path: Path) -> None:
    old = fake(tmp_path / "python", '[ "$1" = -V ] && echo Python 3.9.2 || exit 1')
    done = kaitong(KAITONG_PYTHON=str(old), KAITONG_HOME=str(tmp_path / "home"))
    assert done.returncode == os.EX_UNAVAILABLE
    assert done.stderr == (
        "kaitong: needs Python 3.11 to 3.14, found Python 3.9.2:"
        " install one, or name it in KAITONG_PYTHON\n"
    )


def test_no_python_is_one_clear_line(tmp_path: Path) -> None:
    for tool in ("readlink", "dirname", "cmp", "cat"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or tool)
    done = kaitong(PATH=str(tmp_path), KAITONG_HOME=str(tmp_path / "home"))
    assert done.stderr.startswith("kaitong: needs Python 3.11 to 3.14, found no Python: ")
    assert done.stderr.count("\n") == 1


def test_no_network_at_the_first_start_is_one_clear_line(tmp_path: Path) -> None:
    done = kaitong(
        KAITONG_HOME=str(tmp_path / "home"),
        KAITONG_PYTHON=base_python(),
        UV_DEFAULT_INDEX=NOWHERE,
        UV_HTTP_RETRIES="0",
        PIP_INDEX_URL=NOWHERE,
        PIP_RETRIES="0",
    )
    *progress, last = done.stderr.splitlines()
    assert done.returncode == os.EX_UNAVAILABLE
    assert progress == ["kaitong: making the environment (once)"]
    assert "connect to the network and start again" in last


def test_a_home_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = kaitong(KAITONG_HOME=str(tmp_path / "file/home"), KAITONG_PYTHON=base_python())
    assert done.returncode == os.EX_UNAVAILABLE
    assert done.stderr.endswith("set KAITONG_HOME elsewhere\n")
    assert done.stderr.count("\n") == 1


def base_python() -> str:
    """Return the Python that this environment was made from."""
    return str(Path(sys.base_prefix) / "bin" / "python3")
