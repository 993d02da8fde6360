"""`kaitong catalogue plan` and `apply`: show and publish what a file or a folder contains.

A file is a JSON object with any of the `PARTS`; a folder is all of its JSON files together.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from services.console.client import JSON, ApiError, Client, connect
from services.console.errors import USAGE, CommandError, with_remedy
from services.console.output import print_json, print_line
from shared.contracts import MEANT_BY

PARTS = (
    *("pool_kinds", "blocks", "items", "fragments", "blueprints"),
    *("specifications", "offerings"),
)
"""What can be published, in the order in which one needs the other."""

ROWS_PER_REQUEST = 1000
BLUEPRINTS_KNOWN_WITHIN_S = 30.0
"""How long the order service may take to learn of blueprints that were just published."""

RETRY_INTERVAL_S = 0.2
NOT_DELIVERABLE = "not-deliverable"
"""The code of the fault of an offering whose blueprint the order service does not know (yet)."""


class Documents(NamedTuple):
    """Everything that is to be published, by part."""

    path: Path
    parts: Mapping[str, Sequence[JSON]]

    @property
    def catalogue(self) -> JSON:
        """The publication of the order service."""
        return {name: self.parts[name] for name in ("specifications", "offerings")}

    @property
    def blueprints(self) -> JSON:
        """The publication of provisioning."""
        return {name: self.parts[name] for name in ("fragments", "blueprints")}

    @property
    def kind_names(self) -> set[str]:
        """The names of its kinds of resources."""
        return {each.get("name") for each in self.parts["pool_kinds"]}

    @property
    def blueprint_names(self) -> set[str]:
        """The names of its blueprints: `ftth/new`."""
        return {
            f"{each.get('specification')}/{each.get('business_action') or MEANT_BY.get(action)}"
            for each in self.parts["blueprints"]
            for action in [each.get("action")]
        }


def plan_publication(path: Path, *, as_json: bool) -> None:
    """Print what the publication of a file or folder would change; nothing is changed.

    Raises:
        CommandError: the path has no such file, or a service refuses it or does not answer.
    """
    documents = read_documents(path)
    found = list(planned_changes(connect("ops"), documents))
    if as_json:
        print_json(found)
        return
    for each in found:
        for line in lines_of_change(each, documents):
            print_line(line)
    for name in ("blocks", "items"):
        if documents.parts[name]:
            print_line(f"{len(documents.parts[name])} {name} to import; known ones stay")
    states = [each["state"] for each in found]
    counts = ", ".join(f"{states.count(name)} {name}" for name in ("new", "changed", "unchanged"))
    print_line(with_remedy(counts, f"kaitong catalogue apply {path}"))


def planned_changes(client: Client, documents: Documents) -> Iterator[JSON]:
    """Yield the planned change of each entry."""
    parts = documents.parts
    if parts["pool_kinds"]:
        yield from client.post("resources", "/ops/v1/pool-kinds/plan", parts["pool_kinds"])
    if parts["blueprints"]:
        yield from client.post("provisioning", "/ops/v1/blueprints/plan", documents.blueprints)
    if any(documents.catalogue.values()):
        yield from client.post("order", "/ops/v1/catalogue/plan", documents.catalogue)


def lines_of_change(change: JSON, documents: Documents) -> Iterator[str]:
    """Yield a planned change in lines for people."""
    included = ", ".join(change["fragments"])
    yield f"{change['entry']}: {change['state']}{included and f' (with {included})'}"
    for each in change["differences"]:
        before, after = (json.dumps(each[side], ensure_ascii=False) for side in ("before", "after"))
        yield f"  {each['field']}: {before} → {after}"
    for name in change["missing"]:
        if name not in documents.blueprint_names:
            yield with_remedy(f"  there is no blueprint {name}", "publish it as well")
    for name in change["unknown_kinds"]:
        if name not in documents.kind_names:
            yield with_remedy(f"  there is no kind {name}", "publish it as well")


def apply_publication(path: Path, *, as_json: bool) -> None:
    """Publish what a file or folder contains: kinds, items, blueprints, and then the catalogue.

    Raises:
        CommandError: the path has no such file, or a service refuses it or does not answer.
    """
    documents = read_documents(path)
    done: dict[str, Any] = {}
    for name, found in published_parts(connect("ops"), documents):
        done[name] = found
        if not as_json:  # at once: what a later part is refused for stays published
            text = ", ".join(found) if isinstance(found, list) else f"{found} new"
            print_line(f"{name}: {text or 'nothing new'}")
    if as_json:
        print_json(done)


def published_parts(client: Client, documents: Documents) -> Iterator[tuple[str, list[str] | int]]:
    """Publish one part after the other; yield what is new of each: names, or a count."""
    parts = documents.parts
    if parts["pool_kinds"]:
        published = client.post("resources", "/ops/v1/pool-kinds", parts["pool_kinds"])
        yield "pool_kinds", [each["name"] for each in published]
    for name in ("blocks", "items"):
        if parts[name]:
            yield name, import_rows(client, name, parts[name])
    if parts["blueprints"]:
        client.post("provisioning", "/ops/v1/blueprints", documents.blueprints)
        yield "blueprints", sorted(documents.blueprint_names)
    if any(documents.catalogue.values()):
        result = publish_catalogue(client, documents)
        yield "catalogue", result["changed"]
        yield "warnings", [each["message"] for each in result.get("warnings", [])]


def import_rows(client: Client, name: str, rows: Sequence[JSON]) -> int:
    """Import blocks or items, in several requests; return how many items are new."""
    parts = (
        rows[begin : begin + ROWS_PER_REQUEST] for begin in range(0, len(rows), ROWS_PER_REQUEST)
    )
    return sum(client.post("resources", f"/ops/v1/import/{name}", part)["things"] for part in parts)


def publish_catalogue(client: Client, documents: Documents) -> JSON:
    """Publish the catalogue of documents, once the order service knows their blueprints."""
    deadline = time.monotonic() + BLUEPRINTS_KNOWN_WITHIN_S
    while True:
        try:
            return client.post("order", "/ops/v1/catalogue", documents.catalogue)
        except ApiError as error:
            codes = {each["code"] for each in error.problem.get("errors", ())}
            is_too_early = codes == {NOT_DELIVERABLE} and documents.blueprint_names
            if not is_too_early or time.monotonic() > deadline:
                raise
        time.sleep(RETRY_INTERVAL_S)


def read_documents(path: Path) -> Documents:
    """Return what a file, or all JSON files of a folder, contain.

    Raises:
        CommandError: there is none, one cannot be read, or has a part that is not known.
    """
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files or not files[0].is_file():
        remedy = "name a JSON file, or a folder with some: kaitong catalogue plan examples/new-line"
        msg = f"there is nothing to publish at {path}"
        raise CommandError(msg, USAGE, remedy=remedy)
    parts: dict[str, list[JSON]] = {name: [] for name in PARTS}
    for file in files:
        for name, entries in read_file(file).items():
            parts[name] += entries
    return Documents(path, parts)


def read_file(file: Path) -> Mapping[str, list[JSON]]:
    """Return the parts of one file.

    Raises:
        CommandError: it cannot be read, has a part that is not known, or an entry is no object.
    """
    try:
        content = json.loads(file.read_bytes())
    except ValueError as error:
        msg = f"{file} is not JSON: {error}"
        raise CommandError(msg, USAGE, remedy="correct it") from error
    is_valid = isinstance(content, dict) and all(
        name in PARTS
        and isinstance(entries, list)
        and all(isinstance(each, dict) for each in entries)
        for name, entries in content.items()
    )
    if not is_valid:
        msg = f"{file} is no publication"
        remedy = f"give an object with lists of objects: {', '.join(PARTS)}"
        raise CommandError(msg, USAGE, remedy=remedy)
    return content  # type: ignore[no-any-return]
