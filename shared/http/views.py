"""Base classes of views: the bodies of responses."""

from functools import cache
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class BaseView(BaseModel):
    """The base class of responses and their parts: frozen.

    Names in JSON are the attributes', in snake case; for TM Forum's camel case derive from
    TmfBaseView.
    """

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class TmfBaseView(BaseView):
    """A part of a response with names in TM Forum's spelling: camel case in JSON."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class UnvalidatedTmfView(TmfBaseView):
    """A part of a response whose values are not validated again.

    Only for views that are made from domain objects alone: validating them would cost a tenth
    of placing an order.
    """

    if not TYPE_CHECKING:

        def __init__(self, **values: object) -> None:
            set_attribute = object.__setattr__
            set_attribute(self, "__dict__", {**field_defaults(type(self)), **values})
            set_attribute(self, "__pydantic_fields_set__", _FIELDS_SET)
            set_attribute(self, "__pydantic_extra__", None)
            set_attribute(self, "__pydantic_private__", None)


_FIELDS_SET: set[str] = set()


@cache
def field_defaults(kind: type[BaseModel]) -> dict[str, object]:
    """Return the default values of a view's fields."""
    fields = kind.model_fields.items()
    return {name: field.default for name, field in fields if not field.is_required()}
