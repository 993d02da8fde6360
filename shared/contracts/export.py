"""Exports the contracts: an AsyncAPI 3.0 document, and a JSON Schema for each message.

`python -m shared.contracts.export` prints the AsyncAPI document;
`python -m shared.contracts.export FOLDER` writes all files there, unless consumers of
the files there could not read what this code publishes (compatibility.py).
"""

import ast
import inspect
import json
import sys
import textwrap
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from enum import EnumType
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

import shared.contracts  # noqa: F401  fills the registry
from shared.contracts.base import Envelope, Message, public_contracts
from shared.contracts.compatibility import breaking_changes

Schema: TypeAlias = dict[str, Any]

INDEX = "asyncapi.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
INFO = {
    "title": "Kaitong",
    "version": "1",
    "description": "Messages between the services: CloudEvents 1.0 in JSON on Kafka. The Kafka "
    "headers `type` and `id` repeat the envelope's, so that a consumer can skip a record unread.",
}


class BreakingChangeError(Exception):
    """Consumers of the released contracts could not read what this code publishes."""


def exported_files() -> dict[str, Schema]:
    """Return the content of every file of the export, by its name."""
    schemas = {f"{message.type}.json": schema_of(message) for message in public_contracts()}
    return {INDEX: asyncapi_document(), **schemas}


def schema_of(message: type[Message]) -> Schema:
    """Return the JSON Schema of one message's data, complete in itself."""
    (top,), parts = msgspec.json.schema_components([message], ref_template="#/$defs/{name}")
    parts = with_descriptions(parts, [message])
    main = parts.pop(top["$ref"].rpartition("/")[2])
    head = {"$schema": DIALECT, "$id": f"/contracts/{message.type}.json", "x-type": message.type}
    return {**head, **main, **({"$defs": parts} if parts else {})}


def asyncapi_document() -> Schema:
    """Return every topic and every message as one AsyncAPI document."""
    messages = public_contracts()
    _, parts = msgspec.json.schema_components(
        [Envelope, *messages], ref_template="#/components/schemas/{name}"
    )
    return {
        "asyncapi": "3.0.0",
        "info": INFO,
        "defaultContentType": "application/cloudevents+json",
        "channels": {
            topic: channel_of(topic, messages)
            for topic in sorted({each.topic for each in messages})
        },
        "operations": {each.type: operation_of(each) for each in messages},
        "components": {
            "messages": {each.type: asyncapi_message_of(each) for each in messages},
            "schemas": with_descriptions(parts, [Envelope, *messages]),
        },
    }


def channel_of(topic: str, messages: Iterable[type[Message]]) -> Schema:
    """Return a topic with those of the messages that are published to it."""
    refs = {each.type: ref("messages", each.type) for each in messages if each.topic == topic}
    return {"address": topic, "messages": refs}


def operation_of(message: type[Message]) -> Schema:
    """Return the operation by which the owner publishes a message to its topic."""
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{message.topic}"},
        "summary": f"Published by {message.owner}.",
        "messages": [{"$ref": f"#/channels/{message.topic}/messages/{message.type}"}],
    }


def asyncapi_message_of(message: type[Message]) -> Schema:
    """Return one message in its envelope."""
    properties = {
        "type": {"const": message.type},
        "dataschema": {"const": f"/contracts/{message.type}.json"},
        "data": ref("schemas", message.__name__),
    }
    return {
        "name": message.type,
        "title": message.__name__,
        "summary": inspect.getdoc(message) or "",
        "correlationId": {"location": "$message.payload#/correlationid"},
        "payload": {"allOf": [ref("schemas", "Envelope"), {"properties": properties}]},
        "bindings": {"kafka": {"key": {"type": "string", "description": "The subject, 16 bytes."}}},
    }


def ref(kind: str, name: str) -> dict[str, str]:
    """Return a reference to a component."""
    return {"$ref": f"#/components/{kind}/{name}"}


def with_descriptions(schemas: dict[str, Schema], tops: list[type]) -> dict[str, Schema]:
    """Return schemas with the docstrings of classes, fields and enumeration values."""
    kinds = {kind.__name__: kind for top in tops for kind in types_in(top)}
    return {name: with_docstrings(schema, kinds[name]) for name, schema in sorted(schemas.items())}


def with_docstrings(schema: Schema, kind: type) -> Schema:
    """Return the schema of one class with its docstrings."""
    texts = all_field_docstrings(kind)
    whole = {**schema, "description": inspect.getdoc(kind) or ""}
    if isinstance(kind, EnumType):
        values = {
            str(kind[name].value): text for name, text in texts.items() if name in kind.__members__
        }
        return {**whole, **({"x-words": values} if values else {})}
    fields = schema.get("properties", {}).items()
    described = {
        name: {**field, "description": texts[name]} if name in texts else field
        for name, field in fields
    }
    return {**whole, "properties": described}


def types_in(top: type) -> Iterator[type]:
    """Yield a class, and the classes of its fields."""
    waiting: list[Any] = [msgspec.inspect.type_info(top)]
    seen: set[type] = set()
    while waiting:
        info = waiting.pop()
        kind = getattr(info, "cls", None)
        if kind is None or kind not in seen:
            waiting += inner_types(info)
        if kind is not None and kind not in seen:
            seen.add(kind)
            yield kind


def inner_types(info: Any) -> list[Any]:  # noqa: ANN401  one of many types of msgspec
    """Return the types inside a type."""
    match info:
        case msgspec.inspect.StructType(fields=fields):
            return [field.type for field in fields]
        case msgspec.inspect.UnionType(types=types):
            return list(types)
        case msgspec.inspect.VarTupleType(item_type=item) | msgspec.inspect.Metadata(type=item):
            return [item]
        case _:
            return []


@lru_cache
def all_field_docstrings(kind: type) -> dict[str, str]:
    """Return the docstrings of a class's fields, those of its base classes included."""
    classes = [each for each in reversed(kind.__mro__) if each.__module__.startswith("shared.")]
    return {name: text for each in classes for name, text in field_docstrings(each)}


def field_docstrings(kind: type) -> Iterator[tuple[str, str]]:
    """Yield each field of one class that has a docstring, with it."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(tree, ast.ClassDef)
    for field, below in pairwise(tree.body):
        name, text = field_name(field), string_statement_text(below)
        if name and text:
            yield name, inspect.cleandoc(text)


def field_name(node: ast.stmt) -> str | None:
    """Return the name of the field that a statement declares."""
    match node:
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case _:
            return None


def string_statement_text(node: ast.stmt) -> str | None:
    """Return the text of a statement that is only a string."""
    match node:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return text
        case _:
            return None


def write_files(folder: Path) -> None:
    """Write the export to a folder.

    Raises:
        BreakingChangeError: consumers of the files there could not read what this code publishes.
    """
    exported = exported_files()
    breaks = [
        each
        for path in sorted(folder.glob("*.v*.json"))
        for each in breaking_changes(json.loads(path.read_text()), exported.get(path.name))
    ]
    if breaks:
        raise BreakingChangeError(
            "\n".join([*breaks, "publish a new version beside the old one instead"])
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in exported.items():
        (folder / name).write_text(to_json_text(content))


def to_json_text(content: Schema) -> str:
    """Return a file's content; it depends only on the contracts."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> None:
    """Print the AsyncAPI document, or write all files to a folder."""
    parser = ArgumentParser(prog="python -m shared.contracts.export", description=main.__doc__)
    parser.add_argument(
        "folder", type=Path, nargs="?", help="the folder of the files: docs/contracts"
    )
    folder = parser.parse_args(arguments).folder
    if folder is None:
        sys.stdout.write(to_json_text(asyncapi_document()))
        return
    try:
        write_files(folder)
    except BreakingChangeError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
