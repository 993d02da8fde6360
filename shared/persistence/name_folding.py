"""Names of equipment in the database, looked up in any spelling."""

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import InstrumentedAttribute


def folded_name(name: ColumnElement[str] | InstrumentedAttribute[str]) -> ColumnElement[str]:
    """Return what all spellings of a column's name have in common, as `names.fold` does."""
    return func.regexp_replace(func.upper(name), "(^|[^0-9])0+([0-9])", r"\1\2", "g")
