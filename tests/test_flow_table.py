"""The table of business actions and lines of business is complete, and names what there is."""

import ast
import json
import re
from pathlib import Path
from typing import NamedTuple

TABLE = Path("docs/flows/README.md")
TEST = re.compile(r"`(?P<file>\w+\.py)::(?P<test>\w+)`")
EXAMPLE = re.compile(r"\[(?P<name>[\w-]+)\]\(\.\./\.\./examples/(?P=name)\.json\)")


class Row(NamedTuple):
    """One pair with its example and its tests."""

    line: str
    action: str
    example: str
    flow: str
    undo: str


def rows() -> list[Row]:
    """Return the rows of the table."""
    lines = [each for each in TABLE.read_text().splitlines() if each.startswith("| `")]
    return [Row(*(cell.strip() for cell in each.strip("|").split("|"))) for each in lines]


def test_every_pair_that_is_offered_has_a_row_and_no_other_has() -> None:
    blueprints = json.loads(Path("services/provisioning/data/blueprints.json").read_text())
    offered = [(each["specification"], each["business_action"]) for each in blueprints]
    listed = [(each.line.strip("`"), each.action.strip("`")) for each in rows()]

    assert sorted(listed) == sorted(offered)


def test_every_line_of_the_catalogue_is_in_the_table() -> None:
    catalogue = json.loads(Path("services/order/data/catalogue.json").read_text())

    specifications = {each["id"] for each in catalogue["specifications"]}
    assert {each.line.strip("`") for each in rows()} == specifications


def test_every_row_names_an_example_and_tests_that_exist() -> None:
    for row in rows():
        example = EXAMPLE.fullmatch(row.example)
        assert example, row
        assert Path("examples", f"{example['name']}.json").is_file(), row
        for cell in (row.flow, row.undo):
            named = TEST.fullmatch(cell)
            assert named, row
            assert named["test"] in names_of_tests(Path("tests/flows", named["file"])), cell


def names_of_tests(path: Path) -> set[str]:
    """Return the names of the tests in a file."""
    inside = ast.walk(ast.parse(path.read_text()))
    return {each.name for each in inside if isinstance(each, ast.FunctionDef)}
