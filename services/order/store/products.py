"""Reads and writes the installed base."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import CompoundSelect, Text, bindparam, column, func, select, true, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased

from services.order.domain.fulfilment.product import Product
from services.order.tables import ProductRow
from shared.access.access_rule import DataScope
from shared.access.grants import is_accessible
from shared.persistence.bulk import bind_arrays, unnest
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

DEPENDENTS = select(ProductRow.id).where(
    ProductRow.base_id == func.any(IDS), ProductRow.ended_at.is_(None)
)
REQUESTED = unnest([column(name, Text) for name in ("tenant", "party", "specification")])
MAX_CANDIDATES = 1000
"""The most products of a customer and a specification among which a base is searched."""

CANDIDATE = (
    select(ProductRow.id, ProductRow.content)
    .where(ProductRow.tenant == REQUESTED.c.tenant, ProductRow.party_id == REQUESTED.c.party)
    .where(ProductRow.specification == REQUESTED.c.specification, ProductRow.ended_at.is_(None))
    .order_by(ProductRow.id)
    .limit(MAX_CANDIDATES)
    .lateral("candidate")
)
CANDIDATES = select(*REQUESTED.c, CANDIDATE.c.id, CANDIDATE.c.content).join(CANDIDATE, true())

ANY_ADDRESS = ""


class CandidateKey(NamedTuple):
    """The products that a customer has of one specification."""

    tenant: str
    party_id: str
    specification: str


Candidates: TypeAlias = Mapping[CandidateKey, Collection[str]]
"""The addresses at which an order may rely on products, or exclude them; `ANY_ADDRESS` for all."""


def preload_with_related(
    session: Session,
    ids: Collection[UUID],
    bases: Collection[UUID] = (),
    candidates: Candidates = MappingProxyType({}),
) -> None:
    """Read and lock products, the other ones of their bundles, and those that rely on them.

    All are locked at once and in one sequence, so that no two transactions wait for each other.

    Args:
        session: of the database.
        ids: the products that orders change or end.
        bases: products that are named as bases.
        candidates: the customers' products among which bases are searched. Those at other
            addresses are not locked.
    """
    found = {*ids, *bases}
    if ids:
        related = _related_cache(session)
        for product, other in session.execute(RELATED, {"ids": list(ids)}):
            related.setdefault(product, set()).add(other)
            found.add(other)
    if candidates:
        of_party = _candidate_cache(session)
        bound = bind_arrays(("tenant", "party", "specification"), sorted(candidates))
        for *key, id_, content in session.execute(CANDIDATES, bound):
            customer, address = CandidateKey(*key), content.address_id
            if not address or {ANY_ADDRESS, address} & set(candidates[customer]):
                of_party.setdefault(customer[:2], set()).add(id_)
                found.add(id_)
    if found:
        PRODUCTS.preload(session, sorted(found))


def find_with_related_for_update(session: Session, ids: Iterable[UUID]) -> dict[UUID, Product]:
    """Return those of these products that exist, with those of their bundles and their dependents.

    Requires `preload_with_related` in the same transaction.
    """
    related = _related_cache(session)
    return find_many_for_update(
        session, {each for id_ in ids for each in (id_, *related.get(id_, ()))}
    )


def find_candidates_for_update(session: Session, tenant: str, party_id: str) -> dict[UUID, Product]:
    """Return the products of a customer among which a base is searched.

    Requires `preload_with_related` in the same transaction.
    """
    ids = _candidate_cache(session).get((tenant, party_id), ())
    return find_many_for_update(session, sorted(ids))


def find_new_dependents_for_update(
    session: Session, bases: Collection[UUID], known: Collection[UUID]
) -> dict[UUID, Product]:
    """Return the products that rely on locked ones and were not known when these were locked.

    An order that creates one locks its base, so none is added from now on. These are locked out of
    the common sequence: should two transactions wait for each other, one is tried again.
    """
    ids = sorted(set(session.scalars(DEPENDENTS, {"ids": list(bases)})) - set(known))
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


def _candidate_cache(session: Session) -> dict[tuple[str, str], set[UUID]]:
    found: dict[tuple[str, str], set[UUID]] = session.info.setdefault("candidates", {})
    return found
