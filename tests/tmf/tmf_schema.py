"""Compares values with the definitions in TM Forum's descriptions (Swagger 2.0)."""

import json
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.json_schema import faults_in

NOT_IN_SCHEMA = ": is not in the schema"


@cache
def description(name: str) -> dict[str, Any]:
    """Return TM Forum's description of an API.

    Its definition of any value is missing in the file, and so is added.
    """
    found: dict[str, Any] = json.loads(Path(__file__).with_name("specs").joinpath(name).read_text())
    found["definitions"]["Any"] = {}
    return found


def tmf_faults(
    value: object, file: str, definition: str, extensions: Collection[str]
) -> Iterator[str]:
    """Yield the faults of a value by a definition, each with the pointer to it.

    Args:
        value: a request or a response.
        file: the description, a file of `specs`.
        definition: the name of the definition.
        extensions: the attributes that are ours; TMF630 lets a server add some.
    """
    whole = description(file)
    for fault in faults_in(value, whole["definitions"][definition], whole):
        name = fault.removesuffix(NOT_IN_SCHEMA).rsplit("/", 1)[-1]
        if not (fault.endswith(NOT_IN_SCHEMA) and name in extensions):
            yield fault
