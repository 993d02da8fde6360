"""Base classes and field types of schemas: the bodies of requests."""

from typing import Annotated, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
)
from pydantic.alias_generators import to_camel

from shared.access.access_rule import signing_name
from shared.input.ids import IS_ID, check_id
from shared.security.caller import Caller

LongText: TypeAlias = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]
"""Free text for people."""

Reason: TypeAlias = Annotated[str, Field(min_length=1, max_length=500)]
"""Why something is requested."""

STORED_CONTEXT = "stored"
"""The validation context of stored values, which may be older than a rule."""


def check_exact_id(value: str, info: ValidationInfo) -> str:
    """Return a name unchanged, if it is unambiguous.

    Raises:
        PydanticCustomError: it could not be seen, typed or found again.
    """
    return value if info.context == STORED_CONTEXT else check_id(value)


ExactId: TypeAlias = Annotated[
    str,
    Field(json_schema_extra=IS_ID),
    StringConstraints(max_length=128),
    AfterValidator(check_exact_id),
]
"""A name that is compared: it is accepted unchanged, or refused."""


class BaseSchema(BaseModel):
    """A part of a request. Unknown fields are refused: they may be typing errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class TmfBaseSchema(BaseSchema):
    """A part of a request with names in TM Forum's spelling. Unknown attributes are not kept."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore")


class SignedSchema(BaseSchema):
    """A request body that is signed."""

    by: ExactId = ""
    """Who signs: the person or the client in the token. Default: the person."""

    def signer_name(self, caller: Caller) -> str:
        """Return the signing name.

        Raises:
            SignerMismatchError: the token has another name.
        """
        return signing_name(caller, self.by)
