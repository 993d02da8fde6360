"""The catalogue as an item has it: by the agreement of its order, or of its product."""

from collections.abc import Mapping
from typing import NamedTuple

from services.order.domain.catalogue.agreements import Agreement, under_agreement
from services.order.domain.catalogue.catalogue import Catalogue
from services.order.domain.fulfilment.product import Product


class AgreedCatalogue(NamedTuple):
    """The catalogue of an order, and the agreements by which it is priced."""

    catalogue: Catalogue
    """As all items have it that are priced by no agreement of their products."""

    stated_id: str = ""
    """The agreement that the order names, by which all its items are priced; empty without one."""

    kept: Mapping[str, Agreement] = {}
    """Those of the products, valid and of the order's customer, by their ids."""

    def of_product(self, product: Product) -> Catalogue:
        """Return the catalogue as an item has it that changes a product."""
        agreement = self.kept.get(self.id_of_product(product))
        return under_agreement(self.catalogue, agreement) if agreement else self.catalogue

    def id_of_product(self, product: Product) -> str:
        """Return the agreement by which an item is priced that changes a product; empty if none."""
        kept_id = product.content.agreement_id
        return self.stated_id or (kept_id if kept_id in self.kept else "")
