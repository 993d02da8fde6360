"""From what is known to what is shown."""

from collections.abc import Sequence

from services.customer.api import shapes
from services.customer.domain.order import Stop
from services.customer.domain.party import Party, concealed
from services.customer.domain.product import Product, Service
from services.customer.domain.view import Holding, Placed, View
from shared.contracts import OrderedItem, kind_of
from shared.http import link


def party_link(party: Party) -> str:
    """Return where TMF632 has a party."""
    kind = "organization" if party.is_organization else "individual"
    return link(f"{shapes.PARTIES}/{kind}", party.party_id)


def individual(party: Party, *, in_full: bool) -> shapes.Individual:
    """Show a person; the identity number in full only to the client that told it."""
    return shapes.Individual(
        id=party.party_id,
        href=party_link(party),
        full_name=party.name or None,
        contact_medium=_media(party),
        party_characteristic=_characteristics(party),
        individual_identification=_identification(party, in_full=in_full),
    )


def organization(party: Party, *, in_full: bool) -> shapes.Organization:
    """Show a business or key-account customer."""
    return shapes.Organization(
        id=party.party_id,
        href=party_link(party),
        name=party.name or None,
        contact_medium=_media(party),
        party_characteristic=_characteristics(party),
        organization_identification=_identification(party, in_full=in_full),
    )


def _media(party: Party) -> tuple[shapes.ContactMedium, ...]:
    phone = shapes.ContactMedium(
        medium_type="phone", preferred=True, characteristic=shapes.Medium(phone_number=party.phone)
    )
    email = shapes.ContactMedium(
        medium_type="email",
        preferred=not party.phone,
        characteristic=shapes.Medium(email_address=party.email),
    )
    return (*((phone,) if party.phone else ()), *((email,) if party.email else ()))


def _characteristics(party: Party) -> tuple[shapes.PartyCharacteristic, ...]:
    return (shapes.PartyCharacteristic(name="category", value=party.category),)


def _identification(party: Party, *, in_full: bool) -> tuple[shapes.Identification, ...]:
    number = party.identity_number
    shown = number if in_full else concealed(number)
    return (shapes.Identification(identification_id=shown),) if number else ()


def party_account(account_id: str, owners: Sequence[Party]) -> shapes.PartyAccount:
    """Show an account, and whose it is."""
    return shapes.PartyAccount(
        id=account_id,
        href=link(shapes.ACCOUNTS, account_id),
        name=account_id,
        related_party=tuple(
            shapes.RelatedParty(
                id=party.party_id, href=party_link(party), referred_type=kind_of(party.category)
            )
            for party in owners
        ),
    )


def found(party: Party) -> shapes.Found:
    """Show a customer that was searched for."""
    return shapes.Found(
        id=party.party_id,
        href=party_link(party),
        view=f"{link(shapes.CUSTOMERS, party.party_id)}/view",
        name=party.name,
        phone=party.phone,
        category=party.category,
    )


def gone(party: Party) -> shapes.Erased:
    """Show that a party's personal data are erased."""
    assert party.erased_at is not None
    return shapes.Erased(
        id=party.party_id,
        erased_at=party.erased_at,
        is_recognisable=bool(party.person_mark),
    )


def customer_view(view: View, known_before_as: tuple[str, ...] = ()) -> shapes.CustomerView:
    """Show all that is known of a customer."""
    known = view.known
    return shapes.CustomerView(
        id=known.party.party_id,
        href=f"{link(shapes.CUSTOMERS, known.party.party_id)}/view",
        profile=_profile(known.party, known_before_as),
        accounts=tuple(
            shapes.AccountLink(id=each, href=link(shapes.ACCOUNTS, each)) for each in known.accounts
        ),
        orders=tuple(map(_order, known.placed)),
        products=tuple(
            _product(each, known.services.get(each.service_id)) for each in known.products
        ),
        numbers=tuple(map(_holding, view.numbers)),
        lines=tuple(map(_holding, view.lines)),
        cut_short=tuple(sorted(known.cut_short)),
    )


def _profile(party: Party, known_before_as: tuple[str, ...]) -> shapes.Profile:
    return shapes.Profile(
        id=party.party_id,
        href=party_link(party),
        name=party.name,
        category=party.category,
        phone=party.phone,
        email=party.email,
        identity_number=concealed(party.identity_number),
        told_at=party.told_at,
        erased_at=party.erased_at,
        known_before_as=known_before_as,
    )


def _order(placed: Placed) -> shapes.OrderShape:
    order, ending = placed.order, placed.ending
    return shapes.OrderShape(
        id=order.order_id,
        href=link(shapes.ORDERS, order.order_id),
        external_id=order.external_id,
        state=placed.state,
        client=order.client,
        channel=order.channel,
        priority=order.priority,
        accepted_at=order.accepted_at,
        ended_at=ending.ended_at if ending else None,
        code=ending.code or None if ending else None,
        reason=ending.reason or None if ending else None,
        hold=_hold(placed.hold) if placed.hold else None,
        one_off_cents=order.one_off_cents,
        monthly_cents=order.monthly_cents,
        items=tuple(map(_item, order.items)),
    )


def _hold(stop: Stop) -> shapes.HoldShape:
    return shapes.HoldShape(step=stop.step, code=stop.code, reason=stop.reason, since=stop.told_at)


def _item(item: OrderedItem) -> shapes.ItemShape:
    return shapes.ItemShape(
        id=item.id,
        action=item.action,
        business_action=item.business_action,
        offering_id=item.offering_id,
        offering_name=item.offering_name,
        product_id=item.product_id,
        service_id=item.service_id,
        address_id=item.address_id or None,
    )


def _product(product: Product, service: Service | None) -> shapes.ProductShape:
    return shapes.ProductShape(
        id=product.product_id,
        href=link(shapes.PRODUCTS, product.product_id),
        name=product.name,
        offering_id=product.offering_id,
        specification=service.specification if service else None,
        number=product.number or None,
        monthly_cents=product.monthly_cents,
        service_id=product.service_id,
        order_id=product.told_by,
        since=product.told_at,
    )


def _holding(holding: Holding) -> shapes.HoldingShape:
    return shapes.HoldingShape(
        kind=holding.kind,
        value=holding.value,
        state=holding.state,
        service_id=holding.service_id,
        element=holding.element or None,
        attributes=tuple(
            shapes.Attribute(name=each.name, value=each.value) for each in holding.attributes
        )
        or None,
    )
