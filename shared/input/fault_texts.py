"""Plain texts for the errors of pydantic and msgspec: the reason and the remedy.

Their own texts name validators, repeat the value, and state the expected type twice.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple


class FaultText(NamedTuple):
    """The reason and remedy of one fault, for the caller."""

    reason: str
    """Without the value: it may be personal."""

    remedy: str


OBJECT = FaultText("is no object", "give an object: {...}")
LIST = FaultText("is no list", "give a list: [...]")
TEXT = FaultText("is no text", "give a text")
WHOLE_NUMBER = FaultText("is no whole number", "give a whole number, as 3")
NUMBER = FaultText("is no number", "give a number, as 2.5")
BOOLEAN = FaultText("is neither true nor false", "give true or false")
DATE = FaultText("is no day", "write it as 2026-01-31")
TIME = FaultText("is no time of day", "write it as 12:00:00")
DATE_TIME = FaultText("is no date-time", "write it as 2026-01-31T12:00:00Z")
DURATION = FaultText("is no duration", "write it as PT15M")
URL = FaultText("is no URL", "write it as https://example.org/path")
UUID = FaultText("is no id", "give an id as 0199a0c2-1111-7222-8333-123456789012")
MISSING = FaultText("is missing", "give it")
UNKNOWN = FaultText("is not known here", "leave it out")
KIND = FaultText("is of no known kind", "give one of the kinds in /openapi.json")
UNREADABLE = FaultText("cannot be read", "send JSON as /openapi.json describes it")
INNER = FaultText("is not what is described here", "give what /openapi.json describes")
ONE_OF = FaultText("is none of the values that are known here", "give {expected}")
FINITE = FaultText("is not finite", "give a finite number")
SHORT_LIST = FaultText("has too few entries", "give at least {min_length}")
LONG_LIST = FaultText("has too many entries", "give at most {max_length}")
SHORT_TEXT = FaultText("is too short", "give at least {min_length} characters")
LONG_TEXT = FaultText("is too long", "give at most {max_length} characters")

PYDANTIC: Mapping[str, FaultText] = {
    **dict.fromkeys(
        ("model_type", "model_attributes_type", "dataclass_type", "dataclass_exact_type"), OBJECT
    ),
    **dict.fromkeys(
        ("dict_type", "frozen_dict_type", "ordered_dict_type", "counter_type", "mapping_type"),
        OBJECT,
    ),
    **dict.fromkeys(("named_tuple_type", "arguments_type"), OBJECT),
    **dict.fromkeys(
        ("list_type", "deque_type", "tuple_type", "set_type", "frozen_set_type", "iterable_type"),
        LIST,
    ),
    "iteration_error": LIST,
    **dict.fromkeys(("string_type", "string_sub_type", "bytes_type"), TEXT),
    **dict.fromkeys(
        ("string_unicode", "bytes_invalid_encoding"), FaultText("is no text", "send UTF-8")
    ),
    "string_too_short": SHORT_TEXT,
    "string_too_long": LONG_TEXT,
    "bytes_too_short": FaultText("is too short", "give at least {min_length} bytes"),
    "bytes_too_long": FaultText("is too long", "give at most {max_length} bytes"),
    "string_pattern_mismatch": FaultText(
        "does not have the required form", "see its pattern in /openapi.json"
    ),
    "string_not_ascii": FaultText("has characters other than ASCII", "send ASCII only"),
    **dict.fromkeys(("bool_type", "bool_parsing"), BOOLEAN),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), WHOLE_NUMBER),
    "int_parsing_size": FaultText("is too large a number", "give one that fits 64 bits"),
    **dict.fromkeys(("float_type", "float_parsing"), NUMBER),
    **dict.fromkeys(("decimal_type", "decimal_parsing"), NUMBER),
    **dict.fromkeys(("fraction_type", "fraction_parsing"), NUMBER),
    **dict.fromkeys(("complex_type", "complex_str_parsing"), NUMBER),
    "decimal_max_digits": FaultText("has too many digits", "give at most {max_digits}"),
    "decimal_max_places": FaultText("has too many decimals", "give at most {decimal_places}"),
    "decimal_whole_digits": FaultText(
        "is too large a number", "give at most {whole_digits} digits"
    ),
    "finite_number": FINITE,
    "greater_than": FaultText("is too small", "give more than {gt}"),
    "greater_than_equal": FaultText("is too small", "give {ge} or more"),
    "less_than": FaultText("is too large", "give less than {lt}"),
    "less_than_equal": FaultText("is too large", "give {le} or less"),
    "multiple_of": FaultText("is no multiple of {multiple_of}", "give one that is"),
    "too_short": SHORT_LIST,
    "too_long": LONG_LIST,
    "set_item_not_hashable": FaultText("holds a list or an object", "give plain values"),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing"), DATE),
    "date_from_datetime_inexact": FaultText("has a time of day", "write it as 2026-01-31"),
    "date_past": FaultText("is not in the past", "give an earlier day"),
    "date_future": FaultText("is not in the future", "give a later day"),
    **dict.fromkeys(("time_type", "time_parsing"), TIME),
    **dict.fromkeys(("datetime_type", "datetime_parsing", "datetime_object_invalid"), DATE_TIME),
    "datetime_from_date_parsing": DATE_TIME,
    "datetime_past": FaultText("is not in the past", "give an earlier date-time"),
    "datetime_future": FaultText("is not in the future", "give a later date-time"),
    "timezone_naive": FaultText("has a zone", "leave the zone out"),
    "timezone_aware": FaultText("has no zone", "write it as 2026-01-31T12:00:00Z"),
    "timezone_offset": FaultText("is not in the required time zone", "give it in {tz_expected} s"),
    **dict.fromkeys(("time_delta_type", "time_delta_parsing"), DURATION),
    **dict.fromkeys(("uuid_type", "uuid_parsing"), UUID),
    "uuid_version": FaultText(
        "is an id of another version", "give one of version {expected_version}"
    ),
    **dict.fromkeys(("url_type", "url_parsing", "url_syntax_violation"), URL),
    "url_too_long": FaultText("is too long", "give at most {max_length} characters"),
    "url_scheme": FaultText("has a scheme that is not allowed", "give {expected_schemes}"),
    "missing": MISSING,
    **dict.fromkeys(
        ("missing_argument", "missing_keyword_only_argument", "missing_positional_only_argument"),
        MISSING,
    ),
    "missing_sentinel_error": UNKNOWN,
    **dict.fromkeys(("extra_forbidden", "no_such_attribute", "invalid_key"), UNKNOWN),
    **dict.fromkeys(("unexpected_keyword_argument", "unexpected_positional_argument"), UNKNOWN),
    "multiple_argument_values": FaultText("is given twice", "give it once"),
    **dict.fromkeys(
        ("frozen_field", "frozen_instance"), FaultText("never changes", "leave it out")
    ),
    **dict.fromkeys(("enum", "literal_error"), ONE_OF),
    **dict.fromkeys(("union_tag_invalid", "union_tag_not_found"), KIND),
    "none_required": FaultText("must be null", "give null, or leave it out"),
    "ellipsis_error": INNER,
    "json_invalid": FaultText("is no JSON", "send JSON"),
    "json_type": FaultText("is no JSON", "send JSON as a text"),
    **dict.fromkeys(
        ("recursion_loop", "recursion_depth_exceeded"),
        FaultText("is nested too deeply", "reduce the nesting"),
    ),
    **dict.fromkeys(
        ("needs_python_object", "get_attribute_error", "default_factory_not_called"), INNER
    ),
    **dict.fromkeys(("is_instance_of", "is_subclass_of", "callable_type"), INNER),
}
"""Texts by pydantic's error type."""

CUSTOM_ERROR_TYPES = frozenset({"value_error", "assertion_error"})
"""Error types whose text comes from a rule of our own."""

MSGSPEC: tuple[tuple[re.Pattern[str], FaultText], ...] = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"Object missing required field `(?P<name>[^`]*)`", FaultText("has no {name}", "give it")),
        (
            r"Object contains unknown field",
            FaultText("has a field that is not known", "leave it out"),
        ),
        (r"Invalid enum value", FaultText(ONE_OF.reason, "give one of those in /openapi.json")),
        (r"Invalid value|.*tag", KIND),
        (
            r"Expected `(?:array|list|tuple|set|frozenset)` of length",
            FaultText("has too few or too many entries", "see how many in /openapi.json"),
        ),
        (
            r"Expected `object` of length",
            FaultText("has too few or too many members", "see how many in /openapi.json"),
        ),
        (
            r"Expected `str` of length",
            FaultText("is too short or too long", "see its length in /openapi.json"),
        ),
        (r"Expected `str` matching regex", PYDANTIC["string_pattern_mismatch"]),
        (
            r"Expected `(?:int|float|decimal)` (?P<sign>[<>]=?) (?P<bound>\S+)",
            FaultText("is out of bounds", "give a number {sign} {bound}"),
        ),
        (
            r"Expected `(?:int|float)` that's a multiple of (?P<multiple_of>\S+)",
            PYDANTIC["multiple_of"],
        ),
        (r"Expected `(?:datetime|time)` with no timezone", PYDANTIC["timezone_naive"]),
        (r"Expected `(?:datetime|time)` with a timezone", PYDANTIC["timezone_aware"]),
        (
            r"(?:Integer value|Number|Duration|Timestamp|Epoch).*out of range",
            FaultText("is out of range", "give a smaller number"),
        ),
        (r"Expected `(?:str|bytes)", TEXT),
        (r"Expected `int", WHOLE_NUMBER),
        (r"Expected `(?:float|decimal)", NUMBER),
        (r"Expected `bool", BOOLEAN),
        (r"Expected `(?:object|dict)", OBJECT),
        (r"Expected `(?:array|list|tuple|set)", LIST),
        (r"Expected `null", PYDANTIC["none_required"]),
        (r"Expected `uuid|Invalid UUID", UUID),
        (r"Expected `datetime|Invalid RFC3339 encoded datetime", DATE_TIME),
        (r"Expected `date|Invalid RFC3339 encoded date", DATE),
        (r"Expected `time|Invalid RFC3339 encoded time", TIME),
        (r"Expected `duration|Invalid ISO8601 duration|Only units", DURATION),
        (r"Invalid decimal", NUMBER),
        (r"Invalid base64", FaultText("is no base64", "send base64 (RFC 4648)")),
        (r"Invalid UTF-8|Invalid UTF-16", FaultText("is no text", "send UTF-8")),
        (r"JSON is malformed|Input data was truncated|MessagePack", PYDANTIC["json_invalid"]),
    )
)
"""Texts by the start of msgspec's text, as it has no error types. The first match counts."""

PATH_SUFFIX = re.compile(r" - at `(?P<kind>key in )?\$\.?(?P<path>[^`]*)`$")


def pydantic_fault_text(error: Mapping[str, Any]) -> FaultText:
    """Return the plain text of one error of `ValidationError.errors()`."""
    context = error.get("ctx", {})
    type_ = error["type"]
    words = PYDANTIC.get(type_)
    if words is None:
        words = FaultText(without_prefix(str(error["msg"])), "correct it")
    filled = FaultText(*(fill_template(each, context) for each in words))
    return filled._replace(remedy=str(context["remedy"])) if "remedy" in context else filled


def msgspec_fault_text(message: str) -> FaultText:
    """Return the plain text of an error message of msgspec, without the value and the path."""
    text = PATH_SUFFIX.sub("", message)
    for pattern, words in MSGSPEC:
        if found := pattern.match(text):
            return FaultText(*(fill_template(each, found.groupdict()) for each in words))
    return UNREADABLE if not text else INNER


def without_prefix(message: str) -> str:
    """Return the message of a rule of our own without pydantic's prefix."""
    return message.removeprefix("Value error, ").removeprefix("Assertion failed, ")


def fill_template(text: str, context: Mapping[str, Any]) -> str:
    """Return a text with its placeholders replaced by the values of `context`."""
    for name, value in context.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text
