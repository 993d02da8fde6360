"""Lines of business in tests: what is ordered, on which base, and which operation fails."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.flows.exchange_area import ExchangeArea
from tests.flows.order_items import disconnection, fibre, modification, product_at
from tests.flows.site import Site

JSON = Any
OLT, PE = "olt", "pe"
"""Elements of the area: its OLT, its provider-edge router."""

ADDRESS, NETWORK, NOWHERE = "address", "network", "nowhere"
"""What the item of a new product names: an address, a local network, or neither."""

REQUEST = {"suspensionReason": "request"}
IN_NETWORK = {"place": [{"role": "installation address", "localNetwork": "025"}]}


@dataclass(frozen=True)
class Line:
    """One line of business."""

    offering: str
    characteristics: Mapping[str, str | int] = field(default_factory=dict)
    bases: tuple[str, ...] = ()
    """The lines on which it relies, the first one first."""

    place: str = ADDRESS
    """What its order names; with a base that has a place it takes that."""

    other_offering: str = ""
    """Another offering to which its products are changed."""

    refused: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """By business action, an element and its operation that is refused."""

    holds: frozenset[str] = frozenset()
    """The kinds of resources that its products hold."""


LINES: dict[str, Line] = {
    "ftth": Line("ftth-300", {"speedMbps": 300}),
    "voice": Line("voice-basic", holds=frozenset({"number", "pair"})),
    "secondnumber": Line(
        "second-number", bases=("voice",), place=NOWHERE, holds=frozenset({"number"})
    ),
    "iptv": Line(
        "iptv-hd",
        bases=("ftth",),
        place=NOWHERE,
        other_offering="iptv-4k",
        refused={
            "new": ("iptv", "create-account"),
            "change": ("iptv", "modify-account"),
            "suspend": ("iptv", "bar-account"),
            "resume": ("iptv", "bar-account"),
            "disconnect": ("iptv", "delete-account"),
        },
        holds=frozenset({"iptvid", "stb"}),
    ),
    "contentpack": Line(
        "pack-films",
        bases=("ftth", "iptv"),
        place=NOWHERE,
        refused={"new": ("iptv", "add-pack"), "disconnect": ("iptv", "remove-pack")},
    ),
    "staticip": Line(
        "static-ipv4",
        bases=("ftth",),
        place=NOWHERE,
        refused={"new": ("aaa", "add-address"), "disconnect": ("aaa", "remove-address")},
        holds=frozenset({"ipv4"}),
    ),
    "leasedline": Line(
        "line-100",
        other_offering="line-1000",
        refused={
            "new": (PE, "add-interface"),
            "change": (PE, "modify-interface"),
            "suspend": (PE, "bar-interface"),
            "resume": (PE, "bar-interface"),
            "move": (PE, "add-interface"),
            "disconnect": (PE, "remove-interface"),
        },
        holds=frozenset({"circuit", "peport"}),
    ),
    "vpn": Line(
        "vpn-l3",
        place=NOWHERE,
        refused={
            "new": ("vpn-controller", "create-vpn"),
            "disconnect": ("vpn-controller", "delete-vpn"),
        },
        holds=frozenset({"vrf"}),
    ),
    "vpnsite": Line(
        "site-50",
        bases=("vpn",),
        other_offering="site-500",
        refused={
            "new": (PE, "add-site"),
            "change": (PE, "modify-site"),
            "move": (PE, "add-site"),
            "disconnect": (PE, "remove-site"),
        },
        holds=frozenset({"circuit", "peport"}),
    ),
    "mobile": Line(
        "plan-20",
        place=NETWORK,
        other_offering="plan-60",
        refused={
            "new": ("pcrf", "create-policy"),
            "change": ("pcrf", "modify-policy"),
            "change-number": ("hss", "modify-subscriber"),
            "sim-swap": ("hss", "modify-subscriber"),
            "suspend": ("hss", "bar-subscriber"),
            "resume": ("hss", "bar-subscriber"),
            "disconnect": ("hss", "delete-subscriber"),
        },
        holds=frozenset({"number", "sim"}),
    ),
    "membercard": Line(
        "member-card",
        bases=("mobile",),
        place=NOWHERE,
        refused={
            "new": ("pcrf", "create-policy"),
            "sim-swap": ("hss", "modify-subscriber"),
            "suspend": ("hss", "bar-subscriber"),
            "resume": ("hss", "bar-subscriber"),
            "disconnect": ("hss", "delete-subscriber"),
        },
        holds=frozenset({"number", "sim"}),
    ),
    "datapack": Line(
        "data-10",
        bases=("mobile",),
        place=NOWHERE,
        refused={"new": ("pcrf", "add-pack"), "disconnect": ("pcrf", "remove-pack")},
    ),
    "rental": Line("rent-core", holds=frozenset({"core"})),
    "card": Line(
        "cards-50",
        {"quantity": 10},
        place=NOWHERE,
        refused={"new": ("cards", "create-batch"), "disconnect": ("cards", "delete-batch")},
        holds=frozenset({"card"}),
    ),
}


def ordered(site: Site, *items: JSON, customer: str = "") -> JSON:
    """Return an order of these items by a customer whose identity was checked."""
    order = site.order(*items, customer=customer)
    party = order["relatedParty"][0]
    party["realNameCheck"] = {
        "system": "RNV",
        "reference": f"RNV-{order['externalId']}",
        "documentType": "passport",
        "documentNumber": f"E-{party['id']}",
    }
    return order


def new_items(name: str, area: ExchangeArea) -> list[JSON]:
    """Return the items of a new product with the new products on which it relies."""
    names = (*LINES[name].bases, name)
    return [new_item(each, area, str(n)) for n, each in enumerate(names, start=1)]


def new_item(name: str, area: ExchangeArea, id_: str) -> JSON:
    """Return the item of a new product of a line."""
    if name == "ftth":
        return fibre(area.served, id_=id_)
    line = LINES[name]
    product = {ADDRESS: product_at(area.served), NETWORK: IN_NETWORK, NOWHERE: {}}[line.place]
    values = [{"name": key, "value": value} for key, value in line.characteristics.items()]
    return {
        "id": id_,
        "action": "add",
        "productOffering": {"id": line.offering},
        "product": product | {"productCharacteristic": values},
    }


def an_item(name: str, action: str, product: str, other: ExchangeArea) -> JSON:
    """Return the item of an action on a product; a move goes to another area."""
    match action:
        case "disconnect":
            return disconnection(product)
        case "suspend" | "resume":
            return modification(product, action) | REQUEST
        case "move":
            item = modification(product, action)
            item["product"] |= product_at(other.served)
            return item
        case "change-number" | "sim-swap":
            return modification(product, action)
        case _:
            return modification(product, productOffering={"id": LINES[name].other_offering})


def element_name(element: str, area: ExchangeArea) -> str:
    """Return the name of an element, which may be the area's own."""
    return {OLT: area.olt, PE: f"{area.exchange}-PE01"}.get(element, element)


def stock(site: Site, area: ExchangeArea) -> None:
    """Import what the lines of an area need beside its line plant."""
    name = area.exchange
    router = element_name(PE, area)
    anywhere = {"iptvid": "A", "vrf": "R", "card": "K"}
    counts = {"card": 10}
    items = [
        *(
            {"kind": kind, "pool": "025", "value": f"{kind}-{name}-{n}"}
            for kind in ("stb", "ipv4", "ipv6", "circuit")
            for n in range(2)
        ),
        *(
            {
                "kind": "sim",
                "pool": "025",
                "value": f"898603{name[1:]}{n:04}",
                "attributes": {"imsi": f"46003{name[1:]}{n:05}"},
            }
            for n in range(6)
        ),
        *(
            {
                "kind": "peport",
                "pool": name,
                "value": f"{router}/{n}",
                "element": router,
                "attributes": {"exchange": name},
            }
            for n in range(2)
        ),
        *(
            {"kind": kind, "value": f"{letter}-{name}-{n}"}
            for kind, letter in anywhere.items()
            for n in range(counts.get(kind, 2))
        ),
    ]
    core = {"id": "025", "name": "Nanjing mobile core", "local_network": "025"}
    segment = {
        "id": f"mobile-{name}",
        "exchange": "025",
        "local_network": "025",
        "first": f"+86133{int(name[1:]):05}000",
        "count": 20,
    }
    blocks = [
        {"kind": kind, "pool": name, "first": 1, "count": 2}
        for kind in ("core", "wavelength", "rackunit")
    ]
    ops = site.client("ops")
    ops.post("resources", "/ops/v1/import/exchanges", [core])
    ops.post("resources", "/ops/v1/import/segments", [segment])
    ops.post("resources", "/ops/v1/import/items", items)
    ops.post("resources", "/ops/v1/import/blocks", blocks)
