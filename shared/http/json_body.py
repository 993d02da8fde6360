"""Reading what a request carries: JSON by our rules, in a body that says it is JSON."""

from typing import Any

from fastapi import Request
from starlette.datastructures import QueryParams

from shared.errors import DomainError
from shared.input.json_text import read_json

NO_QUERY = QueryParams()
UTF_8 = frozenset({"utf-8", "utf8"})


class WrongMediaTypeError(DomainError):
    """The body is not said to be JSON."""

    status = 415
    code = "wrong-media-type"


class JsonRequest(Request):
    """A request whose JSON is read by our rules, once."""

    _value: Any = None
    _is_read = False

    @property
    def query_params(self) -> QueryParams:
        """What the query says: read once, and only where there is one."""
        return super().query_params if self.scope["query_string"] else NO_QUERY

    async def json(self) -> Any:  # noqa: ANN401  JSON is anything
        """Return what the body says; None when there is none."""
        if not self._is_read:
            body = await self.body()
            if body:
                check_media_type(self.headers.get("content-type", ""))
                self._value = read_json(body)
            self._is_read = True
        return self._value


def check_media_type(said: str) -> None:
    """See that a body is said to be JSON, in UTF-8.

    Raises:
        WrongMediaTypeError: it is not.
    """
    if said == "application/json":
        return
    kind, *parameters = (each.strip().lower() for each in said.split(";"))
    is_json = kind == "application/json" or (
        kind.startswith("application/") and kind.endswith("+json")
    )
    charsets = (each[8:].strip("\"'") for each in parameters if each.startswith("charset="))
    if not is_json or any(each not in UTF_8 for each in charsets):
        message = "The body is not said to be JSON in UTF-8."
        raise WrongMediaTypeError(message, remedy="send Content-Type: application/json")
