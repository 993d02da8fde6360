"""References to other resources by id."""

from shared.http.views import UnvalidatedTmfView


class ReferenceView(UnvalidatedTmfView):
    """A reference by id."""

    id: str
    href: str | None = None
    name: str | None = None
    version: str | None = None
