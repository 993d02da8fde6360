"""The adapters of a process: one for each protocol, chosen by the element's type.

`services/provisioning/data/elements.json` names the protocol of each type.
"""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack

from services.provisioning.adapters.http import HttpAdapter
from services.provisioning.settings import HttpElementSettings
from shared.calls.adapter import Adapter
from shared.contracts.message_parts import ElementName

PROTOCOLS: Mapping[str, Callable[[], Adapter]] = {
    "http": lambda: HttpAdapter(HttpElementSettings.read()),
}
"""By the name of a protocol, what makes its adapter with its settings from the environment."""


class ElementAdapters:
    """The adapters of all protocols, and which element is called by which."""

    def __init__(
        self, adapters: Mapping[str, Adapter], protocol_of: Callable[[ElementName], str]
    ) -> None:
        self._adapters, self._protocol_of = adapters, protocol_of

    def adapter_of(self, element: ElementName) -> Adapter:
        """Return the adapter that speaks the element's protocol."""
        return self._adapters[self._protocol_of(element)]

    async def close(self) -> None:
        """Close all adapters, also when one of them fails to."""
        async with AsyncExitStack() as closing:
            for each in self._adapters.values():
                closing.push_async_callback(each.close)


def make_adapters(protocol_of: Callable[[ElementName], str]) -> ElementAdapters:
    """Return the adapters of all protocols; none is connected yet.

    Raises:
        SettingsError: a setting of a protocol is wrong.
    """
    return ElementAdapters({name: make() for name, make in PROTOCOLS.items()}, protocol_of)
