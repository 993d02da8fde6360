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


def agreement_views(agreement_id: str) -> tuple[ReferenceView, ...] | None:
    """Show the agreement by which something is priced; None without one."""
    if not agreement_id:
        return None
    return (ReferenceView(id=agreement_id, href=href_of(AGREEMENTS_PATH, agreement_id)),)
