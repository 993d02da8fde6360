"""Every module that a text says to run exists, can be run, and accepts the words."""

import shlex
from collections.abc import Collection
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest

from shared.runtime.run import ProcessType
from tests.conftest import SERVICES
from tests.console.printed_commands import MODULES

OURS = ("deploy", "services", "shared")
FILLED_IN = {"services.NAME": "services.order", "SERVICE...": "order"}
"""Placeholders in texts, and an example value of each."""


class Takes(NamedTuple):
    """The arguments that a module accepts."""

    least: int
    most: int
    words: Collection[str] | None = None
    """None for a path or another free word."""


NOTHING = Takes(0, 0)
OF_SERVICES = Takes(1, len(SERVICES), SERVICES)
PART = Takes(0, 1, list(ProcessType))
TAKES = {
    "tools.province.extract": Takes(0, 1),
    "deploy.local.bootstrap": Takes(1, 1),
    "deploy.local.detached": Takes(1, 1),
    "shared.contracts.export": Takes(0, 1),
    "shared.privacy.archive_scrubbing": OF_SERVICES,
    "shared.persistence.migrate": OF_SERVICES,
    "shared.runtime.rename_installation": OF_SERVICES,
    **dict.fromkeys((f"services.{service}" for service in SERVICES), PART),
    "services.console": NOTHING,
}
"""By module; other modules accept no arguments."""


def check(line: str) -> None:
    """Check a line that says to run a module.

    Raises:
        AssertionError: if there is no such module, or it does not accept the words.
    """
    line, _, written = line.partition(">")
    module, *words = (FILLED_IN.get(word, word) for word in shlex.split(line) if word != "...")
    if module.partition(".")[0] not in OURS:
        assert find_spec(module), f"there is no module {module}"
        return
    source = source_of(module)
    takes = TAKES.get(module, NOTHING)
    assert takes is not NOTHING or "sys.argv" not in source, f"{module} reads words: say which"
    assert takes.least <= len(words) <= takes.most, f"{module} does not take so many words"
    if takes.words is not None:
        choices = {choice for word in words for choice in word.split("|")}
        assert choices <= set(takes.words), f"{module} does not take {choices}"
    assert not written or Path(written.strip()).exists(), f"there is no file {written}"


def source_of(module: str) -> str:
    """Return the source that runs as a module.

    Raises:
        AssertionError: if there is none, or it does nothing when it is run.
    """
    path = Path(*module.split("."))
    path = path / "__main__.py" if path.is_dir() else path.with_suffix(".py")
    assert path.exists(), f"there is no module {module}"
    source = path.read_text()
    assert '__name__ == "__main__"' in source, f"{module} does nothing when it is run"
    return source


def test_modules_are_named_by_documents_and_remedies() -> None:
    found = {(place, line.split()[0]) for place, _, line in MODULES}

    assert ("shared/kafka/installation.py", "shared.runtime.rename_installation") in found
    assert ("docs/runbook.md", "shared.kafka.admin") in found


@pytest.mark.parametrize(("place", "container", "line"), MODULES)
def test_a_module_that_a_text_says_to_run_is_there_and_takes_the_words(
    place: str, container: str, line: str
) -> None:
    check(line.removesuffix("\\"))

    assert not container or f"\n  {container}:\n" in Path("docker-compose.yml").read_text(), place


@pytest.mark.parametrize(
    "line",
    [
        "shared.renamed order",
        "shared.runtime.rename_installation",
        "shared.runtime.rename_installation orders",
        "shared.kafka.admin order",
        "shared.persistence.statements",
        "services.order api worker",
        "services.order web",
        "shared.config.settings > docs/nothing.md",
        "venvs env",
    ],
)
def test_a_line_that_names_no_module_or_wrong_words_is_found(line: str) -> None:
    with pytest.raises(AssertionError):
        check(line)
