"""The search for idle numbers."""

from collections.abc import Collection
from dataclasses import dataclass

from services.resources.domain.number.numbering_plan import ANY_NUMBER, NumberPattern
from shared.errors import Fault, InvalidError

PLAIN_FILTER = "plain"
"""The filter value for numbers without a vanity grade."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberSearch:
    """The filters of a search for idle numbers."""

    tenant: str
    pattern: NumberPattern = ANY_NUMBER
    grade: str | None = None
    """A vanity grade; empty for plain numbers, None for all."""

    exchange_id: str = ""
    local_network: str = ""
    limit: int = 20

    def __post_init__(self) -> None:
        """Refuse a search that would scan all numbers.

        Raises:
            InvalidError: the pattern is open at both ends, and no exchange is given.
        """
        if self.pattern.middle and not self.exchange_id:
            remedy = "name an exchange, or write *888 for numbers that end so"
            reason = "is open at both ends, which is searched within one exchange only"
            raise InvalidError([Fault("pattern", "too-wide", reason, remedy)])


def read_grade_filter(text: str, grades: Collection[str]) -> str | None:
    """Return the grade to search for: empty for plain numbers, None for all.

    Raises:
        InvalidError: if there is no such grade.
    """
    if text in {"", PLAIN_FILTER}:
        return "" if text else None
    if text not in grades:
        remedy = f"choose from {', '.join(grades)}, {PLAIN_FILTER}"
        raise InvalidError([Fault("grade", "unknown-grade", "is not a vanity grade", remedy)])
    return text
