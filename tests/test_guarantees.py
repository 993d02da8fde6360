"""Every test that docs/guarantees.md names exists."""

import ast
import re
from pathlib import Path

NAMED = re.compile(r"`(?P<file>(?:tests/)?[\w/]+\.py)::(?P<test>\w+)`")


def test_every_guarantee_names_an_existing_test() -> None:
    named = [match.group("file", "test") for match in NAMED.finditer(page())]

    missing = [f"{file}::{test}" for file, test in named if test not in names_in(file)]

    assert named
    assert missing == []


def test_every_guarantee_has_a_test() -> None:
    rows = [line for line in page().splitlines() if line.startswith("| ") and "|---" not in line]
    guarantees = [row for row in rows if not row.startswith("| guarantee |")]

    assert [row for row in guarantees if not NAMED.search(row)] == []


def page() -> str:
    return Path("docs/guarantees.md").read_text()


def names_in(file: str) -> set[str]:
    """Return the names of the tests in a file."""
    path = Path(file) if file.startswith("tests/") else Path("tests/shared", file)
    inside = ast.walk(ast.parse(path.read_text()))
    return {
        node.name for node in inside if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
