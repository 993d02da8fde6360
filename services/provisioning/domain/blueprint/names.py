"""Names and versions of blueprints, of their steps and of fragments."""

import re

NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
NAME_REMEDY = "use a-z, 0-9 and dashes"
MAX_VERSION = 10**6
