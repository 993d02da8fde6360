"""Ids in paths: any id fits into one segment of a path, also one with a slash.

Servers decode a path before it is routed, so that `A%2FB` would become two segments. Here
an encoded slash is replaced by another character until the path is routed.
"""

import re
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import quote, unquote
from uuid import UUID

ENCODED_SLASH = re.compile(r"%2F", re.IGNORECASE)
SLASH_SUBSTITUTE = "\ue000"
"""Replaces an encoded slash while a path is routed. Not printable, so no id has it."""

ENCODED_SUBSTITUTE = quote(SLASH_SUBSTITUTE)
HAS_ENCODED_SLASHES = "has_encoded_slashes"
SAFE_CHARACTERS = ":@"
"""What a segment of a path holds unencoded (RFC 3986, section 3.3), besides letters and digits."""


def href_of(collection: str, id_: str | UUID) -> str:
    """Return the URL path of a member of a collection."""
    return f"{collection}/{quote(str(id_), safe=SAFE_CHARACTERS)}"


def protect_encoded_slashes(scope: MutableMapping[str, Any]) -> None:
    """Replace encoded slashes in the path of a request before it is routed."""
    raw: bytes = scope["raw_path"]
    if b"%2F" in raw or b"%2f" in raw:
        scope[HAS_ENCODED_SLASHES] = True
        scope["path"] = unquote(ENCODED_SLASH.sub(ENCODED_SUBSTITUTE, raw.decode("ascii")))


def restore_encoded_slashes(scope: MutableMapping[str, Any]) -> None:
    """Put the slashes back into the path parameters of a routed request."""
    if HAS_ENCODED_SLASHES in scope:
        parameters: dict[str, str] = scope["path_params"]
        scope["path_params"] = {
            name: value.replace(SLASH_SUBSTITUTE, "/") for name, value in parameters.items()
        }
