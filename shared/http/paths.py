"""Ids in paths: any id stands in one step of a path, and is found there again.

Servers decode a path before it is routed, so that `A%2FB` would become two steps. Here
an encoded slash stays whole until the path is taken apart.
"""

import re
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import quote, unquote
from uuid import UUID

ENCODED_SLASH = re.compile(r"%2F", re.IGNORECASE)
SLASH_PLACEHOLDER = "\ue000"
"""Stands for an encoded slash while a path is routed. Not printable, so no id has it."""

ENCODED_PLACEHOLDER = quote(SLASH_PLACEHOLDER)
HAS_ENCODED_SLASHES = "keeps_slashes"
SAFE_CHARACTERS = ":@"
"""What a step of a path holds as it is (RFC 3986, section 3.3), besides letters and digits."""


def href_of(collection: str, id_: str | UUID) -> str:
    """Return where a thing of a collection is found."""
    return f"{collection}/{quote(str(id_), safe=SAFE_CHARACTERS)}"


def protect_encoded_slashes(scope: MutableMapping[str, Any]) -> None:
    """Have a request routed by its path as it was written, where that has encoded slashes."""
    raw: bytes = scope["raw_path"]
    if b"%2F" in raw or b"%2f" in raw:
        scope[HAS_ENCODED_SLASHES] = True
        scope["path"] = unquote(ENCODED_SLASH.sub(ENCODED_PLACEHOLDER, raw.decode("ascii")))


def restore_encoded_slashes(scope: MutableMapping[str, Any]) -> None:
    """Give the parameters of a path that was routed their slashes back."""
    if HAS_ENCODED_SLASHES in scope:
        found: dict[str, str] = scope["path_params"]
        scope["path_params"] = {
            name: value.replace(SLASH_PLACEHOLDER, "/") for name, value in found.items()
        }
