"""Names of equipment: equal without regard to case and leading zeros.

`NJ-XW-OLT01`, `nj-xw-olt01` and `NJ-XW-OLT1` are one element. Each keeps its first spelling;
a name that people type is looked up by its folded form.
"""

import re
from functools import lru_cache

LEADING_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")


@lru_cache(maxsize=16_384)
def fold_name(name: str) -> str:
    """Return the folded form of a name, which all its spellings share."""
    return LEADING_ZEROS.sub("", name.upper())
