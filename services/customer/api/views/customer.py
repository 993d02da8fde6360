"""From what is known to what is shown."""

from collections.abc import Sequence

from services.customer.api.views import base
from services.customer.domain.parties.party import Party, mask
from services.customer.domain.unified_view.order import HoldEvent
from services.customer.domain.unified_view.product import Product, Service
from services.customer.domain.unified_view.view import Holding, TrackedOrder, UnifiedView
from shared.contracts import OrderedItem, party_kind_of
from shared.http import href_of


def party_link(party: Party) -> str:
    """Return where TMF632 has a party."""
    kind = "organization" if party.is_organization else "individual"
    return href_of(f"{base.PARTIES_PATH}/{kind}", party.party_id)


def show_individual(party: Party, *, unmasked: bool) -> base.IndividualView:
    """Show a person; the identity number in full only to the client that told it."""
    return base.IndividualView(
        id=party.party_id,
        href=party_link(party),
        full_name=party.name or None,
        contact_medium=_contact_media(party),
        party_characteristic=_characteristics(party),
        individual_identification=_identifications(party, unmasked=unmasked),
    )


def show_organization(party: Party, *, unmasked: bool) -> base.OrganizationView:
    """Show a business or key-account customer."""
    return base.OrganizationView(
        id=party.party_id,
        href=party_link(party),
        name=party.name or None,
        contact_medium=_contact_media(party),
        party_characteristic=_characteristics(party),
        organization_identification=_identifications(party, unmasked=unmasked),
    )


def _contact_media(party: Party) -> tuple[base.ContactMediumView, ...]:
    phone = base.ContactMediumView(
        medium_type="phone",
        preferred=True,
        characteristic=base.MediumCharacteristicView(phone_number=party.phone),
    )
    email = base.ContactMediumView(
        medium_type="email",
        preferred=not party.phone,
        characteristic=base.MediumCharacteristicView(email_address=party.email),
    )
    return (*((phone,) if party.phone else ()), *((email,) if party.email else ()))


def _characteristics(party: Party) -> tuple[base.PartyCharacteristicView, ...]:
    return (base.PartyCharacteristicView(name="category", value=party.category),)


def _identifications(party: Party, *, unmasked: bool) -> tuple[base.IdentificationView, ...]:
    number = party.identity_number
    shown = number if unmasked else mask(number)
    return (base.IdentificationView(identification_id=shown),) if number else ()


def show_party_account(account_id: str, owners: Sequence[Party]) -> base.PartyAccountView:
    """Show an account, and whose it is."""
    return base.PartyAccountView(
        id=account_id,
        href=href_of(base.ACCOUNTS_PATH, account_id),
        name=account_id,
        related_party=tuple(
            base.RelatedPartyView(
                id=party.party_id,
                href=party_link(party),
                referred_type=party_kind_of(party.category),
            )
            for party in owners
        ),
    )


def show_customer_summary(party: Party) -> base.CustomerSummaryView:
    """Show a customer that was searched for."""
    return base.CustomerSummaryView(
        id=party.party_id,
        href=party_link(party),
        view=f"{href_of(base.CUSTOMERS_PATH, party.party_id)}/view",
        name=party.name,
        phone=party.phone,
        category=party.category,
    )


def show_erased(party: Party) -> base.ErasedView:
    """Show that a party's personal data are erased."""
    assert party.erased_at is not None
    return base.ErasedView(
        id=party.party_id,
        erased_at=party.erased_at,
        is_recognisable=bool(party.person_mark),
    )


def show_customer_view(
    view: UnifiedView, known_before_as: tuple[str, ...] = ()
) -> base.CustomerView:
    """Show all that is known of a customer."""
    facts = view.facts
    return base.CustomerView(
        id=facts.party.party_id,
        href=f"{href_of(base.CUSTOMERS_PATH, facts.party.party_id)}/view",
        profile=_profile(facts.party, known_before_as),
        accounts=tuple(
            base.AccountReferenceView(id=each, href=href_of(base.ACCOUNTS_PATH, each))
            for each in facts.accounts
        ),
        orders=tuple(map(_order, facts.orders)),
        products=tuple(
            _product(each, facts.services.get(each.service_id)) for each in facts.products
        ),
        numbers=tuple(map(_holding, view.numbers)),
        lines=tuple(map(_holding, view.lines)),
        cut_short=tuple(sorted(facts.truncated_lists)),
    )


def _profile(party: Party, known_before_as: tuple[str, ...]) -> base.ProfileView:
    return base.ProfileView(
        id=party.party_id,
        href=party_link(party),
        name=party.name,
        category=party.category,
        phone=party.phone,
        email=party.email,
        identity_number=mask(party.identity_number),
        told_at=party.told_at,
        erased_at=party.erased_at,
        known_before_as=known_before_as,
    )


def _order(tracked: TrackedOrder) -> base.OrderView:
    order, result = tracked.order, tracked.result
    return base.OrderView(
        id=order.order_id,
        href=href_of(base.ORDERS_PATH, order.order_id),
        external_id=order.external_id,
        state=tracked.state,
        client=order.client,
        channel=order.channel,
        priority=order.priority,
        accepted_at=order.accepted_at,
        ended_at=result.ended_at if result else None,
        code=result.code or None if result else None,
        reason=result.reason or None if result else None,
        hold=_hold(tracked.hold) if tracked.hold else None,
        one_off_cents=order.one_off_cents,
        monthly_cents=order.monthly_cents,
        items=tuple(map(_item, order.items)),
    )


def _hold(event: HoldEvent) -> base.HoldView:
    return base.HoldView(step=event.step, code=event.code, reason=event.reason, since=event.told_at)


def _item(item: OrderedItem) -> base.OrderItemView:
    return base.OrderItemView(
        id=item.id,
        action=item.action,
        business_action=item.business_action,
        offering_id=item.offering_id,
        offering_name=item.offering_name,
        product_id=item.product_id,
        service_id=item.service_id,
        address_id=item.address_id or None,
    )


def _product(product: Product, service: Service | None) -> base.ProductView:
    return base.ProductView(
        id=product.product_id,
        href=href_of(base.PRODUCTS_PATH, product.product_id),
        name=product.name,
        offering_id=product.offering_id,
        specification=service.specification if service else None,
        number=product.number or None,
        monthly_cents=product.monthly_cents,
        service_id=product.service_id,
        order_id=product.told_by,
        since=product.told_at,
    )


def _holding(holding: Holding) -> base.HoldingView:
    return base.HoldingView(
        kind=holding.kind,
        value=holding.value,
        state=holding.state,
        service_id=holding.service_id,
        element=holding.element or None,
        attributes=tuple(
            base.AttributeView(name=each.name, value=each.value) for each in holding.attributes
        )
        or None,
    )
