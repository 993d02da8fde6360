"""The installed base, from rows and to rows."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased

from services.order.domain.product import Product
from services.order.tables import ProductRow
from shared.access.grants import covers
from shared.access.rule import HiddenError, Reach
from shared.persistence.repository import Shelf

PRODUCTS = Shelf(ProductRow, Product)

preload = PRODUCTS.preload

COLUMNS = [getattr(ProductRow, field.name) for field in fields(Product)]
Partner = aliased(ProductRow)
TOGETHER = (
    select(ProductRow.id, Partner.id)
    .join(Partner, ProductRow.bundle_id == Partner.bundle_id)
    .where(ProductRow.id == func.any(bindparam("ids", type_=ARRAY(ProductRow.id.type))))
)


def preload_with_bundles(session: Session, ids: Collection[UUID]) -> None:
    """Read and lock products, and all that were sold in one bundle with them."""
    if ids:
        partners = _partners(session)
        for product, partner in session.execute(TOGETHER, {"ids": list(ids)}):
            partners.setdefault(product, set()).add(partner)
        PRODUCTS.preload(session, sorted({*ids}.union(*(partners.get(each, ()) for each in ids))))


def with_bundles(session: Session, ids: Iterable[UUID]) -> dict[UUID, Product]:
    """Return those of these products that exist, and all in one bundle with them.

    They were read by `preload_with_bundles`.
    """
    partners = _partners(session)
    return existing(session, {each for id_ in ids for each in (id_, *partners.get(id_, ()))})


def existing(session: Session, ids: Iterable[UUID]) -> dict[UUID, Product]:
    """Return those of these products that exist."""
    return {id_: found for id_ in ids if (found := PRODUCTS.find(session, id_))}


def look(session: Session, reach: Reach, product_id: UUID) -> Product:
    """Return a product, to show it.

    Raises:
        NotFoundError: if there is none, or none within reach.
    """
    product = PRODUCTS.look(session, product_id)
    if not is_within(session, reach, product):
        raise HiddenError(kind="product", id_=product_id)
    return product


def is_within(session: Session, reach: Reach, product: Product) -> bool:
    """Tell whether a product is the caller's to see, or to change, as its reach says."""
    is_of_tenant = product.tenant == reach.tenant
    return is_of_tenant and covers(session, reach, product.client, product.party_id)


def within(session: Session, reach: Reach, found: Mapping[UUID, Product]) -> dict[UUID, Product]:
    """Return those products that are within reach; the others are not there for the caller."""
    return {id_: each for id_, each in found.items() if is_within(session, reach, each)}


def look_at_bundle(session: Session, reach: Reach, bundle_id: UUID) -> list[Product]:
    """Return the products of a bundle, to show it; none if there is none within reach."""
    mine = (ProductRow.bundle_id == bundle_id, ProductRow.tenant == reach.tenant)
    rows = session.execute(select(*COLUMNS).where(*mine).order_by(ProductRow.id))
    members = [Product(*row) for row in rows]
    return [each for each in members if is_within(session, reach, each)]


def put_all(
    session: Session, *, made: Iterable[Product] = (), changed: Iterable[Product] = ()
) -> None:
    """Write new products, and those that were read and have changed."""
    for product in made:
        PRODUCTS.add(session, product)
    for product in changed:
        PRODUCTS.put(session, product)


def _partners(session: Session) -> dict[UUID, set[UUID]]:
    partners: dict[UUID, set[UUID]] = session.info.setdefault("partners", {})
    return partners
