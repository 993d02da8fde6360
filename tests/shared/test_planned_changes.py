"""What a publication would change is named field by field."""

from typing import Any

import pytest

from shared.planned_changes import Difference, PlannedState, differences, plan_change

PRICE = {"id": "monthly", "amount_cents": 6900, "when": None}


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"name": "a"}, {"name": "a"}, []),
        ({"name": "a"}, {"name": "b"}, [Difference("/name", "a", "b")]),
        ({"name": "a"}, {"name": "a", "more": 1}, [Difference("/more", None, 1)]),
        ({"prices": [PRICE]}, {"prices": []}, [Difference("/prices/monthly", PRICE, None)]),
        (
            {"prices": [PRICE, {"id": "once"}]},
            {"prices": [{"id": "once"}, PRICE | {"amount_cents": 5900}]},
            [Difference("/prices/monthly/amount_cents", 6900, 5900)],
        ),
        ({"allowed": [7, 30]}, {"allowed": [7]}, [Difference("/allowed", [7, 30], [7])]),
        (
            {"needs": [{"kind": "leg"}, {"kind": "leg"}]},
            {"needs": [{"kind": "leg"}]},
            [Difference("/needs", [{"kind": "leg"}, {"kind": "leg"}], [{"kind": "leg"}])],
        ),
    ],
)
def test_documents_differ_in_these_fields(before: Any, after: Any, found: list[Difference]) -> None:
    assert list(differences(before, after)) == found


def test_an_entry_is_new_changed_or_unchanged() -> None:
    planned = [plan_change("a/1", before, {"x": 1}) for before in (None, {"x": 2}, {"x": 1})]

    assert [each.state for each in planned] == list(PlannedState)
