"""Reading what a request carries: JSON that means the same to everybody, or a clear no.

JSON as it comes can hold what breaks things further in: two values under one key,
numbers that no column holds, texts that are no text. All of it is refused here, so
that no endpoint has to think of it.
"""

import json
import math
from typing import Any, NoReturn

from fastapi import Request

from shared.errors import DomainError, Fault, InvalidError

UTF_8 = frozenset({"utf-8", "utf8"})
DEEPEST = 32
LEAST, MOST = -(2**63), 2**63 - 1
LONGEST_NUMBER = 20
"""Digits and sign: nothing longer fits 64 bits."""


class WrongMediaTypeError(DomainError):
    """The body is not said to be JSON."""

    status = 415
    code = "wrong-media-type"


def refuse(code: str, reason: str, remedy: str, field: str = "") -> NoReturn:
    """Refuse a body."""
    raise InvalidError([Fault(field, code, reason, remedy)], code=code)


def read_json(body: bytes) -> Any:  # noqa: ANN401  JSON is anything
    """Return the value that a body says.

    Raises:
        InvalidError: it is no JSON, or such as can mean different things or cannot be kept:
            the same key twice, more than 32 levels, whole numbers beyond 64 bits, numbers
            that are not finite, NUL characters, halves of surrogate pairs.
    """
    try:
        value = DECODER.decode(body.decode())
    except UnicodeDecodeError as error:
        refuse("bad-encoding", f"byte {error.start} is not UTF-8", "send UTF-8")
    except json.JSONDecodeError as error:
        reason = f"it is no JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        refuse("bad-json", reason, "correct it")
    except RecursionError:
        refuse_depth()
    if b"\\u" in body or body.count(b"{") + body.count(b"[") > DEEPEST:
        check(value, 1)
    return value


def check(value: object, depth: int) -> None:
    """See that a value is not too deep, and that its texts are texts."""
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, dict | list):
        if depth > DEEPEST:
            refuse_depth()
        for key in value if isinstance(value, dict) else ():
            check_text(key)
        for each in value.values() if isinstance(value, dict) else value:
            check(each, depth + 1)


def check_text(text: str) -> None:
    """See that a text can be stored and sent on."""
    if text.isascii():
        if "\0" in text:
            refuse("nul", "it holds a NUL character", "leave NUL characters out")
        return
    try:
        text.encode()
    except UnicodeEncodeError:
        refuse("lone-surrogate", "it holds half of a surrogate pair", "send whole characters")
    if "\0" in text:
        refuse("nul", "it holds a NUL character", "leave NUL characters out")


def refuse_depth() -> NoReturn:
    """Refuse what is nested too deep."""
    refuse("too-deep", f"it is nested more than {DEEPEST} levels deep", "send a flatter body")


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object, if no key comes twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        refuse("duplicate-key", "an object has this key twice", "send it once", twice[:80])
    return found


def whole(text: str) -> int:
    """Return a whole number, if 64 bits hold it."""
    if len(text) > LONGEST_NUMBER or not LEAST <= (number := int(text)) <= MOST:
        refuse("number-too-large", "a whole number is beyond 64 bits", "send a smaller one")
    return number


def finite(text: str) -> float:
    """Return a number with a fraction or an exponent, if a double holds it."""
    if not math.isfinite(number := float(text)):
        refuse("number-too-large", "a number is beyond what a double holds", "send a smaller one")
    return number


def no_number(text: str) -> NoReturn:
    """Refuse what JavaScript calls a number and JSON does not."""
    refuse("bad-json", f"it is no JSON: {text} is no number there", "send a number or null")


DECODER = json.JSONDecoder(
    object_pairs_hook=unique, parse_int=whole, parse_float=finite, parse_constant=no_number
)


class JsonRequest(Request):
    """A request whose JSON is read by our rules, once."""

    _value: Any = None
    _is_read = False

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
