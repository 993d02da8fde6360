"""Request headers that an endpoint takes: FastAPI takes ten times as long to read one."""

from collections.abc import Callable
from typing import Any

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError

from shared.http.dependencies import DirectDependency, ours_of


class GivenHeader(DirectDependency[str | None]):
    """A header that may be left out; one that is there must be as its type says."""

    def __init__(self, name: str, kind: Any) -> None:  # noqa: ANN401  whatever pydantic takes
        super().__init__(self.said)
        self.name = name
        self._kind: TypeAdapter[str] = TypeAdapter(kind)

    def said(self, request: Request) -> str | None:
        """Return what a request says in it; None where it has no such header.

        Raises:
            RequestValidationError: it says something else than it may.
        """
        text = request.headers.get(self.name)
        if text is None:
            return None
        try:
            return self._kind.validate_python(text)
        except ValidationError as error:
            found = error.errors(include_url=False)
            here = [{**each, "loc": ("header", self.name)} for each in found]
            raise RequestValidationError(here) from error

    def described(self) -> dict[str, Any]:
        """Return it as OpenAPI describes a parameter."""
        schema = self._kind.json_schema()
        description = schema.pop("description")
        return {
            "name": self.name,
            "in": "header",
            "required": False,
            "description": description,
            "schema": schema,
        }


def header(name: str, kind: Any) -> Any:  # noqa: ANN401  as FastAPI's own
    """Return the dependency that gives an endpoint what a request says in a header.

    Args:
        name: of the header.
        kind: what it may say, annotated with a `pydantic.Field` that describes it.
    """
    return Depends(GivenHeader(name, kind))


def headers_of(endpoint: Callable[..., Any]) -> tuple[GivenHeader, ...]:
    """Return the headers that an endpoint's own parameters ask for."""
    return ours_of(endpoint, GivenHeader)
