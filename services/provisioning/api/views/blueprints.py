"""Views of published blueprints."""

from datetime import datetime
from typing import Self

from pydantic import ConfigDict

from services.provisioning.api.examples import blueprints as examples
from services.provisioning.api.schemas.blueprints import BlueprintSchema
from services.provisioning.domain.blueprint.publication import PublishedBlueprint
from shared.http.schemas import STORED_CONTEXT
from shared.http.views import BaseView
from shared.persistence.versioned_documents import SHARED_TENANT


class BlueprintView(BaseView):
    """One version of a blueprint, and who published it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PUBLISHED]})

    shared: bool
    """All tenants share it; a tenant's own blueprint overrides it."""

    published_at: datetime
    published_by: str
    blueprint: BlueprintSchema
    warning: str = ""
    """What is missing beside it, and what to do; only in the response to its publication."""

    @classmethod
    def of(cls, published: PublishedBlueprint, warning: str = "") -> Self:
        """Show a published version."""
        return cls(
            warning=warning,
            shared=published.tenant == SHARED_TENANT,
            published_at=published.published_at,
            published_by=published.published_by,
            blueprint=BlueprintSchema.model_validate(
                published.blueprint, from_attributes=True, context=STORED_CONTEXT
            ),
        )
