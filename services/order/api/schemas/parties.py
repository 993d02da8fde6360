"""Schemas of the parties of an order, and their mapping to the domain."""

from collections.abc import Iterable, Iterator
from typing import Annotated

from pydantic import Field

from services.order.api.schemas.products import ShortList, ShortText
from services.order.domain.acceptance.order_header import parse_party_kind
from services.order.domain.acceptance.request import (
    RequestedCheck,
    RequestedIdentification,
    RequestedParty,
)
from shared.http.schemas import TmfBaseSchema
from shared.input.ids import Id
from shared.input.timestamps import Timestamp


class MediumCharacteristicSchema(TmfBaseSchema):
    """The phone number or e-mail address of a contact medium (TMF632)."""

    phone_number: ShortText = ""
    email_address: ShortText = ""


class ContactMediumSchema(TmfBaseSchema):
    """A way to reach a party (TMF632 `contactMedium`)."""

    medium_type: ShortText = ""
    characteristic: MediumCharacteristicSchema = MediumCharacteristicSchema()


class IdentificationSchema(TmfBaseSchema):
    """An identity document of a person or an organization (TMF632)."""

    identification_type: ShortText = ""
    """For `residentIdentityCard` and `unifiedSocialCreditCode` the check digit is checked."""

    identification_id: ShortText = ""


class RealNameCheckSchema(TmfBaseSchema):
    """A reference to the real-name check of a party (extension). No picture is ever sent."""

    system: ShortText = ""
    """The system that has checked the identity."""

    reference: ShortText = ""
    """The number of the check in that system."""

    checked_at: Timestamp | None = None
    """When it was checked; without it, while the order was taken."""

    document_type: ShortText = ""
    """The type of the identity document, for example `residentIdentityCard`."""

    document_number: ShortText = ""
    """Of the customer: the number of the document. Not stored: only a keyed hash of it is."""

    def to_domain(self, at: str) -> RequestedCheck:
        """Map the check to the domain; `at` is the JSON pointer to it."""
        return RequestedCheck(
            field=at,
            system=self.system,
            reference=self.reference,
            checked_at=self.checked_at,
            document_type=self.document_type,
            document_number=self.document_number,
        )


class PartySchema(TmfBaseSchema):
    """A party, in its role."""

    id: Id = ""
    """The CRM's id of the party."""

    role: ShortText = ""
    """`customer` for the party that orders, `agent` for a person who acts for it."""

    name: ShortText = ""
    category: ShortText = ""
    """Extension: `public`, `business` or `key-account`."""

    referred_type: Annotated[ShortText, Field(alias="@referredType")] = ""
    """For a customer `Individual` or `Organization`; `Party`, `PartyRole`, `Customer` for any."""

    contact_medium: ShortList[ContactMediumSchema]
    individual_identification: ShortList[IdentificationSchema]
    organization_identification: ShortList[IdentificationSchema]
    real_name_check: RealNameCheckSchema | None = None
    """Extension: the real-name check that some products need."""

    def to_domain(self, at: str) -> RequestedParty:
        """Map the party to the domain; `at` is the JSON pointer to it."""
        media = [medium.characteristic for medium in self.contact_medium]
        check = self.real_name_check
        return RequestedParty(
            field=at,
            role=self.role,
            id=self.id,
            name=self.name,
            category=self.category,
            kind=parse_party_kind(self.referred_type),
            phone=first_nonempty(medium.phone_number for medium in media),
            email=first_nonempty(medium.email_address for medium in media),
            identifications=tuple(self.requested_identifications(at)),
            check=check.to_domain(f"{at}/realNameCheck") if check else None,
        )

    def requested_identifications(self, at: str) -> Iterator[RequestedIdentification]:
        """Map the identity documents to the domain; `at` is the JSON pointer to the party."""
        kinds = {
            "individualIdentification": self.individual_identification,
            "organizationIdentification": self.organization_identification,
        }
        for kind, identifications in kinds.items():
            for index, each in enumerate(identifications):
                here = f"{at}/{kind}/{index}/identificationId"
                yield RequestedIdentification(
                    here, each.identification_type, each.identification_id
                )


def first_nonempty(texts: Iterable[str]) -> str:
    """Return the first text that is not empty."""
    return next(filter(None, texts), "")
