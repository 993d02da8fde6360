"""Views of addresses."""

from typing import Self

from pydantic import ConfigDict, Field

from services.resources.api.examples import addresses as examples
from services.resources.domain.plant.plant import Address
from shared.http.views import BaseView


class AddressView(BaseView):
    """A standard address, and the plant that serves it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ADDRESS]})

    id: str = Field(examples=["addr-320102-002-0001"])
    text: str
    exchange: str
    local_network: str
    splitter: str | None = None
    """Left out where there is no fibre."""

    @classmethod
    def of(cls, address: Address) -> Self:
        """Show an address."""
        return cls(
            id=address.id,
            text=address.text,
            exchange=address.exchange_id,
            local_network=address.local_network,
            splitter=address.splitter_id,
        )
