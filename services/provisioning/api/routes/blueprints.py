"""Blueprints: what plans are drawn from; publishing more of them."""

from datetime import datetime
from functools import partial
from typing import Annotated, Literal, Self

from fastapi import Body, Response
from pydantic import ConfigDict, Field

from services.provisioning.api.examples import bodies
from services.provisioning.api.views.base import (
    OPS_PATH,
    STORED_CONTEXT,
    BaseSchema,
    BaseView,
    ExactId,
    ShortText,
    Viewer,
)
from services.provisioning.domain.blueprint.blueprint import (
    Blueprint,
    BlueprintNeed,
    BlueprintStep,
    OnFailure,
    PointOfNoReturn,
    StepKind,
)
from services.provisioning.domain.blueprint.publication import (
    PublishedBlueprint,
    missing_counterparts,
)
from services.provisioning.domain.blueprint.validation import MAX_STEPS, validate
from services.provisioning.store import blueprints as store
from services.provisioning.store.blueprint_editions import publish_edition
from shared.contracts import Action, Characteristic, Value
from shared.http import (
    CausationDep,
    CommandBatcherDep,
    PageDep,
    ReadSessionDep,
    Router,
    error_responses,
    paginate,
)
from shared.http.authorization import allow
from shared.input.numbers import WholeNumber
from shared.messaging.unit_of_work import UnitOfWork
from shared.security.caller import Caller

BLUEPRINTS_PATH = f"{OPS_PATH}/blueprints"
MAX_BLUEPRINTS = 100

BlueprintPublisher = Annotated[Caller, allow("ops:import", "network:write")]

router = Router(tags=["blueprints"])


class ParameterSchema(BaseSchema):
    """What an element, or a crew, is told."""

    name: ExactId
    value: Value
    """A value, or a reference: `$leg.pon_port`, `$characteristic.speedMbps`, `$item.service_id`."""


class NeedSchema(BaseSchema):
    """A thing that an item needs from the resource pools."""

    kind: ExactId
    picked: ExactId = ""
    grade: ExactId = ""


class StepSchema(BaseSchema):
    """One step, as drawn."""

    name: ExactId
    kind: StepKind
    title: ShortText = ""
    after: tuple[ExactId, ...] = ()
    element: ExactId = ""
    operation: ExactId = ""
    undo: ExactId = ""
    nothing_to_undo: tuple[ExactId, ...] = ()
    parameters: tuple[ParameterSchema, ...] = ()
    skill: ExactId = ""
    district: ExactId = ""
    tries: WholeNumber = 5
    timeout_s: WholeNumber = 5
    wait_s: WholeNumber = 0
    on_failure: OnFailure = OnFailure.ROLLBACK
    ponr: PointOfNoReturn | None = None

    def to_domain(self) -> BlueprintStep:
        """Return the step as the domain knows it."""
        named = self.model_dump(exclude={"parameters"})
        parameters = (Characteristic(name=each.name, value=each.value) for each in self.parameters)
        return BlueprintStep(**named, parameters=tuple(parameters))

    @classmethod
    def of(cls, step: BlueprintStep) -> Self:
        """Show a step."""
        return cls.model_validate(step, from_attributes=True)


class BlueprintSchema(BaseSchema):
    """How one action on one product specification is carried out."""

    model_config = ConfigDict(json_schema_extra={"examples": [bodies.BLUEPRINT]})

    specification: ExactId
    action: Literal[Action.ADD, Action.MODIFY, Action.DELETE]
    version: WholeNumber
    needs: Annotated[tuple[NeedSchema, ...], Field(max_length=MAX_STEPS)] = ()
    steps: Annotated[tuple[StepSchema, ...], Field(min_length=1, max_length=MAX_STEPS)]

    def to_domain(self) -> Blueprint:
        """Return the blueprint as the domain knows it."""
        needs = (BlueprintNeed(**each.model_dump()) for each in self.needs)
        return Blueprint(
            specification=self.specification,
            action=self.action,
            version=self.version,
            needs=tuple(needs),
            steps=tuple(step.to_domain() for step in self.steps),
        )


class BlueprintView(BaseView):
    """One version of a blueprint, and who published it."""

    model_config = ConfigDict(json_schema_extra={"examples": [bodies.PUBLISHED]})

    shared: bool
    """All tenants share it; a tenant's own stands before it."""

    published_at: datetime
    published_by: str
    blueprint: BlueprintSchema
    warning: str = ""
    """What is missing beside it, and what to do; told when it is published."""

    @classmethod
    def of(cls, published: PublishedBlueprint, warning: str = "") -> Self:
        """Show what was published."""
        return cls(
            warning=warning,
            shared=published.tenant == store.SHARED_TENANT,
            published_at=published.published_at,
            published_by=published.published_by,
            blueprint=BlueprintSchema.model_validate(
                published.blueprint, from_attributes=True, context=STORED_CONTEXT
            ),
        )


@router.get(BLUEPRINTS_PATH)
def list_blueprints(
    caller: Viewer, session: ReadSessionDep, page: PageDep, response: Response
) -> list[BlueprintView]:
    """Return all versions of all blueprints. New plans are drawn from the newest of each."""
    found = store.find_published(session, caller.tenant, page.window)
    shown = paginate(response, page, found, keys=store.sort_key)
    return [BlueprintView.of(each) for each in shown]


@router.post(BLUEPRINTS_PATH, status_code=201, responses=error_responses(409, 422))
async def publish_blueprints(
    patterns: Annotated[
        tuple[BlueprintSchema, ...],
        Body(min_length=1, max_length=MAX_BLUEPRINTS, examples=[[bodies.BLUEPRINT]]),
    ],
    caller: BlueprintPublisher,
    cause: CausationDep,
    batcher: CommandBatcherDep,
) -> list[BlueprintView]:
    """Publish blueprints, all or none. Plans that are under way keep the version they began with.

    What is published already is left as it is.
    """
    drawn = tuple(each.to_domain() for each in patterns)
    validate(drawn)
    return await batcher.execute(cause, partial(publish_for_tenant, drawn, caller.person))


def publish_for_tenant(
    blueprints: tuple[Blueprint, ...], by: str, work: UnitOfWork
) -> list[BlueprintView]:
    """Publish blueprints for the caller's tenant."""
    new = store.publish(work.session, work.tenant, blueprints, by, work.now)
    for each in new:
        name = f"{each.specification}/{each.action}"
        work.record_change("blueprint", name, "", "published", part=str(each.version))
        work.audit("blueprint.publish", f"{name}/{each.version}")
    if new:
        publish_edition(work, work.tenant)
    gaps = missing_counterparts(blueprints, store.get_newest(work.session, work.tenant))
    published = (PublishedBlueprint(work.tenant, each, work.now, by) for each in blueprints)
    return [BlueprintView.of(each, gaps.get(each.blueprint, "")) for each in published]
