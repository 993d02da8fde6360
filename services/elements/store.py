"""The state of the simulated elements: outcomes, configuration and faults."""

from collections import Counter
from collections.abc import Iterator

from services.elements.domain import (
    Operation,
    OperationEffect,
    OperationOutcome,
    operation_kind,
    with_parameters,
)
from services.elements.faults import FaultRules
from services.elements.journal import Entry, FaultsEntry, OutcomeEntry

InstalledKey = tuple[str, str]
"""A subject, and the kind of what it has: account, profile, ..."""


class SimulatedElement:
    """One element: its outcomes, what is configured on it, and its faults."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.faults = FaultRules()
        self.effects: Counter[str] = Counter()
        self._outcomes: dict[str, OperationOutcome] = {}
        self._installed: dict[InstalledKey, Operation] = {}

    def outcome_of(self, operation_id: str) -> OperationOutcome | None:
        """Return the outcome of an operation; None if it has none."""
        return self._outcomes.get(operation_id)

    def installing_operation_for(self, operation: Operation) -> Operation | None:
        """Return the operation that installed what this one concerns; None if it is not there."""
        return self._installed.get(self._key(operation))

    def active(self) -> Iterator[Operation]:
        """Yield the operation that installed each configured item."""
        return iter(self._installed.values())

    def record_outcome(self, outcome: OperationOutcome) -> None:
        """Store an outcome and apply its effect to the configuration."""
        operation = outcome.operation
        self._outcomes[operation.id] = outcome
        effect = operation_kind(self.name, operation.kind).effect
        if outcome.refusal or effect is OperationEffect.TEST:
            return
        key = self._key(operation)
        match effect:
            case OperationEffect.INSTALL:
                self._installed[key] = operation
            case OperationEffect.MODIFY:
                self._installed[key] = with_parameters(self._installed[key], operation)
            case OperationEffect.REMOVE:
                del self._installed[key]
        self.effects[operation.id] += 1

    def _key(self, operation: Operation) -> InstalledKey:
        return operation.subject, operation_kind(self.name, operation.kind).thing


class Network:
    """All elements that received an operation or a fault setting."""

    def __init__(self) -> None:
        self._elements: dict[str, SimulatedElement] = {}

    def names(self) -> list[str]:
        """Return the names of the elements, sorted."""
        return sorted(self._elements)

    def get(self, name: str) -> SimulatedElement:
        """Return an element for reading; an unknown one is not added."""
        return self._elements.get(name) or SimulatedElement(name)

    def get_or_create(self, name: str) -> SimulatedElement:
        """Return an element; add it if it is unknown."""
        return self._elements.setdefault(name, self.get(name))

    def replay(self, entry: Entry) -> None:
        """Apply one entry of the journal; entries are replayed in their order."""
        element = self.get_or_create(entry.element)
        match entry:
            case OutcomeEntry():
                element.record_outcome(entry.outcome())
            case FaultsEntry():
                element.faults = FaultRules(entry.faults)
