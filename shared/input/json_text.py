"""JSON as it comes in: it means the same to everybody, or is refused.

JSON can hold what breaks things further in: two values under one key, numbers that no
column holds, texts that are no text. Bodies of requests, rows of imports and files of
the command line are all read here.
"""

import json
import math
from typing import Any, NoReturn

from shared.errors import Fault, InvalidError

DEEPEST = 32
LEAST, MOST = -(2**63), 2**63 - 1
LONGEST_NUMBER = 20
"""Digits and sign: nothing longer fits 64 bits."""

LONGEST_KEY = 80
"""Characters of a key that a refusal repeats."""


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
        refuse("duplicate-key", "an object has this key twice", "send it once", twice[:LONGEST_KEY])
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
