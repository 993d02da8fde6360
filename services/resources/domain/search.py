"""What somebody who looks for a number asks for."""

from dataclasses import dataclass

from services.resources.domain.numbering import ANY, Pattern
from shared.errors import Fault, InvalidError


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Which idle numbers are looked for."""

    tenant: str
    pattern: Pattern = ANY
    grade: str | None = None
    """A vanity grade; empty for plain numbers, None for all."""

    exchange_id: str = ""
    local_network: str = ""
    limit: int = 20

    def __post_init__(self) -> None:
        """Refuse what would have to look at every number there is.

        Raises:
            InvalidError: the pattern is open at both ends, and no exchange is named.
        """
        if self.pattern.middle and not self.exchange_id:
            remedy = "name an exchange, or write *8888 for numbers that end so"
            reason = "is open at both ends, which is searched within one exchange only"
            raise InvalidError([Fault("pattern", "too-wide", reason, remedy)])
