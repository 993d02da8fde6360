"""Which methods a path takes (RFC 9110, sections 9 and 15.5.6)."""

from collections.abc import MutableMapping
from typing import Any

from starlette.routing import BaseRoute, Match

Scope = MutableMapping[str, Any]


def allowed_methods(routes: list[BaseRoute], scope: Scope) -> list[str]:
    """Return the methods that the path of a request takes.

    HEAD is there where GET is, since the edge answers it; OPTIONS is everywhere.
    """
    there = [each for each in routes if each.matches(scope)[0] is not Match.NONE]
    found = {method for each in there for method in getattr(each, "methods", None) or ()}
    return sorted(found | {"OPTIONS"} | ({"HEAD"} if "GET" in found else set()))
