"""Every rule of docs/bad-input.md names an existing test."""

import re
from pathlib import Path

from tests.test_guarantees import names_in

NAMED = re.compile(r"`(?P<file>tests/[\w/]+\.py)(?:::(?P<test>\w+))?`")


def rows() -> list[str]:
    """Return the rows of the rules on the page."""
    lines = Path("docs/bad-input.md").read_text().splitlines()
    return [line for line in lines if line.startswith("| ") and not line.startswith("| rule |")]


def test_every_rule_names_a_test() -> None:
    assert rows()
    assert [row for row in rows() if not NAMED.search(row) and "the same" not in row] == []


def test_every_test_that_a_rule_names_exists() -> None:
    named = [match.group("file", "test") for row in rows() for match in NAMED.finditer(row)]

    missing = [
        f"{file}::{test}"
        for file, test in named
        if not Path(file).is_file() or (test and test not in names_in(file))
    ]

    assert missing == []
