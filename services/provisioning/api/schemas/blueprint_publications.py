"""Schemas of publications of blueprints, which may include fragments, and their mapping."""

from typing import Annotated, TypeAlias

from fastapi import Body
from pydantic import ConfigDict, Discriminator, Field, Tag

from services.provisioning.api.examples import blueprints as examples
from services.provisioning.api.schemas.blueprints import Needs, NeedSchema, Steps, StepSchema
from services.provisioning.domain.blueprint.fragments import (
    BlueprintDocument,
    BlueprintPublication,
    Fragment,
    FragmentInclude,
)
from services.provisioning.domain.blueprint.names import MAX_STEPS
from shared.contracts import Action
from shared.http.schemas import BaseSchema, ExactId
from shared.input.numbers import WholeNumber

MAX_BLUEPRINTS = 100
MAX_PARAMETERS = 50


class IncludeSchema(BaseSchema):
    """The place in a blueprint where the steps, or the needs, of a fragment stand."""

    include: ExactId
    """The name and version of a fragment of this publication: `bar/1`."""

    after: tuple[ExactId, ...] = ()
    """The steps that the fragment's first ones follow: those that name none themselves."""

    values: Annotated[dict[str, ExactId], Field(max_length=MAX_PARAMETERS)] = Field(
        default_factory=dict
    )
    """The values of its parameters, put into its texts as they are."""

    def to_domain(self) -> FragmentInclude:
        """Map the include to the domain."""
        return FragmentInclude(include=self.include, after=self.after, values=self.values)


def form_of_entry(entry: object) -> str:
    """Return the tag of an entry. A tag must not be a key of a body: it would look like a place."""
    is_include = isinstance(entry, IncludeSchema) or (
        isinstance(entry, dict) and "include" in entry
    )
    return "of-fragment" if is_include else "of-blueprint"


BY_FORM = Discriminator(form_of_entry)
Include: TypeAlias = Annotated[IncludeSchema, Tag("of-fragment")]
NeedEntry: TypeAlias = Annotated[Annotated[NeedSchema, Tag("of-blueprint")] | Include, BY_FORM]
StepEntry: TypeAlias = Annotated[Annotated[StepSchema, Tag("of-blueprint")] | Include, BY_FORM]


class BlueprintDocumentSchema(BaseSchema):
    """A blueprint as it is written: its needs and steps may be those of fragments."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.BLUEPRINT]})

    specification: ExactId
    business_action: ExactId = ""
    """`new`, `change`, `disconnect` or another one. A document without it is for what `action`
    means by itself."""

    action: Action | None = None
    """The TMF622 action of the business action."""

    version: WholeNumber
    needs: Annotated[tuple[NeedEntry, ...], Field(max_length=MAX_STEPS)] = ()
    steps: Annotated[tuple[StepEntry, ...], Field(min_length=1, max_length=MAX_STEPS)]

    def to_domain(self) -> BlueprintDocument:
        """Map the blueprint to the domain."""
        return BlueprintDocument(
            specification=self.specification,
            business_action=self.business_action,
            action=self.action,
            version=self.version,
            needs=tuple(each.to_domain() for each in self.needs),
            steps=tuple(each.to_domain() for each in self.steps),
        )


class FragmentSchema(BaseSchema):
    """Steps and needs that several blueprints of a publication share."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.FRAGMENT]})

    name: ExactId
    version: WholeNumber
    parameters: Annotated[tuple[ExactId, ...], Field(max_length=MAX_PARAMETERS)] = ()
    """The names of its parameters: `{name}` in its texts."""

    needs: Needs = ()
    steps: Steps = ()

    def to_domain(self) -> Fragment:
        """Map the fragment to the domain."""
        return Fragment(
            name=self.name,
            version=self.version,
            parameters=self.parameters,
            needs=tuple(each.to_domain() for each in self.needs),
            steps=tuple(each.to_domain() for each in self.steps),
        )


BlueprintDocuments: TypeAlias = Annotated[
    tuple[BlueprintDocumentSchema, ...], Field(min_length=1, max_length=MAX_BLUEPRINTS)
]


class BlueprintPublicationSchema(BaseSchema):
    """Blueprints, and the fragments that they include."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PUBLICATION]})

    fragments: Annotated[tuple[FragmentSchema, ...], Field(max_length=MAX_BLUEPRINTS)] = ()
    blueprints: BlueprintDocuments


def form_of_body(body: object) -> str:
    """Return the tag of a body: an array of blueprints, or an object with fragments as well."""
    return "as-array" if isinstance(body, list | tuple) else "as-object"


BlueprintsBody: TypeAlias = Annotated[
    Annotated[BlueprintDocuments, Tag("as-array")]
    | Annotated[BlueprintPublicationSchema, Tag("as-object")],
    Discriminator(form_of_body),
    Body(examples=[[examples.BLUEPRINT], examples.PUBLICATION]),
]


def to_publication(body: BlueprintsBody) -> BlueprintPublication:
    """Map a body to the domain."""
    if isinstance(body, BlueprintPublicationSchema):
        return BlueprintPublication(
            blueprints=tuple(each.to_domain() for each in body.blueprints),
            fragments=tuple(each.to_domain() for each in body.fragments),
        )
    return BlueprintPublication(blueprints=tuple(each.to_domain() for each in body), root="")
