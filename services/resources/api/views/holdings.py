"""Views of holdings: the resources that an order or a service holds."""

from collections.abc import Iterable
from typing import Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.resources.api.examples import holdings as examples
from services.resources.api.schemas.kinds import KindName
from services.resources.domain.pool.resource import Holding
from services.resources.domain.pool.states import ResourceState
from shared.contracts import Value
from shared.http.collection_paths import OPS_PATH
from shared.http.views import BaseView

HOLDINGS_PATH = f"{OPS_PATH}/holdings"


class HoldingView(BaseView):
    """One resource that an order or a service holds."""

    kind: KindName
    value: str = Field(examples=["NJ-XW-SP001/003"])
    pool: str = Field(examples=["NJ-XW-SP001"])
    """The exchange or splitter."""

    element: str
    """The network element that it leads to, if any."""

    attributes: dict[str, Value]
    state: ResourceState
    order_id: UUID
    """The order that changed it last."""

    service_id: UUID

    @classmethod
    def of(cls, holding: Holding) -> Self:
        """Show a holding."""
        return cls(
            kind=holding.resource.pool.kind,
            value=holding.resource.value,
            pool=holding.resource.pool.name,
            element=holding.resource.element,
            attributes={each.name: each.value for each in holding.resource.attributes},
            state=holding.state,
            order_id=holding.order_id,
            service_id=holding.service_id,
        )


class HoldingsView(BaseView):
    """All that one order changed last, or one service holds."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.HOLDINGS]})

    id: UUID
    held: tuple[HoldingView, ...]
    """Empty if nothing is held."""

    @classmethod
    def of(cls, holder: UUID, holdings: Iterable[Holding]) -> Self:
        """Show what an order changed last, or a service holds."""
        return cls(id=holder, held=tuple(map(HoldingView.of, holdings)))
