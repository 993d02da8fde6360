"""Examples of blueprints."""

from typing import Any

BLUEPRINT: dict[str, Any] = {
    "specification": "lan-line",
    "business_action": "new",
    "action": "add",
    "version": 1,
    "needs": [
        {
            "kind": "leg",
            "picked": "",
            "grade": "",
            "count": "",
            "served_from": "",
            "effect": None,
            "when": [],
        }
    ],
    "steps": [
        {
            "name": "assign",
            "kind": "assign",
            "title": "",
            "after": [],
            "element": "",
            "operation": "",
            "undo": "",
            "no_undo": "",
            "nothing_to_undo": [],
            "parameters": [],
            "undo_parameters": [],
            "when": [],
            "for_each": "",
            "needs": [],
            "skill": "",
            "district": "",
            "tries": 5,
            "timeout_s": 5,
            "until": "",
            "wait_s": 0,
            "on_failure": "rollback",
            "ponr": None,
        },
        {
            "name": "profile",
            "kind": "activate",
            "title": "open the line",
            "after": ["assign"],
            "element": "$leg.element",
            "operation": "add-profile",
            "undo": "remove-profile",
            "no_undo": "",
            "nothing_to_undo": ["profile-missing"],
            "parameters": [{"name": "pon_port", "value": "$leg.pon_port"}],
            "undo_parameters": [],
            "when": [],
            "for_each": "",
            "needs": [],
            "skill": "",
            "district": "",
            "tries": 5,
            "timeout_s": 5,
            "until": "",
            "wait_s": 0,
            "on_failure": "rollback",
            "ponr": None,
        },
    ],
}

FRAGMENT: dict[str, Any] = {
    "name": "line-test",
    "version": 1,
    "parameters": ["element"],
    "steps": [
        {
            "name": "test",
            "kind": "test",
            "element": "{element}",
            "operation": "test-line",
            "on_failure": "people",
        }
    ],
}

PUBLICATION: dict[str, Any] = {
    "fragments": [FRAGMENT],
    "blueprints": [
        {
            "specification": "lan-line",
            "business_action": "new",
            "version": 2,
            "needs": [{"kind": "leg"}],
            "steps": [
                {"name": "assign", "kind": "assign"},
                {
                    "include": "line-test/1",
                    "after": ["assign"],
                    "values": {"element": "$leg.element"},
                },
            ],
        }
    ],
}

PUBLISHED: dict[str, Any] = {
    "shared": False,
    "published_at": "2026-01-01T12:00:00Z",
    "published_by": "development-ops",
    "warning": "",
    "blueprint": BLUEPRINT,
}
