"""The kinds of resources that the verification tells apart; no code of a service is used."""

from tools.verify.stack_data import StackData

NUMBER_KIND = "number"
"""The kind of all rows of `numbers`; rows of `pool_items` name their kind."""

PERSONAL_KINDS = frozenset({NUMBER_KIND})
"""The values of these kinds identify a customer."""


def pool_item_kinds(stack_data: StackData) -> set[str]:
    """Return the kinds of resources other than numbers that have pools."""
    found = {row.kind for row in stack_data.rows("resources", "SELECT DISTINCT kind FROM pools")}
    return found - {NUMBER_KIND}


def printable_name(kind: str, subject: str, part: str = "") -> str:
    """Return how a report names the thing of a history."""
    return f"a {kind}" if kind in PERSONAL_KINDS else f"{kind} {subject} {part}".rstrip()
