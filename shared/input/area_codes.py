"""Area codes, as they are dialled within the country: `025`, `0512`."""

import re

AREA_CODE = "0[1-9][0-9]{1,2}"
"""As a regular expression, of ASCII digits."""

AREA_CODE_PATTERN = re.compile(AREA_CODE, re.ASCII)
REMEDY = "use digits with the leading 0, for example 025"


def is_area_code(text: str) -> bool:
    """Tell whether a text is written as an area code is."""
    return AREA_CODE_PATTERN.fullmatch(text) is not None
