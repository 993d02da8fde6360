"""Views of kinds of resources."""

from datetime import datetime
from typing import Self

from pydantic import ConfigDict

from services.resources.api.examples import kinds as examples
from services.resources.domain.pool.kind_publication import PublishedKind
from services.resources.domain.pool.kinds import PickedFrom, PoolKind, UniqueWithin
from shared.contracts import ServedFrom
from shared.http.views import BaseView


class PoolKindView(BaseView):
    """A kind of resources: its rules, and who published it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PUBLISHED]})

    name: str
    description: str
    served_from: ServedFrom
    unique_within: UniqueWithin
    picked_from: PickedFrom | None = None
    quarantine_days: int
    shipped: bool
    """It is of the release; all tenants have it."""

    published_at: datetime | None = None
    published_by: str = ""

    @classmethod
    def of_shipped(cls, kind: PoolKind) -> Self:
        """Show a kind of the release."""
        return cls.of_rules(kind, shipped=True)

    @classmethod
    def of_published(cls, published: PublishedKind) -> Self:
        """Show a kind that the tenant has published."""
        shown = cls.of_rules(published.kind, shipped=False)
        who = {"published_at": published.published_at, "published_by": published.published_by}
        return shown.model_copy(update=who)

    @classmethod
    def of_rules(cls, kind: PoolKind, *, shipped: bool) -> Self:
        """Show the rules of a kind."""
        return cls(
            name=kind.name,
            description=kind.description,
            served_from=kind.served_from,
            unique_within=kind.unique_within,
            picked_from=kind.picked_from,
            quarantine_days=kind.quarantine_days,
            shipped=shipped,
        )
