"""Follows every path that an answer of a running system has, to what it names."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, product
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx

from deploy.local.stack import SERVICES
from services.console.client import Client

Json = Any

API_PREFIXES = ("/ops/v1/", "/tmf-api/")
"""How every path begins at which a service answers."""

FORBIDDEN = 403
NAMES = ("id", "value", "number", "name", "order_id")
"""How the answers to a reference call what they show."""

ORDER = "/tmf-api/productOrderingManagement/v4/productOrder"
DETAIL_PATHS: Mapping[str, Sequence[str]] = {
    ORDER: (
        "/ops/v1/plans/{id}",
        "/ops/v1/fallout/{id}",
        "/ops/v1/orders/{id}/history",
        "/ops/v1/journeys/{id}",
        "/ops/v1/holdings/{id}",
    ),
    "/tmf-api/serviceInventory/v4/service": ("/ops/v1/holdings/{id}",),
    "/ops/v1/work-orders": ("/ops/v1/work-orders/{id}",),
    "/ops/v1/elements": ("/ops/v1/elements/{name}",),
    "/ops/v1/numbers": ("/ops/v1/numbers/{number}", "/ops/v1/journeys/{number}"),
    "/ops/v1/pools": ("/ops/v1/pools/{kind}/{name}", "/ops/v1/pools/{kind}/{name}/things"),
    "/ops/v1/addresses": ("/ops/v1/addresses/{id}",),
    "/ops/v1/reservations": ("/ops/v1/reservations/{order_id}",),
}
"""What is opened of each thing in a list, though no answer has its path."""


NUMBERS_OF_A_POOL = ("/ops/v1/pools/{kind}/{name}/things", "number")
"""Refused: they are under /ops/v1/numbers."""


class Route(NamedTuple):
    """One path that a service answers a GET at."""

    service: str
    path: str
    required: frozenset[str]
    """The parameters of the query that must be given."""

    def fits(self, path: str) -> bool:
        """Tell whether a path is one of this route's; values of things may have slashes."""
        pattern = re.escape(self.path).replace(re.escape("{value}"), ".+")
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", pattern)
        return re.fullmatch(pattern, path.partition("?")[0]) is not None


def routes_of(client: Client) -> list[Route]:
    """Return what every service answers a GET at, by its description."""
    return [
        Route(service, path, frozenset(required_parameters(verbs["get"])))
        for service in SERVICES
        for path, verbs in client.get(service, "/openapi.json")["paths"].items()
        if "get" in verbs and path.startswith(API_PREFIXES)
    ]


def required_parameters(operation: Json) -> Iterator[str]:
    """Yield the parameters that a query must have."""
    for each in operation.get("parameters", ()):
        if each["in"] == "query" and each.get("required"):
            yield each["name"]


def objects_in(answer: Json) -> Iterator[dict[str, Json]]:
    """Yield every object in an answer."""
    match answer:
        case dict():
            yield answer
            for each in answer.values():
                yield from objects_in(each)
        case list():
            for each in answer:
                yield from objects_in(each)
        case _:
            return


@dataclass
class LinkCrawler:
    """Follows references until there are no new ones."""

    readers: Sequence[Client]
    """Who asks: the next one where the one before may not."""

    given: Mapping[str, str]
    """Values for the parameters that a list needs, by their names."""

    asked: Mapping[str, Mapping[str, str]]
    """What else is asked of a list, by its path."""

    followed: dict[str, Json] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    routes: list[Route] = field(default_factory=list)

    def run(self) -> None:
        """Read every list, and follow all that it leads to."""
        self.routes = routes_of(self.readers[0])
        for route in self.routes:
            if "{" not in route.path:
                query = {name: self.given[name] for name in route.required}
                answer = self.ask(route.service, route.path, query | self.more(route.path))
                self.open_each(route.path, answer)

    def more(self, path: str) -> dict[str, str]:
        """Return what else is asked of a list."""
        return dict(self.asked.get(path, {}))

    def open_each(self, path: str, answer: Json) -> None:
        """Open what belongs to each thing of a list."""
        for template, thing in product(DETAIL_PATHS.get(path, ()), answer):
            if (template, thing.get("kind")) != NUMBERS_OF_A_POOL:
                names = {name: quote(str(value), safe="") for name, value in thing.items()}
                self.follow(template.format(**names))

    def ask(self, service: str, path: str, query: Mapping[str, str] | None = None) -> Json:
        """Return what is at a path, having followed its references; None if it is no success."""
        answer = self.answer(service, path, query)
        if not answer.is_success:
            self.broken.append(f"{service} {path}: {answer.status_code} {answer.text[:200]}")
            return []
        found = answer.json()
        self.followed[f"{service} {path}"] = found
        self.look(found)
        return found

    def answer(self, service: str, path: str, query: Mapping[str, str] | None) -> httpx.Response:
        """Return what is answered to the first reader who may see it."""
        more = {"params": query} if query else {}
        answers = (each.request(service, "GET", path, **more) for each in self.readers)
        first = next(answers)
        allowed = (each for each in chain([first], answers) if each.status_code != FORBIDDEN)
        return next(allowed, first)

    def look(self, answer: Json) -> None:
        """Follow all references in an answer."""
        for part in objects_in(answer):
            if "@referredType" in part and "id" in part and "href" not in part:
                self.broken.append(f"{part['@referredType']} {part['id']} has no href")
            for name, value in part.items():
                for path in value if isinstance(value, list) else [value]:
                    if isinstance(path, str) and path.startswith(API_PREFIXES):
                        self.follow(path, part["id"] if name == "href" else None)

    def follow(self, path: str, id_: str | None = None) -> None:
        """Follow one reference to what has this id, at every service that answers there."""
        services = [each.service for each in self.routes if each.fits(path)]
        if not services:
            self.broken.append(f"{path}: no service answers there")
        for service in services:
            if f"{service} {path}" not in self.followed:
                self.followed[f"{service} {path}"] = None
                self.ask(service, path)
            found = self.followed[f"{service} {path}"]
            if found and id_ is not None and id_ not in {found.get(name) for name in NAMES}:
                self.broken.append(f"{path} is not {id_}: {found}")
