"""Expansion: what a publication's blueprints are when their fragments stand in their places.

A blueprint is expanded when it is published. What is stored is complete, so neither a plan nor a
later publication depends on a fragment.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from services.provisioning.domain.blueprint.blueprint import (
    Blueprint,
    BlueprintNeed,
    BlueprintStep,
)
from services.provisioning.domain.blueprint.fragments import (
    BlueprintDocument,
    BlueprintPublication,
    Fragment,
    FragmentInclude,
)
from services.provisioning.domain.blueprint.names import MAX_STEPS

PARAMETER = re.compile(r"[A-Za-z0-9_]{1,40}")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class PlacedPart(NamedTuple):
    """A fragment, a need or a step, and where it is written in the publication."""

    part: Any
    at: str
    """A JSON pointer."""

    after_at: str = ""
    """Where its `after` is written, if that is another place."""


class ExpandedBlueprint(NamedTuple):
    """A blueprint as it will be stored, and where its parts are written."""

    blueprint: Blueprint
    at: str
    """The JSON pointer to it in the publication."""

    places: Mapping[str, str]
    """By the pointer to a part of the blueprint, `/steps/2`, the one to it in the publication."""

    fragments: tuple[str, ...]
    """The fragments that it includes, by name and version."""

    def written_at(self, pointer: str) -> str:
        """Return where the part is written to which a JSON pointer in the blueprint leads."""
        if pointer in self.places:
            return self.places[pointer]
        part, _, field = pointer.rpartition("/")
        return f"{self.written_at(part)}/{field}" if part else f"{self.at}{pointer}"


def expand(publication: BlueprintPublication) -> tuple[ExpandedBlueprint, ...]:
    """Return the blueprints of a publication; includes that name no fragment bring nothing."""
    fragments = {
        each.display_name: PlacedPart(each, f"/fragments/{i}")
        for i, each in enumerate(publication.fragments)
    }
    return tuple(
        expanded_blueprint(each, f"{publication.root}/{i}", fragments)
        for i, each in enumerate(publication.blueprints)
    )


def expanded_blueprint(
    document: BlueprintDocument, at: str, fragments: Mapping[str, PlacedPart]
) -> ExpandedBlueprint:
    """Return a blueprint with the needs and steps of its fragments.

    It has one more than it can have, at most: it is refused, and costs no more than another one.
    """
    needs = list(islice(expanded_parts(document.needs, f"{at}/needs", fragments), MAX_STEPS + 1))
    steps = list(islice(expanded_parts(document.steps, f"{at}/steps", fragments), MAX_STEPS + 1))
    places = {f"/needs/{i}": each.at for i, each in enumerate(needs)}
    places |= {f"/steps/{i}": each.at for i, each in enumerate(steps)}
    places |= {f"/steps/{i}/after": each.after_at for i, each in enumerate(steps) if each.after_at}
    entries = (*document.needs, *document.steps)
    included = (each.include for each in entries if isinstance(each, FragmentInclude))
    return ExpandedBlueprint(
        document.to_blueprint((each.part for each in needs), (each.part for each in steps)),
        at,
        places,
        tuple(dict.fromkeys(included)),
    )


def expanded_parts(
    entries: Sequence[Any], at: str, fragments: Mapping[str, PlacedPart]
) -> Iterator[PlacedPart]:
    """Yield needs, or steps, with those of fragments in their places."""
    field = at.rpartition("/")[2]
    for i, entry in enumerate(entries):
        if not isinstance(entry, FragmentInclude):
            yield PlacedPart(entry, f"{at}/{i}")
        elif found := fragments.get(entry.include):
            for j, part in enumerate(getattr(found.part, field)):
                yield included_part(part, f"{found.at}/{field}/{j}", entry, f"{at}/{i}")


def included_part(
    part: BlueprintNeed | BlueprintStep, at: str, include: FragmentInclude, include_at: str
) -> PlacedPart:
    """Return a need or a step of a fragment as it stands in a blueprint."""
    filled = msgspec.convert(filled_in(msgspec.to_builtins(part), include.values), type(part))
    if isinstance(filled, BlueprintStep) and not filled.after:
        step = msgspec.structs.replace(filled, after=include.after)
        return PlacedPart(step, at, f"{include_at}/after")
    return PlacedPart(filled, at)


def filled_in(value: Any, values: Mapping[str, str]) -> Any:  # noqa: ANN401  any JSON value
    """Return a JSON value with its placeholders filled in; those without a value stay."""
    match value:
        case str():
            return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), value)
        case dict():
            return {name: filled_in(each, values) for name, each in value.items()}
        case list() | tuple():
            return [filled_in(each, values) for each in value]
        case _:
            return value


def placeholders(fragment: Fragment) -> set[str]:
    """Return the names of the parameters that the texts of a fragment refer to."""
    parts = msgspec.to_builtins((fragment.needs, fragment.steps))
    return {name for text in texts_in(parts) for name in PLACEHOLDER.findall(text)}


def texts_in(value: Any) -> Iterator[str]:  # noqa: ANN401  any JSON value
    """Yield the texts in a JSON value."""
    match value:
        case str():
            yield value
        case dict():
            yield from texts_in(list(value.values()))
        case list() | tuple():
            for each in value:
                yield from texts_in(each)
        case _:
            """A number, or nothing."""
