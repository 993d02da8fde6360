"""Views of what products were for some time."""

from pydantic import ConfigDict

from services.order.api.examples import products as examples
from services.order.api.views.products import ProductInventoryView, show_product
from services.order.api.views.timestamps import UtcTimestamp
from services.order.domain.fulfilment.past_state import ProductPeriod
from shared.http.views import UnvalidatedTmfView


class ProductPeriodView(UnvalidatedTmfView):
    """A product as it was for some time."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PRODUCT_PERIOD]})

    begin: UtcTimestamp
    end: UtcTimestamp | None = None
    """Without it the product is so now."""

    product: ProductInventoryView


def show_period(period: ProductPeriod) -> ProductPeriodView:
    """Show a product as it was for some time."""
    return ProductPeriodView(
        begin=period.begin, end=period.end, product=show_product(period.product)
    )
