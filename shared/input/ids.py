"""Ids that callers choose.

There are two forms. *Ids* come from other systems: of customers, accounts, orders, items,
addresses. They may be any printable text, since Kaitong does not decide their form.
*Identifiers* are those of the catalogue, the blueprints and the plant: ASCII, as
equipment must accept them.
"""

import re
import unicodedata
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, StringConstraints

from shared.input.validation_errors import validation_error

MAX_ID_LENGTH = 100
"""Characters of an id: any such text fits into an index of PostgreSQL."""

RELATIVE_STEPS = frozenset({".", ".."})
"""Clients remove these from a URL, and `..` also removes the segment before it."""

IDENTIFIER = r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}"
IDENTIFIER_IN_WORDS = "use 1 to 64 letters, digits and . _ : -, the first a letter or a digit"

is_identifier = re.compile(IDENTIFIER).fullmatch


def check_id(value: str) -> str:
    """Return an id unchanged; an empty one is allowed.

    Raises:
        PydanticCustomError: it is not printable, not in NFC, has outer spaces, or is `.` or `..`.
    """
    if not value.isprintable():
        raise validation_error(
            code="id-unprintable",
            reason="holds a character that cannot be printed",
            remedy="leave out control characters, line breaks and invisible characters",
        )
    if not unicodedata.is_normalized("NFC", value):
        raise validation_error(
            code="id-not-nfc",
            reason="is not in Unicode's normal form C, so the same id has another spelling",
            remedy="send it in NFC",
        )
    if value.strip() != value:
        raise validation_error(
            code="id-edge-space",
            reason="begins or ends with a space",
            remedy="leave the space out",
        )
    if value in RELATIVE_STEPS:
        raise validation_error(
            code="id-relative",
            reason="is a relative path segment, which no URL can hold as an id",
            remedy="give another id than . and ..",
        )
    return value


IS_ID = {"x-form": "id"}
"""Marks a text in a JSON schema as an id that this module checks."""

Id: TypeAlias = Annotated[
    str,
    Field(json_schema_extra=IS_ID),
    StringConstraints(max_length=MAX_ID_LENGTH),
    AfterValidator(check_id),
]
"""An id of another system; it may be empty."""

RequiredId: TypeAlias = Annotated[Id, StringConstraints(min_length=1)]
"""An id that must not be empty."""
