"""Reads and writes the installed base."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, bindparam, func, select, union_all
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
IDS = bindparam("ids", type_=ARRAY(ProductRow.id.type))
RELATED: CompoundSelect[Any] = union_all(
    select(ProductRow.id, Partner.id)
    .join(Partner, ProductRow.bundle_id == Partner.bundle_id)
    .where(ProductRow.id == func.any(IDS)),
    select(ProductRow.base_id, ProductRow.id).where(
        ProductRow.base_id == func.any(IDS), ProductRow.ended_at.is_(None)
    ),
)
"""Of products, the other ones of their bundles, and those that rely on them."""

OF_PARTY = (
    select(ProductRow.id)
    .where(ProductRow.tenant == bindparam("tenant"), ProductRow.party_id == bindparam("party_id"))
    .where(ProductRow.specification.in_(bindparam("specifications", expanding=True)))
    .where(ProductRow.ended_at.is_(None))
    .order_by(ProductRow.id)
)


def preload_with_related(session: Session, ids: Collection[UUID]) -> None:
    """Read and lock products, the other ones of their bundles, and those that rely on them."""
    if ids:
        related = _related_cache(session)
        for product, other in session.execute(RELATED, {"ids": list(ids)}):
            related.setdefault(product, set()).add(other)
        PRODUCTS.preload(session, sorted({*ids}.union(*(related.get(each, ()) for each in ids))))


def find_with_related_for_update(session: Session, ids: Iterable[UUID]) -> dict[UUID, Product]:
    """Return those of these products that exist, with those of their bundles and their dependents.

    Requires `preload_with_related` in the same transaction.
    """
    related = _related_cache(session)
    return find_many_for_update(
        session, {each for id_ in ids for each in (id_, *related.get(id_, ()))}
    )


def find_of_party_for_update(
    session: Session, tenant: str, party_id: str, specifications: Collection[str]
) -> dict[UUID, Product]:
    """Return a customer's products of these specifications that are not terminated."""
    bound = {"tenant": tenant, "party_id": party_id, "specifications": sorted(specifications)}
    ids = list(session.scalars(OF_PARTY, bound)) if specifications else []
    PRODUCTS.preload(session, ids)
    return find_many_for_update(session, ids)


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


def _related_cache(session: Session) -> dict[UUID, set[UUID]]:
    related: dict[UUID, set[UUID]] = session.info.setdefault("related_products", {})
    return related
