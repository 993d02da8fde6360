"""The errors that services raise, with their HTTP status. Indented ones derive from the one above.

* DomainError               400  a rule refuses the request; the caller sees the reason
  + InvalidError            400  the input has faults; all of them are listed (a signature with
                                 another name: 422)
  + ForbiddenError          403  the caller may not do this
  + NotFoundError           404  it does not exist
  + ConflictError           409  its current state does not allow this
  + UnprocessableError      422  well formed, but contradicts an earlier request, or is too large
                                 to be stored or published
* UnavailableError          503  a dependency is out; retry
* DatabaseUnprovenError    (503) the database may be a restored one or a lagging replica, since the
                                 connection was lost; wait until it is compared with the topics,
                                 then retry (a request waits for 2 s at most, and then gets 503)
* PoisonError                    this message cannot be handled, and an immediate retry is useless;
                                 park it
  + EarlyMessageError            a message it depends on is not consumed yet; park it; it is retried
                                 for five minutes
* ConflictOnWriteError           two transactions conflict; retry at once (after ten tries a request
                                 gets 503, and a message is parked)
* StartError                     the process cannot start
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of the input, and how to fix it."""

    field: str
    """JSON pointer into the body (`/productOrderItem/0/id`), or a parameter's name."""

    code: str
    """Stable and public."""

    reason: str
    """For people. Never repeats what was sent: it may be personal."""

    remedy: str = ""


class DomainError(Exception):
    """A rule refuses the request. `code` is stable and public; the text may change."""

    status: ClassVar[int] = 400
    code: str = "rule-broken"
    default_remedy: ClassVar[str] = ""
    """The remedy of an error that names none."""

    def __init__(self, detail: str = "", *, code: str = "", remedy: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        """What happened, as a sentence for people."""

        self.remedy = remedy or self.default_remedy
        """What the caller can do about it."""

        if code:
            self.code = code


class InvalidError(DomainError):
    """The input has faults. All of them are named at once."""

    code = "invalid"

    def __init__(self, faults: Iterable[Fault], *, code: str = "", omitted: int = 0) -> None:
        self.faults = tuple(faults)
        self.omitted = omitted
        """How many more faults there are than those named."""

        super().__init__(
            "; ".join(f"{each.field}: {each.reason}" for each in self.faults), code=code
        )


class ForbiddenError(DomainError):
    """The caller is known, and may not do this."""

    status = 403
    code = "forbidden"


class NotFoundError(DomainError):
    """It does not exist, or this caller may not see it."""

    status = 404
    code = "not-found"
    default_remedy = "check the id and the token: what belongs to others is not shown"


class ConflictError(DomainError):
    """The current state does not allow this."""

    status = 409
    code = "conflict"


class UnprocessableError(DomainError):
    """The request is well formed, but contradicts an earlier one, or is too large."""

    status = 422
    code = "unprocessable"


class UnavailableError(Exception):
    """A dependency is out; the caller is not at fault. A retry may succeed."""

    status: ClassVar[int] = 503
    code: ClassVar[str] = "unavailable"
    remedy: ClassVar[str] = "retry after Retry-After; an order with an externalId is accepted once"

    def __init__(self, detail: str, *, retry_after: timedelta = timedelta(seconds=5)) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after


class DatabaseUnprovenError(Exception):
    """The database may have been replaced by another; wait for the proof and retry."""


class PoisonError(Exception):
    """This message cannot be handled, and an immediate retry is useless; park it."""


class EarlyMessageError(PoisonError):
    """A message that this one depends on is not consumed yet.

    Order holds within one topic only, so an effect may be consumed before its cause. It is
    parked and retried for five minutes; then it is left to a person.
    """


class ConflictOnWriteError(Exception):
    """Two transactions wrote the same thing; the one that lost is retried."""


class StartError(Exception):
    """The process cannot start. Each line names a fault, and ends with the remedy."""
