"""`kaitong numbers`: looking for a number to pick."""

from rich.table import Table

from services.console.client import connect
from services.console.exits import stdout
from services.console.orders import print_json


def search_numbers(pattern: str, grade: str, exchange: str, limit: int, *, json: bool) -> None:
    """Print idle numbers that match."""
    asked = {"pattern": pattern, "grade": grade, "exchange": exchange}
    query = {name: value for name, value in asked.items() if value}
    found = connect("crm").get("resources", "/ops/v1/numbers", limit=limit, **query)
    if json:
        print_json(found)
        return
    table = Table("number", "grade", "exchange", "state", box=None)
    for each in found:
        table.add_row(each["number"], each["grade"] or "plain", each["exchange"], each["state"])
    stdout.print(table if found else "no idle number matches; try a shorter pattern")
