"""Reads request bodies: JSON by our rules, with a Content-Type of JSON."""

from typing import Any

from fastapi import Request
from starlette.datastructures import QueryParams

from shared.errors import DomainError
from shared.input.json_text import read_json

NO_QUERY = QueryParams()
UTF_8 = frozenset({"utf-8", "utf8"})


class WrongMediaTypeError(DomainError):
    """The Content-Type of the body is not JSON."""

    status = 415
    code = "wrong-media-type"


class JsonRequest(Request):
    """A request whose JSON is read once, by our rules."""

    _value: Any = None
    _is_read = False

    @property
    def query_params(self) -> QueryParams:
        """The parameters of the query: parsed once, and only if there is one."""
        return super().query_params if self.scope["query_string"] else NO_QUERY

    async def json(self) -> Any:  # noqa: ANN401  JSON is anything
        """Return the value of the body; None if there is no body."""
        if not self._is_read:
            body = await self.body()
            if body:
                check_media_type(self.headers.get("content-type", ""))
                self._value = read_json(body)
            self._is_read = True
        return self._value


def check_media_type(content_type: str) -> None:
    """Check that a Content-Type is JSON in UTF-8.

    Raises:
        WrongMediaTypeError: it is not.
    """
    if content_type == "application/json":
        return
    kind, *parameters = (each.strip().lower() for each in content_type.split(";"))
    is_json = kind == "application/json" or (
        kind.startswith("application/") and kind.endswith("+json")
    )
    charsets = (each[8:].strip("\"'") for each in parameters if each.startswith("charset="))
    if not is_json or any(each not in UTF_8 for each in charsets):
        message = "The Content-Type is not JSON in UTF-8."
        raise WrongMediaTypeError(message, remedy="send Content-Type: application/json")
