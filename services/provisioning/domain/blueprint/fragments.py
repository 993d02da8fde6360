"""Publications as they are written: blueprints, and the fragments that several of them share.

A fragment has steps, needs or both. Where a blueprint includes it, these stand in its place, with
values for its parameters; `{name}` in a text of the fragment is its parameter `name`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from services.provisioning.domain.blueprint.blueprint import (
    Blueprint,
    BlueprintNeed,
    BlueprintStep,
    StoredStruct,
)
from shared.contracts import Action


class FragmentInclude(StoredStruct, frozen=True, kw_only=True):
    """The place in a blueprint where the steps, or the needs, of a fragment stand."""

    include: str
    """The name and version of the fragment: `bar/1`."""

    after: tuple[str, ...] = ()
    """The steps that the fragment's first ones follow: those that name none themselves."""

    values: Mapping[str, str] = msgspec.field(default_factory=dict)
    """The values of its parameters."""


class Fragment(StoredStruct, frozen=True, kw_only=True):
    """Steps and needs that several blueprints share."""

    name: str
    version: int
    parameters: tuple[str, ...] = ()
    needs: tuple[BlueprintNeed, ...] = ()
    steps: tuple[BlueprintStep, ...] = ()

    @property
    def display_name(self) -> str:
        """Its name and version, by which blueprints include it: `bar/1`."""
        return f"{self.name}/{self.version}"


NeedEntry: TypeAlias = BlueprintNeed | FragmentInclude
StepEntry: TypeAlias = BlueprintStep | FragmentInclude


@dataclass(frozen=True, slots=True)
class BlueprintDocument:
    """A blueprint as it is written: its needs and steps may be those of fragments."""

    specification: str
    business_action: str
    action: Action | None
    version: int
    needs: tuple[NeedEntry, ...]
    steps: tuple[StepEntry, ...]

    def to_blueprint(
        self, needs: Iterable[BlueprintNeed], steps: Iterable[BlueprintStep]
    ) -> Blueprint:
        """Return the blueprint with these needs and steps."""
        return Blueprint(
            specification=self.specification,
            business_action=self.business_action,
            action=self.action,
            version=self.version,
            needs=tuple(needs),
            steps=tuple(steps),
        )


@dataclass(frozen=True, slots=True)
class BlueprintPublication:
    """What is sent to be published: blueprints, and the fragments that they include."""

    blueprints: tuple[BlueprintDocument, ...]
    fragments: tuple[Fragment, ...] = ()
    root: str = "/blueprints"
    """The JSON pointer to the blueprints; empty if they are sent as an array."""
