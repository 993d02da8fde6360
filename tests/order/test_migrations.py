"""The order service's tables are kept as they were meant to be."""

from sqlalchemy import text

from shared.db import Sessions


def test_rows_of_usual_size_are_kept_in_one_piece(sessions: Sessions) -> None:
    asked = text("SELECT relname FROM pg_class WHERE 'toast_tuple_target=8160' = ANY(reloptions)")

    with sessions() as session:
        assert set(session.scalars(asked)) == {"orders", "submissions"}
