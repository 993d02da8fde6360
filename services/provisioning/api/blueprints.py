"""Blueprints: what plans are drawn from; publishing more of them."""

from datetime import datetime
from functools import partial
from typing import Annotated, Literal, Self

from fastapi import Body, Response
from pydantic import ConfigDict, Field

from services.provisioning.api import examples
from services.provisioning.api.shown import OPS, STORED, Asked, Shown, Title, Viewer, Word
from services.provisioning.domain.blueprint import (
    Blueprint,
    BlueprintNeed,
    BlueprintStep,
    Kind,
    NoReturn,
    OnFailure,
)
from services.provisioning.domain.publication import Published, gaps_in
from services.provisioning.domain.reading import MOST_STEPS, check
from services.provisioning.store import blueprints as store
from services.provisioning.store.announcing import announce
from shared.contracts import Action, Characteristic, Value
from shared.http import Page, RequestCause, Router, ToDesk, ToRead, paged, refusals
from shared.http.authorization import allow
from shared.input.numbers import Whole
from shared.messaging.unit_of_work import Work
from shared.security.caller import Caller

BLUEPRINTS = f"{OPS}/blueprints"
MOST = 100

Publisher = Annotated[Caller, allow("ops:import", "network:write")]

router = Router(tags=["blueprints"])


class Parameter(Asked):
    """What an element, or a crew, is told."""

    name: Word
    value: Value
    """A value, or a reference: `$leg.pon_port`, `$characteristic.speedMbps`, `$item.service_id`."""


class Need(Asked):
    """A thing that an item needs from the resource pools."""

    kind: Word
    picked: Word = ""
    grade: Word = ""


class Step(Asked):
    """One step, as drawn."""

    name: Word
    kind: Kind
    title: Title = ""
    after: tuple[Word, ...] = ()
    element: Word = ""
    operation: Word = ""
    undo: Word = ""
    nothing_to_undo: tuple[Word, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    skill: Word = ""
    district: Word = ""
    tries: Whole = 5
    timeout_s: Whole = 5
    wait_s: Whole = 0
    on_failure: OnFailure = OnFailure.ROLLBACK
    ponr: NoReturn | None = None

    def drawn(self) -> BlueprintStep:
        """Return the step as the domain knows it."""
        named = self.model_dump(exclude={"parameters"})
        parameters = (Characteristic(name=each.name, value=each.value) for each in self.parameters)
        return BlueprintStep(**named, parameters=tuple(parameters))

    @classmethod
    def of(cls, step: BlueprintStep) -> Self:
        """Show a step."""
        return cls.model_validate(step, from_attributes=True)


class Pattern(Asked):
    """How one action on one product specification is carried out."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.BLUEPRINT]})

    specification: Word
    action: Literal[Action.ADD, Action.MODIFY, Action.DELETE]
    version: Whole
    needs: Annotated[tuple[Need, ...], Field(max_length=MOST_STEPS)] = ()
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=MOST_STEPS)]

    def drawn(self) -> Blueprint:
        """Return the blueprint as the domain knows it."""
        needs = (BlueprintNeed(**each.model_dump()) for each in self.needs)
        return Blueprint(
            specification=self.specification,
            action=self.action,
            version=self.version,
            needs=tuple(needs),
            steps=tuple(step.drawn() for step in self.steps),
        )


class BlueprintView(Shown):
    """One version of a blueprint, and who published it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PUBLISHED]})

    shared: bool
    """All tenants share it; a tenant's own stands before it."""

    published_at: datetime
    published_by: str
    blueprint: Pattern
    warning: str = ""
    """What is missing beside it, and what to do; told when it is published."""

    @classmethod
    def of(cls, published: Published, warning: str = "") -> Self:
        """Show what was published."""
        return cls(
            warning=warning,
            shared=published.tenant == store.SHARED,
            published_at=published.published_at,
            published_by=published.published_by,
            blueprint=Pattern.model_validate(
                published.blueprint, from_attributes=True, context=STORED
            ),
        )


@router.get(BLUEPRINTS)
def list_blueprints(
    caller: Viewer, session: ToRead, page: Page, response: Response
) -> list[BlueprintView]:
    """Return all versions of all blueprints. New plans are drawn from the newest of each."""
    found = store.published(session, caller.tenant, page.rows)
    shown = paged(response, page, found, keys=store.keys_of)
    return [BlueprintView.of(each) for each in shown]


@router.post(BLUEPRINTS, status_code=201, responses=refusals(409, 422))
async def publish_blueprints(
    patterns: Annotated[
        tuple[Pattern, ...], Body(min_length=1, max_length=MOST, examples=[[examples.BLUEPRINT]])
    ],
    caller: Publisher,
    cause: RequestCause,
    desk: ToDesk,
) -> list[BlueprintView]:
    """Publish blueprints, all or none. Plans that are under way keep the version they began with.

    What is published already is left as it is.
    """
    drawn = tuple(each.drawn() for each in patterns)
    check(drawn)
    return await desk.serve(cause, partial(publish, drawn, caller.person))


def publish(blueprints: tuple[Blueprint, ...], by: str, work: Work) -> list[BlueprintView]:
    """Publish blueprints for the caller's tenant."""
    new = store.publish(work.session, work.tenant, blueprints, by, work.now)
    for each in new:
        name = f"{each.specification}/{each.action}"
        work.note("blueprint", name, "", "published", part=str(each.version))
        work.audit("blueprint.publish", f"{name}/{each.version}")
    if new:
        announce(work, work.tenant)
    gaps = gaps_in(blueprints, store.get(work.session, work.tenant))
    published = (Published(work.tenant, each, work.now, by) for each in blueprints)
    return [BlueprintView.of(each, gaps.get(each.blueprint, "")) for each in published]
