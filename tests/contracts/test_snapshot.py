"""Consumers of released contracts can read today's messages; docs/contracts match the code."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.compatibility import breaking_changes
from shared.contracts.export import BreakingChangeError, exported_files, to_json_text, write_files

PUBLISHED = Path(__file__).parents[2] / "docs" / "contracts"
EXPORT_COMMAND = "python -m shared.contracts.export docs/contracts"
ACCEPTED = "order.accepted.v1.json"

Change = Callable[[dict[str, Any]], Any]


def released() -> dict[str, Any]:
    """Return a message as it was released."""
    return json.loads((PUBLISHED / ACCEPTED).read_text())  # type: ignore[no-any-return]


def changed(change: Change) -> dict[str, Any]:
    """Return the message after a change."""
    after = copy.deepcopy(released())
    change(after)
    return after


def test_the_published_contracts_are_those_of_the_code() -> None:
    exported = {name: to_json_text(content) for name, content in exported_files().items()}

    assert {path.name: path.read_text() for path in PUBLISHED.iterdir()} == exported, EXPORT_COMMAND


def test_readers_of_the_released_contracts_can_read_what_is_published_today() -> None:
    exported = exported_files()

    breaks = [
        each
        for path in sorted(PUBLISHED.glob("*.v*.json"))
        for each in breaking_changes(json.loads(path.read_text()), exported.get(path.name))
    ]

    assert breaks == []


BREAKING: dict[str, Change] = {
    "the field client was removed": lambda it: it["properties"].pop("client"),
    "the field priority has another type": lambda it: it["properties"].update(
        priority={"type": "string"}
    ),
    "the field items has another type": lambda it: it["properties"].update(
        items={"$ref": "#/$defs/OrderedItem"}
    ),
    "the field new is required now": lambda it: it["required"].append("new"),
    "the field client is no longer required": lambda it: it["required"].remove("client"),
    "Customer was removed": lambda it: it["$defs"].pop("Customer"),
    "Customer: the field id has another type": lambda it: it["$defs"]["Customer"][
        "properties"
    ].update(id={"type": "integer"}),
    "Action has another type": lambda it: it["$defs"]["Action"]["enum"].append("pause"),
}


@pytest.mark.parametrize(("message", "change"), BREAKING.items(), ids=BREAKING.keys())
def test_what_an_older_consumer_cannot_read_is_named(message: str, change: Change) -> None:
    breaks = breaking_changes(released(), changed(change))

    assert len(breaks) == 1
    assert message in breaks[0]


def test_a_message_that_is_no_longer_published_is_named() -> None:
    assert breaking_changes(released(), None) == ["order.accepted.v1 is no longer published"]


@pytest.mark.parametrize(
    "change",
    [
        lambda it: it["properties"].update(new={"type": "string", "default": ""}),
        lambda it: it["properties"]["channel"].update(description="Better words.", default="web"),
        lambda it: it["$defs"].update(Extra={"type": "object"}),
        lambda it: it.update(description="Better words."),
    ],
)
def test_more_fields_and_better_words_are_compatible(change: Change) -> None:
    assert breaking_changes(released(), changed(change)) == []


def test_a_break_is_not_published(tmp_path: Path) -> None:
    write_files(tmp_path)
    held = json.loads((tmp_path / ACCEPTED).read_text())
    held["properties"]["gone"] = {"type": "string"}
    (tmp_path / ACCEPTED).write_text(json.dumps(held))

    with pytest.raises(BreakingChangeError, match="the field gone was removed"):
        write_files(tmp_path)


def test_every_message_and_field_says_what_it_is() -> None:
    index = exported_files()["asyncapi.json"]["components"]

    assert all(message["summary"] for message in index["messages"].values())
    envelope = index["schemas"]["Envelope"]["properties"]
    assert envelope["sequence"]["description"].startswith("Counts the messages of one owner")
    assert index["schemas"]["RefusalCode"]["x-words"]["unserved"].startswith("It cannot be served")


def test_personal_fields_are_marked() -> None:
    customer = exported_files()[ACCEPTED]["$defs"]["Customer"]["properties"]

    marked = {name for name, field in customer.items() if field.get("x-personal")}
    assert marked == {"name", "phone", "email", "identity_number"}
