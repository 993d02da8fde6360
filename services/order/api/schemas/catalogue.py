"""Schemas of the catalogue: a publication, and the parameters that select versions of entries."""

from typing import Annotated, TypeAlias

from fastapi import Body, Query

from services.order.api.examples import catalogue as examples
from services.order.domain.catalogue.catalogue import LifeCycle
from services.order.domain.catalogue.publication import Publication
from shared.input.numbers import IS_DIGITS

LifecycleStatus: TypeAlias = Annotated[LifeCycle | None, Query(alias="lifecycleStatus")]
EntryVersion: TypeAlias = Annotated[
    int | None, Query(ge=1, description="Default: the active version."), IS_DIGITS
]
PublicationBody: TypeAlias = Annotated[Publication, Body(examples=[examples.PUBLICATION])]
