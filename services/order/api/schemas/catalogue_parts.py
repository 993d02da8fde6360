"""Parts of the bodies that create or change entries of the catalogue (TMF620 v4).

They have the attributes that the views show. Unknown attributes are refused: they may be typing
errors.
"""

from collections.abc import Iterable
from functools import partial
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from services.order.domain.catalogue.catalogue import FixedValue, ValueType
from shared.contracts import Value
from shared.http.schemas import BaseSchema
from shared.input.ids import RequiredId
from shared.input.numbers import IS_NUMBER, Boolean
from shared.input.validation_errors import validation_error

T = TypeVar("T")

EntryList: TypeAlias = Annotated[tuple[T, ...], Field(max_length=200)]

EntryName: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)
]
VersionText: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,6}$")]
"""The number of a version, as text in TMF620."""

ShownText: TypeAlias = Annotated[str | None, Field(max_length=1000)]
"""What a view shows and nobody states: it is read, and has no effect."""


def only_boolean(expected: object, value: object) -> object:
    """Return a boolean, if it is the expected one.

    Raises:
        PydanticCustomError: it is the other one.
    """
    if value is not expected:
        text = "true" if expected else "false"
        reason = f"can only be {text} here"
        raise validation_error(code="value-fixed", reason=reason, remedy="leave it out")
    return value


OnlyTrue: TypeAlias = Annotated[
    Boolean,
    Field(json_schema_extra={"const": True}),
    AfterValidator(partial(only_boolean, True)),  # noqa: FBT003  the value itself
]
OnlyFalse: TypeAlias = Annotated[
    Boolean,
    Field(json_schema_extra={"const": False}),
    AfterValidator(partial(only_boolean, False)),  # noqa: FBT003  the value itself
]


class EntrySchema(BaseSchema):
    """A part of a body, with names in TM Forum's spelling."""

    model_config = ConfigDict(alias_generator=to_camel)


def remove_defaults(schema: dict[str, Any]) -> None:
    """Remove the defaults from a description: what a body leaves out has no default, but stays."""
    for each in schema["properties"].values():
        each.pop("default", None)


class PatchSchema(EntrySchema):
    """A body that changes an entry: what it leaves out stays as it is."""

    model_config = ConfigDict(json_schema_extra=remove_defaults)

    def stated(self, fields: Iterable[tuple[str, str, object]]) -> dict[str, Any]:
        """Return the fields of an entry, by name, whose attributes the body states.

        Args:
            fields: for each field of the entry the attribute of the body, its name and its value.
        """
        return {
            name: value for attribute, name, value in fields if attribute in self.model_fields_set
        }


class EntryReferenceSchema(EntrySchema):
    """A reference by id."""

    id: RequiredId
    href: ShownText = None
    name: ShownText = None
    version: ShownText = None


class StatedValueSchema(EntrySchema):
    """The one value of a characteristic."""

    value: Value
    value_type: ValueType | None = None


class ValueUseSchema(EntrySchema):
    """A characteristic that has a certain value."""

    name: EntryName
    product_spec_characteristic_value: Annotated[
        tuple[StatedValueSchema, ...], Field(min_length=1, max_length=1)
    ]

    def to_domain(self) -> FixedValue:
        """Map it to the domain."""
        (stated,) = self.product_spec_characteristic_value
        return FixedValue(name=self.name, value=stated.value)


class DurationSchema(EntrySchema):
    """A number of months."""

    amount: Annotated[int, Field(ge=1, le=1200), IS_NUMBER]
    units: Literal["month"]
