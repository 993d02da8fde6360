"""Parties and their accounts, as the orders of the CRM carry them."""

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from shared.contracts import OrderTerms, PartyErased, PartyKind, party_kind_of
from shared.errors import PoisonError
from shared.input.identity_numbers import normalize_identity_number
from shared.input.phones import phone_key
from shared.input.text_comparison import comparable

MAX_KEY_LENGTH = 200
"""Characters of a search key: an index of PostgreSQL takes no more than 2,700 bytes."""

UNMASKED_CHARACTERS = 4
"""Characters of an identity number that are shown; enough to compare it by."""


@dataclass(frozen=True, slots=True)
class Party:
    """A person or an organization that orders."""

    tenant: str
    party_id: str
    """The upstream CRM's id."""

    name: str
    phone: str
    email: str
    identity_number: str
    category: str
    told_at: datetime
    told_by: UUID
    erased_at: datetime | None = None
    person_mark: str = ""
    """After an erasure: a keyed hash by which the same person can be recognised."""

    @property
    def key(self) -> tuple[str, str]:
        """The tenant and the id."""
        return self.tenant, self.party_id

    @property
    def is_organization(self) -> bool:
        """Tell whether it is an organization, by the rule that all services share."""
        return party_kind_of(self.category) is PartyKind.ORGANIZATION

    @property
    def has_personal_data(self) -> bool:
        """Whether there is anything to erase."""
        return any((self.name, self.phone, self.email, self.identity_number))


@dataclass(frozen=True, slots=True)
class Account:
    """An account through which a party pays, as reported by one client."""

    tenant: str
    account_id: str
    party_id: str
    client: str
    told_at: datetime

    @property
    def key(self) -> tuple[str, str, str, str]:
        """All fields but the time."""
        return self.tenant, self.account_id, self.party_id, self.client


def account_from_order(order: OrderTerms, tenant: str, told_at: datetime) -> Account:
    """Return the account that an accepted order names.

    Raises:
        PoisonError: if its id is too long to be a key.
    """
    customer = order.customer
    return Account(tenant, checked_key(customer.account_id), customer.id, order.client, told_at)


def checked_key(id_: str) -> str:
    """Return an id that can be used as a key.

    Raises:
        PoisonError: if it is too long.
    """
    if len(id_) > MAX_KEY_LENGTH:
        msg = f"an id has {len(id_)} characters; at most {MAX_KEY_LENGTH} can be looked up"
        raise PoisonError(msg)
    return id_


def erase_party(party: Party, at: datetime, by: UUID, person_key: bytes) -> Party:
    """Return the party without personal data, and with a person mark.

    The erasure is a version like any other: an order accepted before it restores nothing,
    however late its message; an order accepted after it does. Erasing an erased party
    changes nothing.
    """
    if party.erased_at and not party.has_personal_data:
        return party
    return replace(
        party,
        name="",
        phone="",
        email="",
        identity_number="",
        told_at=max(at, party.told_at),
        told_by=by,
        erased_at=at,
        person_mark=next(iter(person_marks(party, person_key)), party.person_mark),
    )


def erased_party_from_message(message: PartyErased, tenant: str, at: datetime, by: UUID) -> Party:
    """Return the erased party from an erasure published before the database was restored."""
    blank = ("",) * 5
    return Party(tenant, message.party_id, *blank, message.until, by, at, message.person_mark)


def person_marks(party: Party, person_key: bytes) -> list[str]:
    """Return the marks by which a person can be recognised, the surest first.

    A mark is an HMAC-SHA-256: without the key it cannot be tested against all phone numbers.
    It is made of the normalized value; the last ones are of the spelling itself, as older
    erasures made them.
    """
    traits = (
        ("identity", normalize_identity_number(party.identity_number)),
        ("phone", phone_key(party.phone)),
        ("email", comparable(party.email)),
        ("identity", party.identity_number.strip().upper()),
        ("phone", party.phone.strip()),
        ("email", party.email.strip().casefold()),
    )
    return [
        hmac.new(person_key, f"{trait}:{value}".encode(), hashlib.sha256).hexdigest()
        for trait, value in dict.fromkeys(traits)
        if value
    ]


def is_same_identity_number(party: Party, reported: str) -> bool:
    """Tell whether a client reported the identity number of a party, in any spelling.

    Args:
        party: the party as the client may see it.
        reported: the number that this client reported; empty if none.
    """
    return bool(reported) and normalize_identity_number(reported) == normalize_identity_number(
        party.identity_number
    )


def mask(secret: str) -> str:
    """Return a text with all but its last four characters hidden; a short one entirely."""
    unmasked = secret[-UNMASKED_CHARACTERS:] if len(secret) > 2 * UNMASKED_CHARACTERS else ""
    return unmasked.rjust(len(secret), "*")
