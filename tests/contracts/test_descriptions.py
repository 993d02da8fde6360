"""The services' descriptions are complete: all bodies and answers have valid examples."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from shared.version import VERSION
from tests.json_schema import faults_in, resolved

Json = dict[str, Any]

PROBLEM = "application/problem+json"


class Content(NamedTuple):
    """One body, or one answer."""

    name: str
    described: Json
    """Its schema, and its examples unless they are in the schema."""


def contents_of(description: Json) -> Iterator[Content]:
    """Yield every request body, and every answer that is no refusal."""
    for path, operations in description["paths"].items():
        for verb, operation in operations.items():
            parts = operation["responses"] | {"body": operation.get("requestBody", {})}
            for part, described in parts.items():
                for media_type, content in described.get("content", {}).items():
                    if media_type != PROBLEM:
                        yield Content(f"{verb} {path} {part} {media_type}", content)


def examples_of(content: Json, whole: Json) -> list[Any]:
    """Return the examples of a body or an answer: its own, or those of its parts."""
    own = [each["value"] for each in content.get("examples", {}).values()]
    own += [content["example"]] if "example" in content else []
    return own or examples_in(content["schema"], whole)


def examples_in(schema: Json, whole: Json) -> list[Any]:
    """Return the examples in a schema, or in its items or alternatives."""
    if "examples" in schema:
        return list(schema["examples"])
    if "$ref" in schema:
        return examples_in(dict(resolved(schema["$ref"], whole)), whole)
    if "anyOf" in schema:
        return [each for kind in schema["anyOf"] for each in examples_in(kind, whole)]
    return [[each] for each in examples_in(schema.get("items", {}), whole)] if schema else []


def test_every_body_and_every_answer_has_an_example(description: Json) -> None:
    contents = list(contents_of(description))

    assert len(contents) > 10
    assert [each.name for each in contents if not examples_of(each.described, description)] == []


def test_every_example_is_what_its_schema_says(description: Json) -> None:
    faults = [
        f"{each.name}: {fault}"
        for each in contents_of(description)
        for example in examples_of(each.described, description)
        for fault in faults_in(example, each.described["schema"], description)
    ]

    assert faults == []


def test_the_example_of_a_refusal_is_what_its_schema_says(description: Json) -> None:
    problem = description["components"]["schemas"]["Problem"]

    assert [list(faults_in(each, problem, description)) for each in problem["examples"]] == [[]]


def test_a_description_has_the_version_of_the_code(description: Json) -> None:
    assert description["info"]["version"] == VERSION
