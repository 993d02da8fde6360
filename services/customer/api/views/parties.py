"""Views of parties (TMF632 v4)."""

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import ConfigDict, Field

from services.customer.api.examples import parties as examples
from services.customer.domain.parties.party import Party, mask
from shared.http import href_of
from shared.http.collection_paths import PARTIES_PATH
from shared.http.views import TmfBaseView


class MediumCharacteristicView(TmfBaseView):
    """A phone number or an e-mail address (TMF632 `MediumCharacteristic`)."""

    phone_number: str | None = None
    email_address: str | None = None


class ContactMediumView(TmfBaseView):
    """One way to reach a party (TMF632)."""

    medium_type: Literal["phone", "email"]
    preferred: bool
    characteristic: MediumCharacteristicView

    @classmethod
    def all_of(cls, party: Party) -> Iterator[Self]:
        """Show the ways to reach a party, the preferred one first."""
        if party.phone:
            characteristic = MediumCharacteristicView(phone_number=party.phone)
            yield cls(medium_type="phone", preferred=True, characteristic=characteristic)
        if party.email:
            characteristic = MediumCharacteristicView(email_address=party.email)
            yield cls(medium_type="email", preferred=not party.phone, characteristic=characteristic)


class PartyCharacteristicView(TmfBaseView):
    """A property of a party that TMF632 has no attribute for."""

    name: str
    value_type: str = "string"
    value: str

    @classmethod
    def all_of(cls, party: Party) -> Iterator[Self]:
        """Show the properties of a party."""
        yield cls(name="category", value=party.category)


class IdentificationView(TmfBaseView):
    """An identity document of a party (TMF632)."""

    identification_type: str = "identity-number"
    identification_id: str

    @classmethod
    def all_of(cls, party: Party, *, unmasked: bool) -> Iterator[Self]:
        """Show the identity documents of a party, with their numbers in full or masked."""
        if number := party.identity_number:
            yield cls(identification_id=number if unmasked else mask(number))


class PartyView(TmfBaseView):
    """The attributes that persons and organizations share (TMF632)."""

    id: str
    href: str
    status: Literal["initialized"] = "initialized"
    contact_medium: tuple[ContactMediumView, ...] = ()
    party_characteristic: tuple[PartyCharacteristicView, ...] = ()


class IndividualView(PartyView):
    """A person (TMF632 `Individual`)."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.INDIVIDUAL]})

    type: Literal["Individual"] = Field("Individual", alias="@type")
    full_name: str | None = None
    individual_identification: tuple[IdentificationView, ...] = ()

    @classmethod
    def of(cls, party: Party, *, unmasked: bool) -> Self:
        """Show a person; the identity number in full only to the client that provided it."""
        return cls(
            id=party.party_id,
            href=party_link(party),
            full_name=party.name or None,
            contact_medium=tuple(ContactMediumView.all_of(party)),
            party_characteristic=tuple(PartyCharacteristicView.all_of(party)),
            individual_identification=tuple(IdentificationView.all_of(party, unmasked=unmasked)),
        )


class OrganizationView(PartyView):
    """A business or key-account customer (TMF632 `Organization`)."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ORGANIZATION]})

    type: Literal["Organization"] = Field("Organization", alias="@type")
    name: str | None = None
    organization_identification: tuple[IdentificationView, ...] = ()

    @classmethod
    def of(cls, party: Party, *, unmasked: bool) -> Self:
        """Show a business or key-account customer, its number as that of a person."""
        return cls(
            id=party.party_id,
            href=party_link(party),
            name=party.name or None,
            contact_medium=tuple(ContactMediumView.all_of(party)),
            party_characteristic=tuple(PartyCharacteristicView.all_of(party)),
            organization_identification=tuple(IdentificationView.all_of(party, unmasked=unmasked)),
        )


def show_party(party: Party, *, unmasked: bool) -> IndividualView | OrganizationView:
    """Show a party as what it is, a person or an organization."""
    view = OrganizationView if party.is_organization else IndividualView
    return view.of(party, unmasked=unmasked)


def party_link(party: Party) -> str:
    """Return the TMF632 link to a party."""
    kind = "organization" if party.is_organization else "individual"
    return href_of(f"{PARTIES_PATH}/{kind}", party.party_id)
