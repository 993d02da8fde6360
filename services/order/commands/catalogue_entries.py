"""Create or change one entry of the catalogue. Each is a publication of its versions."""

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from services.order import store
from services.order.commands.catalogue import publish_over
from services.order.domain.catalogue.catalogue import (
    Catalogue,
    Offering,
    Specification,
    find_version,
)
from services.order.domain.catalogue.entry_changes import (
    changed_versions,
    find_repeated,
    publication_of,
    versions_of,
)
from services.order.domain.catalogue.tenant_catalogue import overlay
from shared.access.access_rule import require_found
from shared.errors import ConflictError, Fault
from shared.http.collection_paths import CATALOGUE_PATH
from shared.messaging.unit_of_work import UnitOfWork

E = TypeVar("E", Specification, Offering)


class EntryKind(NamedTuple, Generic[E]):
    """Specifications or offerings."""

    name: str
    """For people."""

    entries_of: Callable[[Catalogue], Sequence[E]]
    """Returns all versions of all entries."""


SPECIFICATIONS = EntryKind[Specification]("specification", lambda it: it.specifications)
OFFERINGS = EntryKind[Offering]("offering", lambda it: it.offerings)


class WrittenEntry(NamedTuple, Generic[E]):
    """A version of an entry that a request has created or changed."""

    entry: E
    catalogue: Catalogue
    """As it is afterwards."""

    warnings: Sequence[Fault] = ()
    """What is missing for it."""

    is_repeated: bool = False
    """Whether an earlier request has created it."""


class CreateEntry(NamedTuple, Generic[E]):
    """A request for the first version of an entry."""

    tenant: str
    kind: EntryKind[E]
    create: Callable[[Catalogue], E]


class ChangeEntry(NamedTuple, Generic[E]):
    """A request to change an entry."""

    tenant: str
    kind: EntryKind[E]
    id: str
    version: int | None
    """None for the active version, else the newest."""

    change: Callable[[E, Catalogue], E]


def create_entry(request: CreateEntry[E], work: UnitOfWork) -> WrittenEntry[E]:
    """Publish the first version of an entry, or find it if the request is repeated.

    Raises:
        ConflictError: if the catalogue has another entry of this id.
        InvalidError: if it contradicts itself or the catalogue, or cannot be delivered.
    """
    shared, own = store.catalogue.get_for_update(work.session, request.tenant)
    catalogue = overlay(shared, own)
    created = request.create(catalogue)
    versions = versions_of(request.kind.entries_of(catalogue), created.id)
    if repeated := find_repeated(versions, created):
        return WrittenEntry(repeated, catalogue, is_repeated=True)
    if versions:
        message = f"the catalogue has another {request.kind.name} of this id"
        remedy = "change it with PATCH, or choose another id"
        raise ConflictError(message, code="entry-exists", remedy=remedy)
    result = publish_over(shared, own, request.tenant, publication_of((created,)), work)
    after = store.catalogue.get(work.session, request.tenant)
    return WrittenEntry(created, after, result.warnings)


def change_entry(request: ChangeEntry[E], work: UnitOfWork) -> WrittenEntry[E]:
    """Publish the versions that follow from a change of an entry.

    Raises:
        NotFoundError: if the catalogue has no such entry or version.
        InvalidError: if it contradicts itself or the catalogue, or cannot be delivered.
    """
    shared, own = store.catalogue.get_for_update(work.session, request.tenant)
    catalogue = overlay(shared, own)
    entries = request.kind.entries_of(catalogue)
    base = require_found(
        find_version(entries, request.id, request.version),
        f"the catalogue has no such {request.kind.name}",
        remedy=f"list them under {CATALOGUE_PATH}",
    )
    changed = changed_versions(
        versions_of(entries, base.id),
        base,
        request.change(base, catalogue),
        only_base=request.version is not None,
    )
    result = publish_over(shared, own, request.tenant, publication_of(changed), work)
    after = store.catalogue.get(work.session, request.tenant)
    return WrittenEntry(changed[0], after, result.warnings)
