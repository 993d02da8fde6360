"""Network elements: their call limits, and their maintenance."""

from functools import partial
from typing import Annotated, TypeAlias

from fastapi import Response

from services.provisioning.api.schemas.elements import ElementPath, LimitsSchema, MaintenanceSchema
from services.provisioning.api.views.elements import ELEMENTS_PATH, ElementView
from services.provisioning.commands.elements import change_element
from services.provisioning.domain.element import take_out_of_maintenance
from services.provisioning.store import elements as store
from shared.http import CausationDep, CommandBatcherDep, PageDep, ReadSessionDep, Router, paginate
from shared.http.authorization import allow
from shared.http.callers import StateViewer
from shared.persistence.pagination import attributes_getter
from shared.security.caller import Caller

ElementOperator: TypeAlias = Annotated[
    Caller, allow("ops:fallout", "network:write", installation_tenant_only=True)
]

router = Router(tags=["elements"])


@router.get(ELEMENTS_PATH)
def list_elements(
    _: StateViewer, session: ReadSessionDep, page: PageDep, response: Response
) -> list[ElementView]:
    """Return the elements that are configured or have open calls, by name."""
    found = paginate(
        response, page, store.find_page(session, page.window), keys=attributes_getter("name")
    )
    return [ElementView.of_listing(each) for each in found]


@router.get(f"{ELEMENTS_PATH}/{{name}}")
def read_element(name: ElementPath, _: StateViewer, session: ReadSessionDep) -> ElementView:
    """Return one element, in any spelling, with its own limits or those of its type."""
    (found,) = store.get_listings(session, [store.canonical_name(session, name)])
    return ElementView.of_listing(found)


@router.put(f"{ELEMENTS_PATH}/{{name}}")
async def set_limits(
    name: ElementPath,
    limits: LimitsSchema,
    caller: ElementOperator,
    cause: CausationDep,
    batcher: CommandBatcherDep,
) -> ElementView:
    """Set the call limits of an element."""
    command = partial(change_element, name, caller.person, limits.apply_to)
    return ElementView.of(await batcher.execute(cause, command))


@router.put(f"{ELEMENTS_PATH}/{{name}}/maintenance")
async def begin_maintenance(
    name: ElementPath,
    body: MaintenanceSchema,
    caller: ElementOperator,
    cause: CausationDep,
    batcher: CommandBatcherDep,
) -> ElementView:
    """Start no more calls on an element; its calls wait."""
    command = partial(change_element, name, caller.person, body.apply_to)
    return ElementView.of(await batcher.execute(cause, command))


@router.delete(f"{ELEMENTS_PATH}/{{name}}/maintenance")
async def end_maintenance(
    name: ElementPath, caller: ElementOperator, cause: CausationDep, batcher: CommandBatcherDep
) -> ElementView:
    """End the maintenance of an element; its waiting calls start."""
    command = partial(change_element, name, caller.person, take_out_of_maintenance)
    return ElementView.of(await batcher.execute(cause, command))
