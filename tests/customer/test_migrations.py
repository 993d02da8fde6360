"""The customer service's tables know what in them tells of a person."""

from services.customer import tables
from shared.bulk import table_of
from shared.contracts import Customer
from shared.contracts.personal import personal_fields
from shared.db import Base

ROWS = [each for each in vars(tables).values() if isinstance(each, type) and each is not Base]
OURS = [table_of(each) for each in ROWS if issubclass(each, Base)]


def test_the_columns_marked_personal_are_the_contracts_personal_fields() -> None:
    told = [table_of(tables.PartyRow), table_of(tables.TellingRow)]
    marked = {(table, each.name) for table in OURS for each in table.c if each.info.get("personal")}

    assert marked == {(table, name) for table in told for name in personal_fields(Customer)}
