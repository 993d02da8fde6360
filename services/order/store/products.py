"""The installed base, from rows and to rows."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased

from services.order.domain.fulfilment.product import Product
from services.order.tables import ProductRow
from shared.access.access_rule import DataScope, NotVisibleError
from shared.access.grants import is_accessible
from shared.persistence.repository import Repository

PRODUCTS = Repository(ProductRow, Product)

preload = PRODUCTS.preload

COLUMNS = [getattr(ProductRow, field.name) for field in fields(Product)]
Partner = aliased(ProductRow)
BUNDLE_PARTNERS = (
    select(ProductRow.id, Partner.id)
    .join(Partner, ProductRow.bundle_id == Partner.bundle_id)
    .where(ProductRow.id == func.any(bindparam("ids", type_=ARRAY(ProductRow.id.type))))
)


def preload_with_bundles(session: Session, ids: Collection[UUID]) -> None:
    """Read and lock products, and all that were sold in one bundle with them."""
    if ids:
        partners = _partners(session)
        for product, partner in session.execute(BUNDLE_PARTNERS, {"ids": list(ids)}):
            partners.setdefault(product, set()).add(partner)
        PRODUCTS.preload(session, sorted({*ids}.union(*(partners.get(each, ()) for each in ids))))


def find_with_bundles(session: Session, ids: Iterable[UUID]) -> dict[UUID, Product]:
    """Return those of these products that exist, and all in one bundle with them.

    They were read by `preload_with_bundles`.
    """
    partners = _partners(session)
    return find_many(session, {each for id_ in ids for each in (id_, *partners.get(id_, ()))})


def find_many(session: Session, ids: Iterable[UUID]) -> dict[UUID, Product]:
    """Return those of these products that exist."""
    return {id_: found for id_ in ids if (found := PRODUCTS.find_for_update(session, id_))}


def get_within_reach(session: Session, data_scope: DataScope, product_id: UUID) -> Product:
    """Return a product, to show it.

    Raises:
        NotFoundError: if there is none, or none within reach.
    """
    product = PRODUCTS.get(session, product_id)
    if not is_within_reach(session, data_scope, product):
        raise NotVisibleError(kind="product", id_=product_id)
    return product


def is_within_reach(session: Session, data_scope: DataScope, product: Product) -> bool:
    """Tell whether a product is the caller's to see, or to change, as its reach says."""
    is_of_tenant = product.tenant == data_scope.tenant
    return is_of_tenant and is_accessible(session, data_scope, product.client, product.party_id)


def filter_within_reach(
    session: Session, data_scope: DataScope, found: Mapping[UUID, Product]
) -> dict[UUID, Product]:
    """Return those products that are within reach; the others are not there for the caller."""
    return {id_: each for id_, each in found.items() if is_within_reach(session, data_scope, each)}


def get_bundle_within_reach(
    session: Session, data_scope: DataScope, bundle_id: UUID
) -> list[Product]:
    """Return the products of a bundle, to show it; none if there is none within reach."""
    mine = (ProductRow.bundle_id == bundle_id, ProductRow.tenant == data_scope.tenant)
    rows = session.execute(select(*COLUMNS).where(*mine).order_by(ProductRow.id))
    members = [Product(*row) for row in rows]
    return [each for each in members if is_within_reach(session, data_scope, each)]


def put_all(
    session: Session, *, created: Iterable[Product] = (), changed: Iterable[Product] = ()
) -> None:
    """Write new products, and those that were read and have changed."""
    for product in created:
        PRODUCTS.add(session, product)
    for product in changed:
        PRODUCTS.put(session, product)


def _partners(session: Session) -> dict[UUID, set[UUID]]:
    partners: dict[UUID, set[UUID]] = session.info.setdefault("partners", {})
    return partners
