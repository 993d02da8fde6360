"""Our errors.

* DomainError               400  a rule said no; the caller can be told why
  + InvalidError            400  what was sent has faults, all of them named
  + ForbiddenError          403  the caller may not do this
  + NotFoundError           404  there is no such thing
  + ConflictError           409  not in the state it is in now
  + UnprocessableError      422  understood, and in itself contradictory
* UnavailableError          503  something we stand on is out; ask again
* DatabaseUnprovenError            the database may be another one; wait for proof
* PoisonError               this message can never be handled; park it
  + TooEarlyError           not yet: what it is about is not known; park it and try again soon
* ConflictOnWriteError            two transactions met; try again
* StartError                the process cannot start like this
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with what was sent, and how to put it right."""

    field: str
    """JSON pointer into the body (`/productOrderItem/0/id`), or a parameter's name."""

    code: str
    """Stable and public."""

    reason: str
    """For people. Never repeats what was sent: it may be personal."""

    remedy: str = ""


class DomainError(Exception):
    """A rule said no. `code` is stable and public; the text may change."""

    status: ClassVar[int] = 400
    code: str = "rule-broken"
    default_remedy: ClassVar[str] = ""
    """What helps where nothing better is said."""

    def __init__(self, detail: str = "", *, code: str = "", remedy: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        """What happened, in a sentence for people."""

        self.remedy = remedy or self.default_remedy
        """What the caller can do about it."""

        if code:
            self.code = code


class InvalidError(DomainError):
    """What was sent has faults. All of them are named at once."""

    code = "invalid"

    def __init__(self, faults: Iterable[Fault], *, code: str = "", omitted: int = 0) -> None:
        self.faults = tuple(faults)
        self.omitted = omitted
        """How many there are beside those that are named."""

        super().__init__(
            "; ".join(f"{each.field}: {each.reason}" for each in self.faults), code=code
        )


class ForbiddenError(DomainError):
    """The caller is known, and may not do this."""

    status = 403
    code = "forbidden"


class NotFoundError(DomainError):
    """There is no such thing, or none that this caller may see."""

    status = 404
    code = "not-found"
    default_remedy = "check the id, and by whose token you ask: what others have is not shown"


class ConflictError(DomainError):
    """The thing is not in a state that allows this now."""

    status = 409
    code = "conflict"


class UnprocessableError(DomainError):
    """The request is well formed, and contradicts itself or an earlier one."""

    status = 422
    code = "unprocessable"


class UnavailableError(Exception):
    """Something that we stand on is out: nobody's fault that asks. Asking again may help."""

    status: ClassVar[int] = 503
    code: ClassVar[str] = "unavailable"
    remedy: ClassVar[str] = "ask again after Retry-After; an order with an externalId is taken once"

    def __init__(self, detail: str, *, retry_after: timedelta = timedelta(seconds=5)) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after


class DatabaseUnprovenError(Exception):
    """Another database may be in the place of the one that was known; wait for proof, try again."""


class PoisonError(Exception):
    """This message can never be handled; retrying is useless, so park it."""


class TooEarlyError(PoisonError):
    """What the message is about is not known yet: the message that makes it known is on its way.

    Order holds within one topic only, so an effect may be read before its cause. It waits, and
    is tried again for some minutes; then a person has to look.
    """


class ConflictOnWriteError(Exception):
    """Two transactions wrote the same thing; the one that lost tries again."""


class StartError(Exception):
    """The process cannot start like this. Each line names a fault, and ends with the remedy."""
