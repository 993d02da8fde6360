"""Edits of files, each anchored by text of the file, and additions made of them."""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class AnchorError(Exception):
    """The text that an edit is anchored by is not in its file, or there more than once."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of one file."""

    path: str
    """The file, relative to the checkout."""

    changed: Callable[[str], str]
    """Returns the text of the file after the edit; raises AnchorError without the one anchor."""


def insert_after(path: str, anchor: str, lines: str) -> Edit:
    """Return the edit that inserts lines after the line in which the anchor ends."""

    def changed(text: str) -> str:
        end = text.index("\n", find_anchor(text, anchor) + len(anchor)) + 1
        return text[:end] + ended(lines) + text[end:]

    return Edit(path, changed)


def insert_before(path: str, anchor: str, lines: str) -> Edit:
    """Return the edit that inserts lines before the line in which the anchor begins."""

    def changed(text: str) -> str:
        start = text.rfind("\n", 0, find_anchor(text, anchor)) + 1
        return text[:start] + ended(lines) + text[start:]

    return Edit(path, changed)


def replace(path: str, anchor: str, replacement: str) -> Edit:
    """Return the edit that replaces the anchor."""

    def changed(text: str) -> str:
        find_anchor(text, anchor)
        return text.replace(anchor, replacement)

    return Edit(path, changed)


def append_json(path: str, entry: Any, key: str = "") -> Edit:
    """Return the edit that appends an entry to the list in a JSON file, or to that at `key`."""

    def changed(text: str) -> str:
        document = json.loads(text)
        (document[key] if key else document).append(entry)
        return json_text(document)

    return Edit(path, changed)


def append_blueprint(
    path: str,
    name: str,
    *,
    need: Mapping[str, str],
    step: str,
    parameter: Mapping[str, str],
) -> Edit:
    """Return the edit that appends the next version of a blueprint, `specification/action`.

    It has a further need, and one step gets a further parameter.
    """

    def changed(text: str) -> str:
        document = json.loads(text)
        versions = [
            it for it in document if f"{it['specification']}/{it['business_action']}" == name
        ]
        following = deepcopy(versions[-1])
        following["version"] += 1
        following["needs"].append(need)
        (told,) = (it for it in following["steps"] if it.get("name") == step)
        told["parameters"].append(parameter)
        return json_text([*document, following])

    return Edit(path, changed)


def new_file(path: str, content: str) -> Edit:
    """Return the edit that makes a file."""

    def changed(text: str) -> str:
        if text:
            msg = "the file exists already"
            raise AnchorError(msg)
        return ended(content)

    return Edit(path, changed)


def json_text(document: Any) -> str:
    """Return a document as the text of a file."""
    return ended(json.dumps(document, ensure_ascii=False, indent=1))


def find_anchor(text: str, anchor: str) -> int:
    """Return where the anchor begins."""
    if (count := text.count(anchor)) != 1:
        msg = f"the anchor is there {count} times instead of once: {anchor!r}"
        raise AnchorError(msg)
    return text.index(anchor)


def ended(text: str) -> str:
    """Return a text with a new line at its end."""
    return text if text.endswith("\n") else f"{text}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """One addition, as its section of docs/develop.md says."""

    name: str
    section: str
    """The heading of its section in docs/develop.md."""

    edits: tuple[Edit, ...]
    placeholders: Mapping[str, str] = field(default_factory=dict)
    """What it fills in for the words in capitals of the named paths."""

    not_needed: Mapping[str, str] = field(default_factory=dict)
    """Files that the section names for other cases, each with the reason."""

    incomplete: Mapping[str, str] = field(default_factory=dict)
    """Files, each with a test that fails if the edits of the file are left out."""

    @property
    def touched(self) -> set[str]:
        """All files that it makes or changes by hand."""
        return {each.path for each in self.edits}

    def apply(self, checkout: Path) -> None:
        """Apply all edits.

        Raises:
            AnchorError: if an anchor is not there once.
        """
        for edit in self.edits:
            path = checkout / edit.path
            try:
                text = edit.changed(path.read_text() if path.exists() else "")
            except AnchorError as error:
                msg = f"addition {self.name}, {edit.path}: {error}"
                raise AnchorError(msg) from None
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
