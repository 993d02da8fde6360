"""Ids that callers choose.

Two forms, and no others. *Ids* are what other systems call their things: customers,
accounts, orders, items, addresses. They may be any printable text, since it is not for
Kaitong to decide. *Identifiers* are what the catalogue, the blueprints and the plant
call theirs: ASCII, as equipment has to bear them.
"""

import re
import unicodedata
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, StringConstraints

from shared.input.validation_errors import validation_error

MAX_ID_LENGTH = 100
"""Characters of an id: an index of PostgreSQL takes them whatever they are."""

RELATIVE_STEPS = frozenset({".", ".."})
"""Clients take these out of a URL, and the step before them as well."""

IDENTIFIER = r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}"
IDENTIFIER_IN_WORDS = "use 1 to 64 letters, digits and . _ : -, the first a letter or a digit"

is_identifier = re.compile(IDENTIFIER).fullmatch


def check_id(said: str) -> str:
    """Return an id as it was sent. Empty where nothing is said.

    Raises:
        PydanticCustomError: it could not be seen, typed, or found again.
    """
    if not said.isprintable():
        raise validation_error(
            code="id-unprintable",
            reason="holds a character that cannot be printed",
            remedy="leave out control characters, line breaks and invisible characters",
        )
    if not unicodedata.is_normalized("NFC", said):
        raise validation_error(
            code="id-not-nfc",
            reason="is not in Unicode's normal form C, so the same id has another spelling",
            remedy="send it in NFC",
        )
    if said.strip() != said:
        raise validation_error(
            code="id-edge-space",
            reason="begins or ends with a space",
            remedy="leave the space out",
        )
    if said in RELATIVE_STEPS:
        raise validation_error(
            code="id-relative",
            reason="is a step in a path, which no URL can hold as an id",
            remedy="give another id than . and ..",
        )
    return said


IS_ID = {"x-form": "id"}
"""Says in a description that a text is an id, as this module has it."""

Id: TypeAlias = Annotated[
    str,
    Field(json_schema_extra=IS_ID),
    StringConstraints(max_length=MAX_ID_LENGTH),
    AfterValidator(check_id),
]
"""What another system calls its thing."""

RequiredId: TypeAlias = Annotated[Id, StringConstraints(min_length=1)]
"""An id that something is looked for by."""
