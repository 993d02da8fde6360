"""Validation of fragments, and of the places where blueprints include them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from services.provisioning.domain.blueprint.expansion import (
    PARAMETER,
    ExpandedBlueprint,
    placeholders,
    texts_in,
)
from services.provisioning.domain.blueprint.fragments import (
    BlueprintPublication,
    Fragment,
    FragmentInclude,
    NeedEntry,
    StepEntry,
)
from services.provisioning.domain.blueprint.names import MAX_VERSION, NAME, NAME_REMEDY
from shared.errors import Fault

MAX_TEXT = 128
"""Characters of a text of a step, its parameters filled in."""


def fragments_faults(publication: BlueprintPublication) -> Iterator[Fault]:
    """Yield the faults of a publication's fragments and includes."""
    counts = Counter(each.display_name for each in publication.fragments)
    for i, fragment in enumerate(publication.fragments):
        yield from fragment_faults(fragment, f"/fragments/{i}")
        if counts[fragment.display_name] > 1:
            reason = f"{fragment.display_name} is sent twice"
            yield Fault(f"/fragments/{i}/name", "sent-twice", reason, "send one")
    known = {each.display_name: each for each in publication.fragments}
    for i, document in enumerate(publication.blueprints):
        at = f"{publication.root}/{i}"
        yield from includes_faults(document.needs, f"{at}/needs", known)
        yield from includes_faults(document.steps, f"{at}/steps", known)


def fragment_faults(fragment: Fragment, at: str) -> Iterator[Fault]:
    """Yield the faults of a fragment by itself."""
    if not NAME.fullmatch(fragment.name):
        yield Fault(f"{at}/name", "bad-name", "is not a valid name", NAME_REMEDY)
    if not 1 <= fragment.version <= MAX_VERSION:
        reason = f"versions go from 1 to {MAX_VERSION}"
        yield Fault(f"{at}/version", "out-of-range", reason, "count up from the newest")
    if not (fragment.steps or fragment.needs):
        yield Fault(at, "nothing-to-do", "it has nothing", "give `steps` or `needs`")
    for i, name in enumerate(fragment.parameters):
        if not PARAMETER.fullmatch(name) or name in fragment.parameters[:i]:
            reason = "is not a valid name, or is there twice"
            yield Fault(f"{at}/parameters/{i}", "bad-name", reason, "use letters, digits and _")
    if unknown := placeholders(fragment) - {*fragment.parameters}:
        reason = f"its texts name {names_of(unknown)}, which is no parameter of it"
        yield Fault(f"{at}/parameters", "parameter-unknown", reason, "add it, or correct the text")


def includes_faults(
    entries: Sequence[NeedEntry | StepEntry], at: str, known: Mapping[str, Fragment]
) -> Iterator[Fault]:
    """Yield the faults of the includes among the needs, or the steps, of a blueprint."""
    field = at.rpartition("/")[2]
    for i, entry in enumerate(entries):
        if not isinstance(entry, FragmentInclude):
            continue
        here = f"{at}/{i}"
        if fragment := known.get(entry.include):
            yield from value_faults(entry, fragment, here)
            if not getattr(fragment, field):
                reason = f"the fragment has no {field}"
                yield Fault(f"{here}/include", "nothing-to-do", reason, "leave it out")
        else:
            reason = f"the publication has no fragment {entry.include}"
            remedy = f"use one of: {', '.join(known) or 'none is sent'}; or send it as well"
            yield Fault(f"{here}/include", "fragment-unknown", reason, remedy)
        if field == "needs" and entry.after:
            yield Fault(f"{here}/after", "not-allowed", "needs have no order", "leave it out")


def value_faults(include: FragmentInclude, fragment: Fragment, at: str) -> Iterator[Fault]:
    """Yield the parameters without a value, and the values that are for no parameter."""
    parameters, given = {*fragment.parameters}, {*include.values}
    if missing := parameters - given:
        reason = f"{fragment.display_name} needs a value for {names_of(missing)}"
        yield Fault(f"{at}/values", "missing", reason, "give it")
    if unknown := given - parameters:
        reason = f"{fragment.display_name} has no parameter {names_of(unknown)}"
        yield Fault(f"{at}/values", "parameter-unknown", reason, "leave it out")


def length_faults(expanded: ExpandedBlueprint) -> Iterator[Fault]:
    """Yield the steps whose texts are too long with the values of their parameters."""
    for i, step in enumerate(expanded.blueprint.steps if expanded.fragments else ()):
        if any(len(text) > MAX_TEXT for text in texts_in(msgspec.to_builtins(step))):
            reason = f"a text of more than {MAX_TEXT} characters"
            yield Fault(f"/steps/{i}", "too-long", reason, "shorten it, or a value in it")


def names_of(found: set[str]) -> str:
    """Return names for people."""
    return ", ".join(f"`{each}`" for each in sorted(found))
