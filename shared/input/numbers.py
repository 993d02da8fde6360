"""Numbers and truth values as they come: each is what it is, and nothing is made into it.

By itself pydantic takes `true` for 1, `"8"` for 8 and `"yes"` for true, which the description of
an API says are none. As JSON Schema has it, `8.0` is a whole number in a body.
"""

import re
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, StrictBool, StrictFloat

from shared.input.fault_texts import WHOLE
from shared.input.validation_errors import validation_error


def check_number(said: object) -> object:
    """Return what is not a text or a truth value; a further rule looks at the rest.

    Raises:
        PydanticCustomError: it is one, which pydantic would make a number of.
    """
    if isinstance(said, str | bool):
        raise validation_error(code="int_type", reason=WHOLE.reason, remedy=WHOLE.remedy)
    return said


IS_NUMBER = BeforeValidator(check_number)

DIGITS = re.compile("0|-?[1-9][0-9]*", re.ASCII)


def check_digits(said: object) -> object:
    """Return what is no text, or a whole number as JSON writes it: `5`, not `05`, `+5` or `1_0`.

    Raises:
        PydanticCustomError: it is a text that is none, of which pydantic might make one.
    """
    if isinstance(said, str) and not DIGITS.fullmatch(said):
        raise validation_error(code="int_parsing", reason=WHOLE.reason, remedy=WHOLE.remedy)
    return said


IS_DIGITS = BeforeValidator(check_digits)
"""A whole number in a query or a path, behind its bounds: `Annotated[int, Query(ge=0), IS_DIGITS]`.

Every whole number of every query and path is one: by itself pydantic takes `1_0` for 10 and
`5.0` for 5.
"""

WholeNumber: TypeAlias = Annotated[int, IS_NUMBER]
"""A whole number in JSON. Of one with bounds write `Annotated[int, Field(ge=1), IS_NUMBER]`."""

Number: TypeAlias = StrictFloat
"""A number in JSON, with or without a fraction."""

Boolean: TypeAlias = StrictBool
"""True or false in JSON."""
