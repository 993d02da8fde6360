"""Names of equipment: one name for one thing, whatever its case and leading zeros.

`NJ-XW-OLT01`, `nj-xw-olt01` and `NJ-XW-OLT1` are one element. Each is called as it was named
first; what people type is looked up by what all spellings have in common.
"""

import re
from functools import lru_cache

LEADING_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")


@lru_cache(maxsize=16_384)
def fold_name(name: str) -> str:
    """Return what all spellings of a name have in common."""
    return LEADING_ZEROS.sub("", name.upper())
