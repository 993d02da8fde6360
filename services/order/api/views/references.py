"""References to other resources by id."""

from shared.http import href_of
from shared.http.collection_paths import AGREEMENTS_PATH
from shared.http.views import UnvalidatedTmfView


class ReferenceView(UnvalidatedTmfView):
    """A reference by id."""

    id: str
    href: str | None = None
    name: str | None = None
    version: str | None = None


def agreement_views(*ids: str) -> tuple[ReferenceView, ...] | None:
    """Show the agreements by which something is priced, each once; None without one."""
    found = tuple(
        ReferenceView(id=id_, href=href_of(AGREEMENTS_PATH, id_))
        for id_ in dict.fromkeys(ids)
        if id_
    )
    return found or None
