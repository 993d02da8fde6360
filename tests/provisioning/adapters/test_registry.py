"""Each element is called by the adapter of its type's protocol."""

import pytest

from services.provisioning.adapters.http import HttpAdapter
from services.provisioning.adapters.registry import PROTOCOLS, ElementAdapters
from services.provisioning.app import SERVICE
from services.provisioning.store import elements
from shared.config.environment import SettingsError
from tests.shared.scripted_elements import ScriptedElement


class FailingElement(ScriptedElement):
    """An adapter that fails to close."""

    async def close(self) -> None:
        msg = "it does not close"
        raise OSError(msg)


class ClosedElement(ScriptedElement):
    """An adapter that remembers that it was closed."""

    is_closed = False

    async def close(self) -> None:
        self.is_closed = True


def by_first_letter(element: str) -> str:
    return "line" if element.startswith("l") else "http"


def test_an_element_is_called_by_the_adapter_of_its_protocol() -> None:
    http, line = ScriptedElement(), ScriptedElement()
    adapters = ElementAdapters({"http": http, "line": line}, by_first_letter)

    assert adapters.adapter_of("lns") is line
    assert adapters.adapter_of("aaa") is http


def test_every_shipped_type_and_any_other_element_has_an_adapter() -> None:
    assert {*elements.PROTOCOLS.values(), elements.protocol_of("any-other")} <= set(PROTOCOLS)


@pytest.mark.parametrize("name", ["nj-xw-olt01", "NJ-XW-OLT1"])
def test_the_protocol_is_that_of_the_type_in_any_spelling(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(elements.PROTOCOLS, "olt", "line")
    protocol_of = elements.protocol_of.__wrapped__  # not from the cache

    assert protocol_of(name) == "line"
    assert protocol_of("aaa") == "http"


async def test_all_adapters_are_closed_also_when_one_fails_to() -> None:
    closed = [ClosedElement(), ClosedElement()]
    adapters = {"a": closed[0], "b": FailingElement(), "c": closed[1]}

    with pytest.raises(OSError, match="it does not close"):
        await ElementAdapters(adapters, str).close()

    assert all(each.is_closed for each in closed)


def test_the_service_makes_its_adapters_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert SERVICE.calls
    monkeypatch.setenv("KAITONG_ELEMENTS_URL", "http://elements")
    first, second = SERVICE.calls.adapters(), SERVICE.calls.adapters()

    assert isinstance(first.adapter_of("aaa"), HttpAdapter)
    assert first.adapter_of("aaa") is first.adapter_of("NJ-XW-OLT01")
    assert first.adapter_of("aaa") is not second.adapter_of("aaa")

    monkeypatch.setenv("KAITONG_ELEMENTS_URL", "ftp://elements")
    with pytest.raises(SettingsError, match="KAITONG_ELEMENTS_URL"):
        SERVICE.calls.adapters()
