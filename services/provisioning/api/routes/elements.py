"""Network elements: how much each bears, and whether it is being worked on."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Self, TypeAlias

from fastapi import Path, Response
from pydantic import ConfigDict, Field

from services.provisioning.api.examples import bodies
from services.provisioning.api.views.base import OPS_PATH, BaseSchema, BaseView, LongText
from services.provisioning.domain.element import (
    Element,
    default_element,
    put_in_maintenance,
    take_out_of_maintenance,
    with_limits,
)
from services.provisioning.store import elements as store
from shared.calls.element_limits import type_of
from shared.health.database_counts import ElementQueue
from shared.http import CausationDep, CommandBatcherDep, PageDep, ReadSessionDep, Router, paginate
from shared.http.authorization import allow
from shared.input.numbers import IS_NUMBER, Number
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.list_window import key_attributes
from shared.security.caller import Caller

ELEMENTS_PATH = f"{OPS_PATH}/elements"

ElementReader: TypeAlias = Annotated[Caller, allow("viewer:read", "network:read", "analyst:read")]
ElementOperator: TypeAlias = Annotated[
    Caller, allow("ops:fallout", "network:write", runs_installation=True)
]
ElementPath: TypeAlias = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,127}$")]
"""The name of an element, in any spelling: an identifier, or as equipment of others bears it."""

router = Router(tags=["elements"])


class LimitsSchema(BaseSchema):
    """How much an element is to bear."""

    model_config = ConfigDict(json_schema_extra={"examples": [bodies.LIMITS]})

    concurrency: Annotated[int, Field(ge=1, le=1000), IS_NUMBER]
    """Calls under way at a time."""

    per_second: Annotated[Number, Field(ge=0, le=10_000)] = 0
    """Calls begun in a second; 0 for no limit."""


class MaintenanceSchema(BaseSchema):
    """Why an element is being worked on."""

    model_config = ConfigDict(json_schema_extra={"examples": [bodies.MAINTENANCE]})

    reason: Annotated[LongText, Field(min_length=1)]


class ElementView(BaseView):
    """One network element: how much it bears, and what waits for it."""

    model_config = ConfigDict(json_schema_extra={"examples": [bodies.ELEMENT]})

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
    def of(cls, element: Element, queue: ElementQueue | None = None) -> Self:
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
    def of_type(cls, queue: ElementQueue) -> Self:
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
    def of_listing(cls, found: store.ElementListing) -> Self:
        """Show an element of which something was said, or that is called, or that might be."""
        return (
            cls.of(found.configured, found.queue) if found.configured else cls.of_type(found.queue)
        )

    def with_queue(self, queue: ElementQueue) -> Self:
        """Show what waits for it, and what is under way, too."""
        now = {
            "waiting": queue.waiting.count,
            "oldest_waiting_s": round(queue.waiting.oldest_s, 3),
            "in_service": queue.in_flight,
        }
        return self.model_copy(update=now)


@router.get(ELEMENTS_PATH)
def list_elements(
    _: ElementReader, session: ReadSessionDep, page: PageDep, response: Response
) -> list[ElementView]:
    """Return the elements whose limits somebody has set, or that are called now, by name."""
    found = paginate(
        response, page, store.find_page(session, page.window), keys=key_attributes("name")
    )
    return [ElementView.of_listing(each) for each in found]


@router.get(f"{ELEMENTS_PATH}/{{name}}")
def read_element(name: ElementPath, _: ElementReader, session: ReadSessionDep) -> ElementView:
    """Return one element, in any spelling: what was set for it, or what those of its type bear."""
    (found,) = store.get_listings(session, [store.canonical_name(session, name)])
    return ElementView.of_listing(found)


ElementChange: TypeAlias = Callable[[Element, str, datetime], Element]
"""What is done to an element, by whom and when."""


@router.put(f"{ELEMENTS_PATH}/{{name}}")
async def set_limits(
    name: ElementPath,
    limits: LimitsSchema,
    caller: ElementOperator,
    cause: CausationDep,
    batcher: CommandBatcherDep,
) -> ElementView:
    """Set how much an element bears."""

    def change(element: Element, by: str, now: datetime) -> Element:
        return with_limits(element, limits.concurrency, limits.per_second, by, now)

    return await batcher.execute(cause, partial(change_element, name, caller.person, change))


@router.put(f"{ELEMENTS_PATH}/{{name}}/maintenance")
async def begin_maintenance(
    name: ElementPath,
    why: MaintenanceSchema,
    caller: ElementOperator,
    cause: CausationDep,
    batcher: CommandBatcherDep,
) -> ElementView:
    """Begin nothing more on an element; what is wanted of it waits."""

    def change(element: Element, by: str, now: datetime) -> Element:
        return put_in_maintenance(element, why.reason, by, now)

    return await batcher.execute(cause, partial(change_element, name, caller.person, change))


@router.delete(f"{ELEMENTS_PATH}/{{name}}/maintenance")
async def end_maintenance(
    name: ElementPath, caller: ElementOperator, cause: CausationDep, batcher: CommandBatcherDep
) -> ElementView:
    """Go on with an element; what has waited is done now."""
    return await batcher.execute(
        cause, partial(change_element, name, caller.person, take_out_of_maintenance)
    )


def change_element(name: str, by: str, change: ElementChange, work: UnitOfWork) -> ElementView:
    """Change an element, in whatever spelling it is named, and keep it in the history."""
    name = store.canonical_name(work.session, name)
    bears = type_of(store.TYPES, name).limit
    before = store.find(work.session, name) or default_element(name, bears, by, work.now)
    after = change(before, by, work.now)
    store.put(work.session, after)
    work.record_change(
        "element", name, describe_state(before), describe_state(after), reason=after.reason
    )
    work.audit("element.change", name, reason=f"{describe_state(after)} {after.reason}".rstrip())
    return ElementView.of(after)


def describe_state(element: Element) -> str:
    """Return the state of an element, as the history has it."""
    bears = f"{element.concurrency} at a time"
    rate = f", {element.per_second:g}/s" if element.per_second else ""
    return "in maintenance" if element.in_maintenance else f"{bears}{rate}"
