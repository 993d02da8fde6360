"""Request headers as endpoint parameters: FastAPI takes ten times as long to read one."""

from collections.abc import Callable
from typing import Any

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError

from shared.http.dependencies import DirectDependency, dependencies_of


class HeaderDependency(DirectDependency[str | None]):
    """An optional header; its value is validated by its type."""

    def __init__(self, name: str, kind: Any) -> None:  # noqa: ANN401  any type of pydantic
        super().__init__(self.read_header)
        self.name = name
        self._kind: TypeAdapter[str] = TypeAdapter(kind)

    def read_header(self, request: Request) -> str | None:
        """Return its value in a request; None if the request has no such header.

        Raises:
            RequestValidationError: the value is not valid.
        """
        text = request.headers.get(self.name)
        if text is None:
            return None
        try:
            return self._kind.validate_python(text)
        except ValidationError as error:
            errors = error.errors(include_url=False)
            located = [{**each, "loc": ("header", self.name)} for each in errors]
            raise RequestValidationError(located) from error

    def openapi_parameter(self) -> dict[str, Any]:
        """Return it as a parameter of OpenAPI."""
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
    """Return the dependency that injects the value of a header into an endpoint.

    Args:
        name: of the header.
        kind: its type, annotated with a `pydantic.Field` that describes it.
    """
    return Depends(HeaderDependency(name, kind))


def headers_of(endpoint: Callable[..., Any]) -> tuple[HeaderDependency, ...]:
    """Return the headers that an endpoint's own parameters declare."""
    return dependencies_of(endpoint, HeaderDependency)
