"""Validation of operations: an element is called with operations that its type knows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from services.provisioning.domain.blueprint.blueprint import INLINE, BlueprintStep, StepKind
from services.provisioning.domain.blueprint.templates import is_template
from shared.calls.element_limits import ElementTypes, type_of
from shared.contracts.message_parts import ElementName
from shared.errors import Fault

CALLING_KINDS = frozenset({StepKind.ACTIVATE, StepKind.TEST})


@dataclass(frozen=True, slots=True)
class KnownOperations:
    """The operations that elements know, by their type."""

    types: ElementTypes
    by_type: Mapping[str, tuple[str, ...]]
    """Shell patterns of operations, `add-profile` or `add-*`, by the name of a type."""

    def of_element(self, element: ElementName) -> tuple[str, ...]:
        """Return what an element knows; of one that is not known yet, what any type knows."""
        if is_template(element):
            return tuple(dict.fromkeys(each for found in self.by_type.values() for each in found))
        return self.by_type[type_of(self.types, element).name]


def operation_faults(step: BlueprintStep, at: str, known: KnownOperations) -> Iterator[Fault]:
    """Yield the operations of a step that its element does not know."""
    if step.kind not in CALLING_KINDS or step.element in {"", INLINE}:
        return
    patterns = known.of_element(step.element)
    if not patterns:
        names = ", ".join(each.elements for each in known.types)
        reason = "no type of elements has this name"
        yield Fault(f"{at}/element", "element-unknown", reason, f"use one of: {names}")
        return
    for field, operation in (("operation", step.operation), ("undo", step.undo)):
        if operation and not any(fnmatchcase(operation, each) for each in patterns):
            reason = f"{step.element} has no operation `{operation}`"
            remedy = f"use one of: {', '.join(patterns)}"
            yield Fault(f"{at}/{field}", "operation-unknown", reason, remedy)
