"""What the simulated elements remember: answers, and what is configured."""

from collections import Counter
from collections.abc import Iterator

from services.elements.domain import Operation, OperationEffect, OperationOutcome, kinds_of
from services.elements.faults import Faults
from services.elements.journal import Entry, FaultsEntry, OutcomeEntry

InstalledKey = tuple[str, str]
"""A subject, and the account, profile, ... that it has."""


class SimulatedElement:
    """One element: the answers it gave, what they left configured, the faults it suffers."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.faults = Faults()
        self.effects: Counter[str] = Counter()
        self._answers: dict[str, OperationOutcome] = {}
        self._installed: dict[InstalledKey, Operation] = {}

    def outcome_of(self, operation_id: str) -> OperationOutcome | None:
        """Return what became of an operation, None for one never heard of."""
        return self._answers.get(operation_id)

    def installed_by(self, operation: Operation) -> Operation | None:
        """Return what made the thing that the operation is about, None if it is not there."""
        return self._installed.get(self._thing(operation))

    def active(self) -> Iterator[Operation]:
        """Yield what made each thing that is configured now."""
        return iter(self._installed.values())

    def record_outcome(self, answer: OperationOutcome) -> None:
        """Keep an answer and change what is configured accordingly."""
        operation = answer.operation
        self._answers[operation.id] = answer
        effect = kinds_of(self.name)[operation.kind].effect
        if answer.refusal or effect is OperationEffect.TEST:
            return
        if effect is OperationEffect.INSTALL:
            self._installed[self._thing(operation)] = operation
        else:
            del self._installed[self._thing(operation)]
        self.effects[operation.id] += 1

    def _thing(self, operation: Operation) -> InstalledKey:
        return operation.subject, kinds_of(self.name)[operation.kind].thing


class Network:
    """All elements that were told anything."""

    def __init__(self) -> None:
        self._elements: dict[str, SimulatedElement] = {}

    def names(self) -> list[str]:
        """Return the names of the elements, sorted."""
        return sorted(self._elements)

    def get(self, name: str) -> SimulatedElement:
        """Return an element for looking only: one never heard of stays so."""
        return self._elements.get(name) or SimulatedElement(name)

    def get_or_create(self, name: str) -> SimulatedElement:
        """Return an element, new if it was never heard of."""
        return self._elements.setdefault(name, self.get(name))

    def replay(self, entry: Entry) -> None:
        """Take in what a journal kept, in the order in which it was kept."""
        element = self.get_or_create(entry.element)
        match entry:
            case OutcomeEntry():
                element.record_outcome(entry.answer())
            case FaultsEntry():
                element.faults = Faults(entry.faults)
