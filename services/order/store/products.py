"""Reads and writes the installed base."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased

from services.order.domain.fulfilment.product import Product
from services.order.tables import ProductRow
from shared.access.access_rule import DataScope
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
    """Read and lock products, and the other products of their bundles."""
    if ids:
        partners = _bundle_partner_cache(session)
        for product, partner in session.execute(BUNDLE_PARTNERS, {"ids": list(ids)}):
            partners.setdefault(product, set()).add(partner)
        PRODUCTS.preload(session, sorted({*ids}.union(*(partners.get(each, ()) for each in ids))))


def find_with_bundles_for_update(session: Session, ids: Iterable[UUID]) -> dict[UUID, Product]:
    """Return those of these products that exist, with the other products of their bundles.

    Requires `preload_with_bundles` in the same transaction.
    """
    partners = _bundle_partner_cache(session)
    return find_many_for_update(
        session, {each for id_ in ids for each in (id_, *partners.get(id_, ()))}
    )


def find_many_for_update(session: Session, ids: Iterable[UUID]) -> dict[UUID, Product]:
    """Return those of these products that exist."""
    return {id_: found for id_ in ids if (found := PRODUCTS.find_for_update(session, id_))}


def find_accessible(session: Session, data_scope: DataScope, product_id: UUID) -> Product | None:
    """Return a product, to show it; None if there is none, or none in the data scope."""
    product = PRODUCTS.find(session, product_id)
    return product if product and is_in_scope(session, data_scope, product) else None


def is_in_scope(session: Session, data_scope: DataScope, product: Product) -> bool:
    """Tell whether a product is in the data scope, to see or to change it."""
    is_of_tenant = product.tenant == data_scope.tenant
    return is_of_tenant and is_accessible(session, data_scope, product.client, product.party_id)


def filter_accessible(
    session: Session, data_scope: DataScope, products: Mapping[UUID, Product]
) -> dict[UUID, Product]:
    """Return the products in the data scope; the others do not exist for the caller."""
    return {id_: each for id_, each in products.items() if is_in_scope(session, data_scope, each)}


def find_accessible_bundle(
    session: Session, data_scope: DataScope, bundle_id: UUID
) -> list[Product]:
    """Return the products of a bundle in the data scope, to show it; empty if there are none."""
    in_bundle = (ProductRow.bundle_id == bundle_id, ProductRow.tenant == data_scope.tenant)
    rows = session.execute(select(*COLUMNS).where(*in_bundle).order_by(ProductRow.id))
    members = [Product(*row) for row in rows]
    return [each for each in members if is_in_scope(session, data_scope, each)]


def put_all(
    session: Session, *, created: Iterable[Product] = (), changed: Iterable[Product] = ()
) -> None:
    """Write new products, and changed ones that were read before."""
    for product in created:
        PRODUCTS.add(session, product)
    for product in changed:
        PRODUCTS.put(session, product)


def _bundle_partner_cache(session: Session) -> dict[UUID, set[UUID]]:
    partners: dict[UUID, set[UUID]] = session.info.setdefault("partners", {})
    return partners
