"""docs/develop.md, read as a list: what a section tells to touch, and which tests tell the rest."""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

PAGE = Path("docs/develop.md")
COMPLETE = "Complete when"
IN_BACKTICKS = re.compile(r"`([^`]+)`")
FILE = re.compile(r"[\w./*-]+\.(?:py|json|md|yml|example)|[\w/*-]+/[\w/*-]*")
"""A file, or a folder; routes and the fields of a reference begin otherwise."""

COMMAND = re.compile(r"python -m (?P<module>[\w.]+) > (?P<path>[^\s`]+)")


class Section(NamedTuple):
    """What a section of the page names."""

    paths: tuple[str, ...]
    """The files and folders to touch, with their placeholders."""

    generated: Mapping[str, str]
    """The files that are generated, each with the module that prints it."""

    tests: tuple[str, ...]
    """The files and folders of the tests that tell when it is complete."""


@cache
def section(heading: str) -> Section:
    """Return what a section names."""
    text = PAGE.read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    assert text, f"{PAGE} has no section {heading!r}"
    to_do, _, complete = text.partition(f"\n{COMPLETE}")
    assert complete, f"section {heading!r} does not say when it is complete"
    to_do = to_do.partition("\n1. ")[2]
    generated = {each["path"]: each["module"] for each in COMMAND.finditer(to_do)}
    return Section(named_paths(to_do), generated, named_paths(complete))


def named_paths(text: str) -> tuple[str, ...]:
    """Return the paths in a text, each once. A bare file name is in the folder named before it."""
    found: dict[str, None] = {}
    folder = PurePosixPath()
    for name in IN_BACKTICKS.findall(text):
        if not FILE.fullmatch(name) or name.startswith("/"):
            continue
        path = PurePosixPath(name)
        if "/" not in name and not Path(name).exists():
            path = folder / name
        folder = path.parent if path.suffix else path
        found[str(path)] = None
    return tuple(found)


def filled_in(path: str, placeholders: Mapping[str, str]) -> str:
    """Return a named path with words for its placeholders."""
    for word, value in placeholders.items():
        path = path.replace(word, value)
    return path


def covers(named: str, path: str) -> bool:
    """Tell whether a named file, folder or pattern covers a file."""
    return fnmatchcase(path, named) or path.startswith(f"{named}/")
