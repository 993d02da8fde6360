"""Schemas of pool items: which pool, and the resources that are withdrawn or restored."""

from typing import Annotated

from pydantic import ConfigDict, Field

from services.resources.api.examples import pool_items as examples
from services.resources.commands.pool_items import ResourceSelection
from services.resources.domain.pool.kinds import ResourceTable
from services.resources.domain.pool.resource import Pool
from services.resources.domain.pool.withdrawal import WithdrawnState
from shared.errors import Fault, InvalidError
from shared.http.schemas import BaseSchema, Reason

MAX_VALUES = 1000


def item_pool(tenant: str, kind: str, name: str) -> Pool:
    """Return a pool of resources other than numbers.

    Raises:
        InvalidError: if it is a pool of numbers.
    """
    pool = Pool(tenant, kind, name)
    if pool.table is ResourceTable.NUMBERS:
        remedy = "see /ops/v1/numbers and /ops/v1/numbers/E164"
        raise InvalidError([Fault("kind", "numbers", "numbers have routes of their own", remedy)])
    return pool


class ResourceSelectionSchema(BaseSchema):
    """The selected resources of the pool, and the reason."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.NAMED]})

    values: Annotated[
        list[Annotated[str, Field(max_length=200)]], Field(min_length=1, max_length=MAX_VALUES)
    ]
    reason: Reason

    def to_selection(self, pool: Pool) -> ResourceSelection:
        """Return the selected resources of a pool."""
        return ResourceSelection(pool, self.values, self.reason)


class WithdrawalSchema(ResourceSelectionSchema):
    """The resources to withdraw, and their new state."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.WITHDRAWAL]})

    state: WithdrawnState
