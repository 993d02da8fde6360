"""Reading publications from files, as releases have them."""

from typing import TypeVar

import msgspec

from services.provisioning.domain.blueprint.blueprint import (
    Blueprint,
    BlueprintNeed,
    BlueprintStep,
    StoredStruct,
)
from services.provisioning.domain.blueprint.fragments import (
    BlueprintDocument,
    BlueprintPublication,
    Fragment,
    FragmentInclude,
)
from services.provisioning.domain.blueprint.validation import Capabilities, validated
from shared.contracts import Action
from shared.errors import Fault, InvalidError

NO_FRAGMENTS = b"[]"

P = TypeVar("P", BlueprintNeed, BlueprintStep)


class UnreadDocument(StoredStruct, frozen=True, kw_only=True):
    """A blueprint whose needs and steps are not decoded yet."""

    specification: str
    business_action: str = ""
    action: Action | None = None
    version: int
    needs: tuple[msgspec.Raw, ...] = ()
    steps: tuple[msgspec.Raw, ...]


def read_blueprints(
    blueprints: bytes, fragments: bytes = NO_FRAGMENTS, capabilities: Capabilities | None = None
) -> tuple[Blueprint, ...]:
    """Return the blueprints in a JSON array, with the fragments of another one.

    Raises:
        InvalidError: if one of them has a fault.
    """
    try:
        publication = read_publication(blueprints, fragments)
    except msgspec.MsgspecError as error:
        remedy = "see docs/blueprints.md for a valid blueprint"
        raise InvalidError([Fault("/", "unreadable", str(error), remedy)]) from error
    return tuple(each.blueprint for each in validated(publication, capabilities))


def read_publication(blueprints: bytes, fragments: bytes) -> BlueprintPublication:
    """Return the publication of two JSON arrays.

    Raises:
        msgspec.MsgspecError: if one of them is not valid.
    """
    documents = msgspec.json.decode(blueprints, type=tuple[UnreadDocument, ...])
    return BlueprintPublication(
        blueprints=tuple(map(read_document, documents)),
        fragments=msgspec.json.decode(fragments, type=tuple[Fragment, ...]),
        root="",
    )


def read_document(document: UnreadDocument) -> BlueprintDocument:
    """Return a blueprint with its needs and steps, each of which may be an include."""
    return BlueprintDocument(
        specification=document.specification,
        business_action=document.business_action,
        action=document.action,
        version=document.version,
        needs=tuple(read_entry(each, BlueprintNeed) for each in document.needs),
        steps=tuple(read_entry(each, BlueprintStep) for each in document.steps),
    )


def read_entry(text: msgspec.Raw, kind: type[P]) -> P | FragmentInclude:
    """Return a need or a step, or the include that stands in its place."""
    fields = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    if "include" in fields:
        return msgspec.json.decode(text, type=FragmentInclude)
    return msgspec.json.decode(text, type=kind)
