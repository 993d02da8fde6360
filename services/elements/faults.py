"""Faults that can be ordered of an element, and whether one strikes a call."""

from collections.abc import Iterable
from random import Random
from typing import Annotated, Literal, NamedTuple, TypeAlias

from msgspec import Meta, Struct

CallVerb: TypeAlias = Literal["perform", "ask"]


class ElementFault(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="fault"
):
    """Which calls a fault strikes."""

    subject: str | None = None
    kind: str | None = None
    share: Annotated[float, Meta(ge=0, le=1)] = 1.0
    seed: int = 1
    times: Annotated[int, Meta(ge=1)] | None = None
    on: Annotated[tuple[CallVerb, ...], Meta(min_length=1)] = ("perform",)


class Slow(ElementFault, frozen=True, kw_only=True, tag="slow"):
    """The answer comes later."""

    delay_ms: Annotated[int, Meta(ge=1, le=600_000)]


class Refuse(ElementFault, frozen=True, kw_only=True, tag="refuse"):
    """A new operation is refused."""

    code: Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9-]{0,63}\Z")]
    detail: Annotated[str, Meta(max_length=1_000)] = "the element refuses this"
    on: tuple[Literal["perform"]] = ("perform",)


class FailFirst(ElementFault, frozen=True, kw_only=True, tag="error"):
    """The element fails before it does anything."""


class DropAnswer(ElementFault, frozen=True, kw_only=True, tag="drop"):
    """The work is done, and the answer lost."""

    then: Literal["close", "silence"] = "close"


class RejectConnection(ElementFault, frozen=True, kw_only=True, tag="reject-connection"):
    """The connection closes before anything is done."""


AnyFault: TypeAlias = Slow | Refuse | FailFirst | DropAnswer | RejectConnection


class ElementCall(NamedTuple):
    """What faults choose by."""

    on: CallVerb
    subject: str | None
    """None where it is not known: asked after an operation never heard of."""

    kind: str | None
    answered: bool
    """The operation was answered before."""


class InjectedFault(NamedTuple):
    """What befalls one call."""

    delay_ms: int = 0
    fault: Refuse | FailFirst | DropAnswer | RejectConnection | None = None


class Faults:
    """The faults that one element suffers."""

    def __init__(self, ordered: Iterable[AnyFault] = ()) -> None:
        self._rules = [FaultRule(fault) for fault in ordered]

    def configured(self) -> tuple[AnyFault, ...]:
        """Return the faults as they were ordered."""
        return tuple(rule.fault for rule in self._rules)

    def inject(self, call: ElementCall) -> InjectedFault:
        """Return what befalls a call, and count it."""
        delay_ms = 0
        for rule in self._rules:
            if not rule.applies(call):
                continue
            if not isinstance(rule.fault, Slow):
                return InjectedFault(delay_ms, rule.fault)
            delay_ms += rule.fault.delay_ms
        return InjectedFault(delay_ms)


class FaultRule:
    """One fault with what it has left and its own chance."""

    def __init__(self, fault: AnyFault) -> None:
        self.fault = fault
        self._left = fault.times
        self._chance = Random(fault.seed)  # noqa: S311  a test repeats it, nobody guards with it

    def applies(self, call: ElementCall) -> bool:
        """Tell whether the fault strikes this call; if so, it has one less left."""
        if not self._concerns(call) or self._chance.random() >= self.fault.share:
            return False
        if self._left is not None:
            self._left -= 1
        return True

    def _concerns(self, call: ElementCall) -> bool:
        fault = self.fault
        return (
            self._left != 0
            and call.on in fault.on
            and fault.subject in (None, call.subject)
            and fault.kind in (None, call.kind)
            and not (call.answered and isinstance(fault, Refuse))
        )
