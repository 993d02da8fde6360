"""Hooks for schemathesis: JSON lines, parameters of existing things, small imports.

Schemathesis imports this in its own process. `EXISTING` is a JSON object there: for each
parameter of a path the values under which something exists.
"""

import json
import os
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import schemathesis
from schemathesis.core.parameters import ParameterLocation

EXISTING: Mapping[str, Sequence[str]] = json.loads(os.environ.get("EXISTING", "{}"))
LARGEST_ROW = 100
"""A row of an import may create a million numbers; here it creates no more than this."""

_calls = count()


@schemathesis.serializer(  # type: ignore[untyped-decorator]
    "application/x-ndjson", "application/ndjson", "application/jsonl"
)
def as_json_lines(_: schemathesis.SerializationContext, value: Any) -> bytes:
    """Return rows as lines of JSON."""
    rows = value if isinstance(value, list) else [value]
    return "\n".join(json.dumps(each) for each in rows).encode(errors="surrogatepass")


@schemathesis.hook  # type: ignore[untyped-decorator]
def before_call(
    _: schemathesis.HookContext, case: schemathesis.Case[Any], __: dict[str, Any]
) -> None:
    """Let two of three valid requests name existing things, and keep every import small."""
    if case.meta is None or case.meta.phase.name.value == "stateful":
        return
    if not case.meta.is_negative_at(ParameterLocation.PATH) and next(_calls) % 3:
        for name in case.path_parameters or {}:
            if values := EXISTING.get(name):
                case.path_parameters[name] = values[next(_calls) % len(values)]
    if not case.meta.is_negative_at(ParameterLocation.BODY):
        for row in case.body if isinstance(case.body, list) else [case.body]:
            keep_small(row)


def keep_small(row: Any) -> None:
    """Limit how much one row of an import creates."""
    for name in ("count", "legs") if isinstance(row, dict) else ():
        if isinstance(row.get(name), int | float):
            row[name] = min(row[name], LARGEST_ROW)
