"""Examples of publications in the catalogue."""

from typing import Any

PUBLICATION: dict[str, Any] = {
    "offerings": [
        {
            "id": "ftth-300-campus",
            "version": 1,
            "name": "Fibre 300M for students (校园宽带)",
            "specification": "ftth",
            "fixed": [{"name": "speedMbps", "value": 300}],
            "prices": [
                {
                    "id": "ftth-300-campus-monthly",
                    "name": "Fibre 300M for students, monthly",
                    "kind": "recurring",
                    "amount_cents": 5900,
                }
            ],
            "eligibility": {
                "categories": ["public"],
                "local_networks": ["025"],
                "valid_from": "2026-09-01T00:00:00+08:00",
                "valid_until": "2026-11-01T00:00:00+08:00",
            },
        }
    ]
}

PUBLISHED: dict[str, Any] = {"changed": ["offering/ftth-300-campus/1"]}
