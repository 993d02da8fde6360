"""What items are checked against, and why an offering cannot be ordered."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from services.order.domain.acceptance.agreed_catalogue import AgreedCatalogue
from services.order.domain.acceptance.payment import NO_PAYMENT, RequestedPayment
from services.order.domain.acceptance.request import RequestedItem
from services.order.domain.business_actions import ProductPart
from services.order.domain.catalogue.catalogue import Catalogue
from services.order.domain.catalogue.deliverability import AvailableBlueprints
from services.order.domain.catalogue.eligibility import EligibilityContext
from services.order.domain.catalogue.offering_relations import possible_upgrades
from services.order.domain.fulfilment.product import Product
from shared.errors import Fault


@dataclass(frozen=True, slots=True)
class ItemCheckContext:
    """What items are checked against: catalogue, installed base, and who orders what when."""

    catalogue: Catalogue
    products: Mapping[UUID, Product]
    party_id: str
    eligibility: EligibilityContext
    blueprints: AvailableBlueprints | None = None
    """What can be done to products; None if it is not known."""

    previous_owner: str = ""
    """The customer whose products go to that of the order; empty without one."""

    payment: RequestedPayment = NO_PAYMENT
    """How the order is to be paid."""

    bases_of_others: frozenset[UUID] = frozenset()
    """The bases of products that the client may not see."""

    agreed: AgreedCatalogue | None = None
    """The catalogue with the agreements of products; None if these have none."""

    has_waited: bool = False
    """Whether the order was accepted before, with the days from which its charges begin."""

    def catalogue_of(self, product: Product) -> Catalogue:
        """Return the catalogue as an item has it that changes a product."""
        return self.agreed.of_product(product) if self.agreed else self.catalogue

    def owner_of(self, item: RequestedItem) -> str:
        """Return the customer whose product an item must name."""
        is_transfer = item.may_change(ProductPart.CUSTOMER)
        return self.previous_owner if is_transfer else self.party_id


def not_sellable_faults(at: str, offering_id: str, catalogue: Catalogue) -> Iterator[Fault]:
    """Name why an offering cannot be ordered: it is not sold now, or does not exist."""
    remedy = "see GET /tmf-api/productCatalogManagement/v4/productOffering?lifecycleStatus=active"
    if any(each.id == offering_id for each in catalogue.offerings):
        successors = possible_upgrades(offering_id, catalogue)
        remedy = f"order its successor: {' or '.join(successors)}" if successors else remedy
        yield Fault(at, "offering-not-sold", "the offering is not sold now", remedy)
    else:
        yield Fault(at, "offering-unknown", "the catalogue has no such offering", remedy)
