"""What all our answers are made of, and who may ask for them."""

from collections.abc import Iterable
from typing import Annotated, Self, TypeAlias

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
from shared.contracts import Characteristic, Held, Value
from shared.http.authorization import allow
from shared.input.ids import IS_ID, check_id
from shared.security.caller import Caller

OPS_PATH = "/ops/v1"

Viewer: TypeAlias = Annotated[Caller, allow("viewer:read", "network:read")]
"""Staff: what they see is the whole tenant's."""

ServiceReader: TypeAlias = Annotated[Caller, allow("viewer:read", "network:read", "crm:order.read")]
"""Staff, and clients for what they brought and what is shared with them."""

LongText: TypeAlias = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]
"""Something that people write and read."""

ShortText: TypeAlias = Annotated[str, StringConstraints(strip_whitespace=True, max_length=128)]
"""What people call something; nothing is compared with it."""


STORED_CONTEXT = "stored"
"""The context in which something is shown that was stored, perhaps before a rule held."""


def check_exact_id(said: str, about: ValidationInfo) -> str:
    """Return a name as it was sent, which must need no guess.

    Raises:
        PydanticCustomError: it could not be seen, typed, or found again.
    """
    return said if about.context == STORED_CONTEXT else check_id(said)


ExactId: TypeAlias = Annotated[
    str,
    Field(json_schema_extra=IS_ID),
    StringConstraints(max_length=128),
    AfterValidator(check_exact_id),
]
"""A name that is compared: it is taken as it is, or refused."""


class BaseSchema(BaseModel):
    """A part of what is asked for. What we do not know is refused: it may be a slip."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class SignedSchema(BaseSchema):
    """What somebody signs."""

    by: ExactId = ""
    """Who signs: the person or the client that the token names, and no other.

    Left out, it is the person.
    """

    def signature(self, caller: Caller) -> str:
        """Return who signs.

        Raises:
            NotYourNameError: the token names somebody else.
        """
        return signing_name(caller, self.by)


class BaseView(BaseModel):
    """A part of an answer of our own operations."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class TmfBaseView(BaseModel):
    """A part of an answer in TM Forum's shape."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True, use_attribute_docstrings=True
    )


class CharacteristicView(BaseView):
    """One named property."""

    name: str
    value: Value

    @classmethod
    def all(cls, characteristics: Iterable[Characteristic]) -> tuple[Self, ...]:
        """Show properties."""
        return tuple(cls(name=each.name, value=each.value) for each in characteristics)


class HeldResourceView(BaseView):
    """One thing that a service holds."""

    kind: str
    value: str
    element: str
    """The network element it leads to, if it leads to one."""

    attributes: tuple[CharacteristicView, ...]

    @classmethod
    def all(cls, held: Iterable[Held]) -> tuple[Self, ...]:
        """Show things held."""
        return tuple(
            cls(
                kind=each.kind,
                value=each.value,
                element=each.element,
                attributes=CharacteristicView.all(each.attributes),
            )
            for each in held
        )
