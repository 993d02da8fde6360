"""Numbers and booleans of the input, without conversion from other types.

By default pydantic converts `true` to 1, `"8"` to 8 and `"yes"` to true, against the schema in
the API's description. By JSON Schema, `8.0` is a whole number in a body.
"""

import re
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, StrictBool, StrictFloat

from shared.input.fault_texts import WHOLE_NUMBER
from shared.input.validation_errors import validation_error


def reject_text_and_boolean(value: object) -> object:
    """Return a value that is neither text nor boolean; further rules check the rest.

    Raises:
        PydanticCustomError: it is one of them, which pydantic would convert to a number.
    """
    if isinstance(value, str | bool):
        raise validation_error(code="int_type", **WHOLE_NUMBER._asdict())
    return value


IS_NUMBER = BeforeValidator(reject_text_and_boolean)

DIGITS = re.compile("0|-?[1-9][0-9]*", re.ASCII)


def check_whole_number_text(value: object) -> object:
    """Return a value; a text must be a whole number as in JSON: `5`, not `05`, `+5` or `1_0`.

    Raises:
        PydanticCustomError: it is another text, which pydantic might convert to a number.
    """
    if isinstance(value, str) and not DIGITS.fullmatch(value):
        raise validation_error(code="int_parsing", **WHOLE_NUMBER._asdict())
    return value


IS_DIGITS = BeforeValidator(check_whole_number_text)
"""A whole number in a query or a path, after its bounds: `Annotated[int, Query(ge=0), IS_DIGITS]`.

Every whole number of every query and path has it: by default pydantic reads `1_0` as 10 and
`5.0` as 5.
"""

WholeNumber: TypeAlias = Annotated[int, IS_NUMBER]
"""A whole number in JSON. With bounds write `Annotated[int, Field(ge=1), IS_NUMBER]`."""

Number: TypeAlias = StrictFloat
"""A number in JSON, with or without a fraction."""

Boolean: TypeAlias = StrictBool
"""True or false in JSON."""
