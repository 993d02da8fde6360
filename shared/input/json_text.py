"""Reads external JSON, and refuses what is ambiguous or cannot be stored.

JSON can hold values that fail later: two values under one key, numbers that fit no
column, texts that are not valid Unicode. Bodies of requests, rows of imports and files
of the command line are all read here.
"""

import json
import math
from typing import Any, NoReturn

from shared.errors import Fault, InvalidError

MAX_DEPTH = 32
MIN_INT64, MAX_INT64 = -(2**63), 2**63 - 1
MAX_NUMBER_LENGTH = 20
"""Digits and sign: nothing longer fits 64 bits."""

MAX_KEY_LENGTH = 80
"""Characters of a key that an error repeats."""


def raise_invalid(code: str, reason: str, remedy: str, field: str = "") -> NoReturn:
    """Refuse a body."""
    raise InvalidError([Fault(field, code, reason, remedy)], code=code)


def read_json(body: bytes) -> Any:  # noqa: ANN401  JSON is anything
    """Return the value of a body.

    Raises:
        InvalidError: it is no JSON, or it is ambiguous or cannot be stored: the same key
            twice, more than 32 levels, whole numbers beyond 64 bits, numbers that are not
            finite, NUL characters, halves of surrogate pairs.
    """
    try:
        value = DECODER.decode(body.decode())
    except UnicodeDecodeError as error:
        raise_invalid("bad-encoding", f"byte {error.start} is not UTF-8", "send UTF-8")
    except json.JSONDecodeError as error:
        reason = f"it is no JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise_invalid("bad-json", reason, "correct it")
    except RecursionError:
        raise_too_deep()
    if b"\\u" in body or body.count(b"{") + body.count(b"[") > MAX_DEPTH:
        check_depth_and_texts(value, 1)
    return value


def check_depth_and_texts(value: object, depth: int) -> None:
    """Check the depth of a value, and its texts."""
    if isinstance(value, str):
        check_storable_text(value)
    elif isinstance(value, dict | list):
        if depth > MAX_DEPTH:
            raise_too_deep()
        for key in value if isinstance(value, dict) else ():
            check_storable_text(key)
        for each in value.values() if isinstance(value, dict) else value:
            check_depth_and_texts(each, depth + 1)


def check_storable_text(text: str) -> None:
    """Check that a text can be stored and published."""
    if text.isascii():
        if "\0" in text:
            raise_invalid("nul", "it holds a NUL character", "leave NUL characters out")
        return
    try:
        text.encode()
    except UnicodeEncodeError:
        raise_invalid(
            "lone-surrogate", "it holds half of a surrogate pair", "send whole characters"
        )
    if "\0" in text:
        raise_invalid("nul", "it holds a NUL character", "leave NUL characters out")


def raise_too_deep() -> NoReturn:
    """Refuse a value that is nested too deep."""
    raise_invalid(
        "too-deep", f"it is nested more than {MAX_DEPTH} levels deep", "send a flatter body"
    )


def object_of_unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; refuse duplicate keys."""
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise_invalid(
            "duplicate-key", "an object has this key twice", "send it once", twice[:MAX_KEY_LENGTH]
        )
    return found


def parse_int64(text: str) -> int:
    """Return a whole number; refuse one beyond 64 bits."""
    if len(text) > MAX_NUMBER_LENGTH or not MIN_INT64 <= (number := int(text)) <= MAX_INT64:
        raise_invalid("number-too-large", "a whole number is beyond 64 bits", "send a smaller one")
    return number


def parse_finite(text: str) -> float:
    """Return a number with a fraction or an exponent; refuse one beyond a double."""
    if not math.isfinite(number := float(text)):
        raise_invalid(
            "number-too-large", "a number is beyond what a double holds", "send a smaller one"
        )
    return number


def reject_constant(text: str) -> NoReturn:
    """Refuse NaN and Infinity, which are numbers in JavaScript but not in JSON."""
    raise_invalid("bad-json", f"it is no JSON: {text} is no JSON number", "send a number or null")


DECODER = json.JSONDecoder(
    object_pairs_hook=object_of_unique_keys,
    parse_int=parse_int64,
    parse_float=parse_finite,
    parse_constant=reject_constant,
)
