"""The area of a test's customers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ExchangeArea:
    """An exchange with one OLT and one splitter."""

    exchange: str
    olt: str
    served: str
    """An address with fibre."""

    unserved: str
    numbers: range
    """National numbers without the zero: 2580001000, ..."""

    @property
    def first(self) -> str:
        """The lowest number, E.164, which is a vanity number."""
        return f"+86{self.numbers[0]}"

    @property
    def first_plain(self) -> str:
        """The lowest plain number, E.164."""
        return f"+86{self.numbers[1]}"
