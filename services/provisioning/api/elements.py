"""Network elements: how much each bears, and whether it is being worked on."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Self, TypeAlias

from fastapi import Path, Response
from pydantic import ConfigDict, Field

from services.provisioning.api import examples
from services.provisioning.api.shown import OPS, Asked, Shown, Text
from services.provisioning.domain.element import (
    Element,
    back_from_maintenance,
    limited,
    put_in_maintenance,
    usual,
)
from services.provisioning.store import elements as store
from shared.calls.element_limits import type_of
from shared.health.figures import Queue
from shared.http import Page, RequestCause, Router, ToDesk, ToRead, paged
from shared.http.authorization import allow
from shared.input.numbers import IS_NUMBER, Number
from shared.messaging.unit_of_work import Work
from shared.persistence.list_window import by
from shared.security.caller import Caller

ELEMENTS = f"{OPS}/elements"

Watcher: TypeAlias = Annotated[Caller, allow("viewer:read", "network:read", "analyst:read")]
Operator: TypeAlias = Annotated[
    Caller, allow("ops:fallout", "network:write", runs_installation=True)
]
ElementPath: TypeAlias = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,127}$")]
"""The name of an element, in any spelling: an identifier, or as equipment of others bears it."""

router = Router(tags=["elements"])


class Limits(Asked):
    """How much an element is to bear."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.LIMITS]})

    concurrency: Annotated[int, Field(ge=1, le=1000), IS_NUMBER]
    """Calls under way at a time."""

    per_second: Annotated[Number, Field(ge=0, le=10_000)] = 0
    """Calls begun in a second; 0 for no limit."""


class Maintenance(Asked):
    """Why an element is being worked on."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.MAINTENANCE]})

    reason: Annotated[Text, Field(min_length=1)]


class ElementView(Shown):
    """One network element: how much it bears, and what waits for it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ELEMENT]})

    name: str
    type: str
    """What its name says it is; where nobody has set limits, those of its type hold."""

    concurrency: int
    per_second: float
    in_maintenance: bool
    reason: str
    changed_at: datetime | None = None
    """Left out where nothing was set."""

    changed_by: str
    waiting: int = 0
    """Calls that wait for a place."""

    oldest_waiting_s: float = 0.0
    in_service: int = 0
    """Calls that are leased: under way, or answered a moment ago."""

    @classmethod
    def of(cls, element: Element, queue: Queue | None = None) -> Self:
        """Show an element whose limits somebody has set."""
        shown = cls(
            name=element.name,
            type=type_of(store.TYPES, element.name).name,
            concurrency=element.concurrency,
            per_second=element.per_second,
            in_maintenance=element.in_maintenance,
            reason=element.reason,
            changed_at=element.changed_at,
            changed_by=element.changed_by,
        )
        return shown.with_queue(queue) if queue else shown

    @classmethod
    def of_type(cls, queue: Queue) -> Self:
        """Show an element that bears what its type does."""
        limit = queue.limit
        shown = cls(
            name=queue.element,
            type=queue.type,
            concurrency=limit.concurrency,
            per_second=limit.per_second,
            in_maintenance=limit.in_maintenance,
            reason="",
            changed_by="",
        )
        return shown.with_queue(queue)

    @classmethod
    def listed(cls, found: store.Listed) -> Self:
        """Show an element of which something was said, or that is called, or that might be."""
        return cls.of(found.said, found.queue) if found.said else cls.of_type(found.queue)

    def with_queue(self, queue: Queue) -> Self:
        """Show what waits for it, and what is under way, too."""
        now = {
            "waiting": queue.waiting.count,
            "oldest_waiting_s": round(queue.waiting.oldest_s, 3),
            "in_service": queue.under_way,
        }
        return self.model_copy(update=now)


@router.get(ELEMENTS)
def list_elements(_: Watcher, session: ToRead, page: Page, response: Response) -> list[ElementView]:
    """Return the elements whose limits somebody has set, or that are called now, by name."""
    found = paged(response, page, store.listed(session, page.rows), keys=by("name"))
    return [ElementView.listed(each) for each in found]


@router.get(f"{ELEMENTS}/{{name}}")
def read_element(name: ElementPath, _: Watcher, session: ToRead) -> ElementView:
    """Return one element, in any spelling: what was set for it, or what those of its type bear."""
    (found,) = store.shown(session, [store.spelled(session, name)])
    return ElementView.listed(found)


Change: TypeAlias = Callable[[Element, str, datetime], Element]
"""What is done to an element, by whom and when."""


@router.put(f"{ELEMENTS}/{{name}}")
async def set_limits(
    name: ElementPath, limits: Limits, caller: Operator, cause: RequestCause, desk: ToDesk
) -> ElementView:
    """Set how much an element bears."""

    def change(element: Element, by: str, now: datetime) -> Element:
        return limited(element, limits.concurrency, limits.per_second, by, now)

    return await desk.serve(cause, partial(keep, name, caller.person, change))


@router.put(f"{ELEMENTS}/{{name}}/maintenance")
async def begin_maintenance(
    name: ElementPath, why: Maintenance, caller: Operator, cause: RequestCause, desk: ToDesk
) -> ElementView:
    """Begin nothing more on an element; what is wanted of it waits."""

    def change(element: Element, by: str, now: datetime) -> Element:
        return put_in_maintenance(element, why.reason, by, now)

    return await desk.serve(cause, partial(keep, name, caller.person, change))


@router.delete(f"{ELEMENTS}/{{name}}/maintenance")
async def end_maintenance(
    name: ElementPath, caller: Operator, cause: RequestCause, desk: ToDesk
) -> ElementView:
    """Go on with an element; what has waited is done now."""
    return await desk.serve(cause, partial(keep, name, caller.person, back_from_maintenance))


def keep(name: str, by: str, change: Change, work: Work) -> ElementView:
    """Change an element, in whatever spelling it is named, and keep it in the history."""
    name = store.spelled(work.session, name)
    bears = type_of(store.TYPES, name).limit
    before = store.find(work.session, name) or usual(name, bears, by, work.now)
    after = change(before, by, work.now)
    store.put(work.session, after)
    work.note("element", name, described(before), described(after), reason=after.reason)
    work.audit("element.change", name, reason=f"{described(after)} {after.reason}".rstrip())
    return ElementView.of(after)


def described(element: Element) -> str:
    """Return the state of an element, as the history has it."""
    bears = f"{element.concurrency} at a time"
    rate = f", {element.per_second:g}/s" if element.per_second else ""
    return "in maintenance" if element.in_maintenance else f"{bears}{rate}"
