"""Faults that can be injected into an element, and the calls they apply to."""

from collections.abc import Iterable
from random import Random
from typing import Annotated, Literal, NamedTuple, TypeAlias

from msgspec import Meta, Struct

CallVerb: TypeAlias = Literal["perform", "ask"]


class ElementFault(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="fault"
):
    """The calls that a fault applies to."""

    subject: str | None = None
    kind: str | None = None
    share: Annotated[float, Meta(ge=0, le=1)] = 1.0
    seed: int = 1
    times: Annotated[int, Meta(ge=1)] | None = None
    on: Annotated[tuple[CallVerb, ...], Meta(min_length=1)] = ("perform",)


class Slow(ElementFault, frozen=True, kw_only=True, tag="slow"):
    """The answer is delayed."""

    delay_ms: Annotated[int, Meta(ge=1, le=600_000)]


class Refuse(ElementFault, frozen=True, kw_only=True, tag="refuse"):
    """A new operation is refused."""

    code: Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9-]{0,63}\Z")]
    detail: Annotated[str, Meta(max_length=1_000)] = "the element refuses this"
    on: tuple[Literal["perform"]] = ("perform",)


class FailBeforeWork(ElementFault, frozen=True, kw_only=True, tag="error"):
    """The element fails before it does anything."""


class DropAnswer(ElementFault, frozen=True, kw_only=True, tag="drop"):
    """The work is done, and the answer is lost."""

    then: Literal["close", "silence"] = "close"


class RejectConnection(ElementFault, frozen=True, kw_only=True, tag="reject-connection"):
    """The connection closes before anything is done."""


AnyFault: TypeAlias = Slow | Refuse | FailBeforeWork | DropAnswer | RejectConnection


class ElementCall(NamedTuple):
    """The properties of a call that faults select by."""

    on: CallVerb
    subject: str | None
    """None if it is not known: the query is about an operation without an outcome."""

    kind: str | None
    answered: bool
    """The operation was answered before."""


class CallFaults(NamedTuple):
    """The faults that are injected into one call."""

    delay_ms: int = 0
    fault: Refuse | FailBeforeWork | DropAnswer | RejectConnection | None = None


class FaultRules:
    """The rules by which faults are injected into the calls of one element."""

    def __init__(self, faults: Iterable[AnyFault] = ()) -> None:
        self._rules = [FaultRule(fault) for fault in faults]

    def configured(self) -> tuple[AnyFault, ...]:
        """Return the faults as they were set."""
        return tuple(rule.fault for rule in self._rules)

    def take_for_call(self, call: ElementCall) -> CallFaults:
        """Return the faults that apply to a call, and count them."""
        delay_ms = 0
        for rule in self._rules:
            if not rule.applies_and_counts(call):
                continue
            if not isinstance(rule.fault, Slow):
                return CallFaults(delay_ms, rule.fault)
            delay_ms += rule.fault.delay_ms
        return CallFaults(delay_ms)


class FaultRule:
    """One fault with its remaining count and its own random generator."""

    def __init__(self, fault: AnyFault) -> None:
        self.fault = fault
        self._remaining = fault.times
        self._random = Random(fault.seed)  # noqa: S311  reproducible in tests, not for security

    def applies_and_counts(self, call: ElementCall) -> bool:
        """Return whether the fault applies to this call; if so, decrement its remaining count."""
        if not self._concerns(call) or self._random.random() >= self.fault.share:
            return False
        if self._remaining is not None:
            self._remaining -= 1
        return True

    def _concerns(self, call: ElementCall) -> bool:
        fault = self.fault
        return (
            self._remaining != 0
            and call.on in fault.on
            and fault.subject in (None, call.subject)
            and fault.kind in (None, call.kind)
            and not (call.answered and isinstance(fault, Refuse))
        )
