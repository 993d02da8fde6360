"""Edits of files, each anchored by text of the file, and additions made of them."""

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


class AnchorError(Exception):
    """The text that an edit is anchored by is not in its file, or there more than once."""


class Edit(Protocol):
    """One change of one file."""

    @property
    def path(self) -> str:
        """The file, relative to the checkout."""

    def changed(self, text: str) -> str:
        """Return the text of the file after the edit.

        Raises:
            AnchorError: if the anchor is not there once.
        """


@dataclass(frozen=True, slots=True)
class InsertAfter:
    """Inserts lines after the line with the anchor."""

    path: str
    anchor: str
    lines: str

    def changed(self, text: str) -> str:
        """Return the text with the lines."""
        start = find_anchor(text, self.anchor)
        end = text.index("\n", start + len(self.anchor)) + 1
        return text[:end] + ended(self.lines) + text[end:]


@dataclass(frozen=True, slots=True)
class InsertBefore:
    """Inserts lines before the line with the anchor."""

    path: str
    anchor: str
    lines: str

    def changed(self, text: str) -> str:
        """Return the text with the lines."""
        start = text.rfind("\n", 0, find_anchor(text, self.anchor)) + 1
        return text[:start] + ended(self.lines) + text[start:]


@dataclass(frozen=True, slots=True)
class Replace:
    """Replaces the anchor."""

    path: str
    anchor: str
    replacement: str

    def changed(self, text: str) -> str:
        """Return the text with the replacement."""
        start = find_anchor(text, self.anchor)
        return text[:start] + self.replacement + text[start + len(self.anchor) :]


@dataclass(frozen=True, slots=True)
class AppendJson:
    """Appends an entry to a list of a JSON file."""

    path: str
    entry: Any
    key: str = ""
    """The key of the list at the top of the file; empty: the file is the list."""

    def changed(self, text: str) -> str:
        """Return the document with the entry."""
        document = json.loads(text)
        entries = document.get(self.key) if self.key else document
        if not isinstance(entries, list):
            msg = f"there is no list {self.key!r}"
            raise AnchorError(msg)
        entries.append(self.entry)
        return ended(json.dumps(document, ensure_ascii=False, indent=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class NextBlueprint:
    """Appends the next version of a blueprint, with a further need that one step is told."""

    path: str = field(kw_only=False)
    specification: str
    business_action: str
    need: Mapping[str, str]
    step: str
    parameter: Mapping[str, str]

    def changed(self, text: str) -> str:
        """Return the document with the version."""
        document = json.loads(text)
        name = (self.specification, self.business_action)
        found = [it for it in document if (it["specification"], it["business_action"]) == name]
        if not found:
            msg = f"there is no blueprint {'/'.join(name)}"
            raise AnchorError(msg)
        following = deepcopy(found[-1])
        following["version"] += 1
        following["needs"].append(self.need)
        for step in following["steps"]:
            if step["name"] == self.step:
                step["parameters"].append(self.parameter)
        return ended(json.dumps([*document, following], ensure_ascii=False, indent=1))


@dataclass(frozen=True, slots=True)
class NewFile:
    """Makes a file."""

    path: str
    content: str

    def changed(self, text: str) -> str:
        """Return the content; there must be no file yet."""
        if text:
            msg = "the file exists already"
            raise AnchorError(msg)
        return ended(self.content)


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

    heavy: Mapping[str, str] = field(default_factory=dict)
    """Tests of "Complete when" that only the long mode runs, each with the reason."""

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
