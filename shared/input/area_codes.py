"""Area codes, as they are dialled within the country: `025`, `0512`."""

import re

AREA_CODE = "0[1-9][0-9]{1,2}"
"""A regular expression, for ASCII digits."""

AREA_CODE_PATTERN = re.compile(AREA_CODE, re.ASCII)
REMEDY = "use digits with the leading 0, for example 025"


def is_area_code(text: str) -> bool:
    """Tell whether a text has the form of an area code."""
    return AREA_CODE_PATTERN.fullmatch(text) is not None
