"""The methods that a path allows (RFC 9110, sections 9 and 15.5.6)."""

from starlette.routing import BaseRoute, Match
from starlette.types import Scope


def allowed_methods(routes: list[BaseRoute], scope: Scope) -> list[str]:
    """Return the methods that the path of a request allows.

    HEAD is allowed where GET is, since the middleware answers it; OPTIONS is allowed everywhere.
    """
    matching = [each for each in routes if each.matches(scope)[0] is not Match.NONE]
    methods = {method for each in matching for method in getattr(each, "methods", None) or ()}
    return sorted(methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set()))
