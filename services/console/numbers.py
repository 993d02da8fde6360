"""`kaitong numbers`: search for a number to pick."""

from services.console.client import connect
from services.console.output import print_json, print_line, print_table


def search_numbers(pattern: str, grade: str, exchange: str, limit: int, *, json: bool) -> None:
    """Print the idle numbers that match."""
    filters = {"pattern": pattern, "grade": grade, "exchange": exchange}
    query = {name: value for name, value in filters.items() if value}
    found = connect("crm").get("resources", "/ops/v1/numbers", limit=limit, **query)
    if json:
        print_json(found)
        return
    if not found:
        print_line("no idle number matches — try a shorter pattern")
        return
    rows = (
        (each["number"], each["grade"] or "plain", each["exchange"], each["state"])
        for each in found
    )
    print_table(("number", "grade", "exchange", "state"), rows)
