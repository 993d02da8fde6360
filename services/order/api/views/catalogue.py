"""Views of what a publication has changed in the catalogue."""

from pydantic import ConfigDict

from services.order.api.examples import catalogue as examples
from services.order.commands.catalogue import PublicationResult
from services.order.domain.catalogue.publication import entry_version_text
from shared.errors import Fault
from shared.http.views import UnvalidatedTmfView


class PublishedView(UnvalidatedTmfView):
    """What a publication has changed."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PUBLISHED]})

    changed: list[str]
    """Kind, id and version of each entry that is new or different."""

    warnings: list["WarningView"] | None = None
    """What was published although something is missing, and should be fixed."""


class WarningView(UnvalidatedTmfView):
    """What is missing for an entry, and the remedy."""

    field: str
    code: str
    message: str
    remedy: str


def show_published(result: PublicationResult) -> PublishedView:
    """Show what a publication has changed, with its warnings."""
    return PublishedView(
        changed=[entry_version_text(each) for each in result.changed],
        warnings=[warning_view(each) for each in result.warnings] or None,
    )


def warning_view(fault: Fault) -> WarningView:
    """Show a warning."""
    return WarningView(
        field=fault.field, code=fault.code, message=fault.reason, remedy=fault.remedy
    )
