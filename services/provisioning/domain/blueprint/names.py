"""Names, versions and sizes of blueprints and fragments."""

import re

NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
NAME_REMEDY = "use a-z, 0-9 and dashes"
MAX_VERSION = 10**6
MAX_STEPS = 50
"""The most steps of a blueprint or a fragment, and the most needs."""
