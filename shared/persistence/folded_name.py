"""Names of equipment in the database, found by any spelling."""

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import InstrumentedAttribute


def folded_name(name: ColumnElement[str] | InstrumentedAttribute[str]) -> ColumnElement[str]:
    """Return the form that all spellings of a column's name share, as `fold_name` does."""
    return func.regexp_replace(func.upper(name), "(^|[^0-9])0+([0-9])", r"\1\2", "g")
