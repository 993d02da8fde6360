"""Schemas of changes of grants, and their mapping to the domain."""

from typing import Annotated, TypeAlias

from pydantic import ConfigDict, Field

from services.customer.api.examples import grants as examples
from services.customer.domain.parties.grant_change import AccessGrantChange, check_grant_change
from shared.access.access_rule import AccessLevel
from shared.access.grants import REVOKED
from shared.http.schemas import Reason, TmfBaseSchema
from shared.input.ids import Id

ClientName: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+$")
]

KNOWN_ID_FORM = {"x-form": "known-id"}
"""The id of something stored already, perhaps from before ids had one form."""


class RevocationSchema(TmfBaseSchema):
    """A grant to revoke, and the reason."""

    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
        json_schema_extra={"examples": [examples.REVOCATION]},
    )

    owner: ClientName
    """The client that owns the customers."""

    grantee: ClientName
    """The client that they are shared with."""

    customer_id: Annotated[str, Field(max_length=200, json_schema_extra=KNOWN_ID_FORM)] = ""
    """Omitted for all customers of the owner, later ones included."""

    reason: Reason

    def to_change(self) -> AccessGrantChange:
        """Return the change that revokes the grant.

        Raises:
            InvalidError: if owner and grantee are the same client.
        """
        return self.to_change_with_level(REVOKED)

    def to_change_with_level(self, level: str) -> AccessGrantChange:
        """Return the change of the grant to a level.

        Raises:
            InvalidError: if owner and grantee are the same client.
        """
        return check_grant_change(
            AccessGrantChange(self.owner, self.grantee, self.customer_id, level, self.reason)
        )


class GrantSchema(RevocationSchema):
    """A grant to create or change, and the reason."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.GRANT_REQUEST]})

    customer_id: Id = ""
    """Omitted for all customers of the owner, later ones included."""

    level: AccessLevel = AccessLevel.SEE

    def to_change(self) -> AccessGrantChange:
        """Return the change that creates the grant, or changes its level.

        Raises:
            InvalidError: if owner and grantee are the same client.
        """
        return self.to_change_with_level(self.level)
