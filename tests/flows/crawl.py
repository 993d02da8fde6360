"""Follows every path in the answers of a running system, and checks what it leads to."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, product
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx

from deploy.local.stack_record import SERVICES
from services.console.client import Client

Json = Any

API_PREFIXES = ("/ops/v1/", "/tmf-api/")
"""The prefixes of all paths of the services' APIs."""

FORBIDDEN = 403
NAMES = ("id", "value", "number", "name", "order_id")
"""The fields that hold the id of what an answer shows."""

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
"""Paths that are opened for each element of a list, although no answer contains them."""


NUMBERS_OF_A_POOL = ("/ops/v1/pools/{kind}/{name}/things", "number")
"""Refused: they are under /ops/v1/numbers."""


class Route(NamedTuple):
    """One path at which a service answers GET."""

    service: str
    path: str
    required: frozenset[str]
    """The parameters of the query that must be given."""

    def fits(self, path: str) -> bool:
        """Tell whether a path matches this route; values of pool items may have slashes."""
        pattern = re.escape(self.path).replace(re.escape("{value}"), ".+")
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", pattern)
        return re.fullmatch(pattern, path.partition("?")[0]) is not None


def routes_of(client: Client) -> list[Route]:
    """Return the paths at which services answer GET with JSON, from their descriptions."""
    return [
        Route(service, path, frozenset(required_parameters(verbs["get"])))
        for service in SERVICES
        for path, verbs in client.get(service, "/openapi.json")["paths"].items()
        if "get" in verbs and path.startswith(API_PREFIXES) and answers_json(verbs["get"])
    ]


def answers_json(operation: Json) -> bool:
    """Tell whether an operation answers with JSON, which can refer to other things."""
    return "application/json" in operation["responses"]["200"].get("content", {})


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
    """Clients to read with: the next one where the one before is forbidden."""

    parameters: Mapping[str, str]
    """Values for the parameters that a list needs, by their names."""

    queries: Mapping[str, Mapping[str, str]]
    """Further query parameters of a list, by its path."""

    followed: dict[str, Json] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    routes: list[Route] = field(default_factory=list)

    def run(self) -> None:
        """Read every list, and follow all its references."""
        self.routes = routes_of(self.readers[0])
        for route in self.routes:
            if "{" not in route.path:
                query = {name: self.parameters[name] for name in route.required}
                answer = self.read(
                    route.service, route.path, query | self.further_query(route.path)
                )
                self.open_each(route.path, answer)

    def further_query(self, path: str) -> dict[str, str]:
        """Return the further query parameters of a list."""
        return dict(self.queries.get(path, {}))

    def open_each(self, path: str, answer: Json) -> None:
        """Open the detail paths of each element of a list."""
        for template, thing in product(DETAIL_PATHS.get(path, ()), answer):
            if (template, thing.get("kind")) != NUMBERS_OF_A_POOL:
                names = {name: quote(str(value), safe="") for name, value in thing.items()}
                self.follow(template.format(**names))

    def read(self, service: str, path: str, query: Mapping[str, str] | None = None) -> Json:
        """Read a path and follow its references; return its content, or [] if it fails."""
        answer = self.answer(service, path, query)
        if not answer.is_success:
            self.broken.append(f"{service} {path}: {answer.status_code} {answer.text[:200]}")
            return []
        found = answer.json()
        self.followed[f"{service} {path}"] = found
        self.follow_references(found)
        return found

    def answer(self, service: str, path: str, query: Mapping[str, str] | None) -> httpx.Response:
        """Return the answer to the first reader that is not forbidden."""
        further_query = {"params": query} if query else {}
        answers = (each.request(service, "GET", path, **further_query) for each in self.readers)
        first = next(answers)
        allowed = (each for each in chain([first], answers) if each.status_code != FORBIDDEN)
        return next(allowed, first)

    def follow_references(self, answer: Json) -> None:
        """Follow all references in an answer."""
        for part in objects_in(answer):
            if "@referredType" in part and "id" in part and "href" not in part:
                self.broken.append(f"{part['@referredType']} {part['id']} has no href")
            for name, value in part.items():
                for path in value if isinstance(value, list) else [value]:
                    if isinstance(path, str) and path.startswith(API_PREFIXES):
                        self.follow(path, part["id"] if name == "href" else None)

    def follow(self, path: str, id_: str | None = None) -> None:
        """Follow one reference at every service that answers there, and check its id."""
        services = [each.service for each in self.routes if each.fits(path)]
        if not services:
            self.broken.append(f"{path}: no service answers there")
        for service in services:
            if f"{service} {path}" not in self.followed:
                self.followed[f"{service} {path}"] = None
                self.read(service, path)
            found = self.followed[f"{service} {path}"]
            if found and id_ is not None and id_ not in {found.get(name) for name in NAMES}:
                self.broken.append(f"{path} is not {id_}: {found}")
