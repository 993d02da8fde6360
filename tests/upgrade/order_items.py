"""Plant, order items and faults, as any version takes them."""

from typing import Any

JSON = Any
NETWORK = "025"
LEGS, NUMBERS, PAIRS = 16, 60, 60
SLOW_MS = 4_000
"""Less than the time in which an element has to answer."""


def exchange(name: str) -> JSON:
    """Return an exchange."""
    district = {"city": "南京市", "district": "玄武区"}
    return {"id": name, "name": name, "local_network": NETWORK} | district


def splitter(name: str) -> JSON:
    """Return the splitter of an exchange, with its OLT."""
    port = {"pon_port": "0/1/1", "legs": LEGS, "svlan": 100, "first_cvlan": 101}
    return {"id": f"{name}-SP1", "exchange_id": name, "olt": olt(name)} | port


def olt(name: str) -> str:
    """Return the name of an exchange's OLT."""
    return f"{name}-OLT01"


def address(name: str) -> JSON:
    """Return the address that an exchange serves."""
    found = {"id": f"addr-{name.lower()}", "text": f"南京市测试路{name}号", "exchange_id": name}
    return found | {"local_network": NETWORK, "splitter_id": f"{name}-SP1"}


def segment(position: int, name: str) -> JSON:
    """Return the numbers of an exchange."""
    first = f"+862581{position:02}0000"
    found = {"id": f"seg-{name.lower()}", "exchange_id": name, "local_network": NETWORK}
    return found | {"first": first, "count": NUMBERS}


def at(name: str) -> JSON:
    """Return the place of a product."""
    place = {"id": f"addr-{name.lower()}", "role": "installation address"}
    return {"place": [place | {"localNetwork": NETWORK}]}


def fibre(name: str) -> JSON:
    """Return the item of a new fibre line."""
    return {"id": "1", "action": "add", "productOffering": {"id": "ftth-300"}, "product": at(name)}


def telephone(name: str) -> JSON:
    """Return the item of a new telephone."""
    offering = {"id": "voice-basic"}
    return {"id": "1", "action": "add", "productOffering": offering, "product": at(name)}


def bundle(name: str) -> JSON:
    """Return the item of fibre and telephone in a bundle."""
    members = [
        {"id": "1.1", "action": "add", "productOffering": {"id": "ftth-300"}},
        {"id": "1.2", "action": "add", "productOffering": {"id": "voice-basic"}},
    ]
    offering = {"productOffering": {"id": "home-300"}, "productOrderItem": members}
    return {"id": "1", "action": "add", "product": at(name)} | offering


def gone(product: str) -> JSON:
    """Return the item that disconnects a product."""
    return {"id": "1", "action": "delete", "product": {"id": product}}


def slow(kind: str, times: int = 1) -> JSON:
    """Return a fault: answers come late."""
    return {"fault": "slow", "kind": kind, "times": times, "delay_ms": SLOW_MS}


def refuse(kind: str) -> JSON:
    """Return a fault: one operation is refused."""
    return {"fault": "refuse", "kind": kind, "times": 1, "code": "no-resource", "detail": "test"}
