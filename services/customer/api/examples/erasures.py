"""Examples of erasures."""

from typing import Any

ERASURE: dict[str, Any] = {"reason": "request 2026-17"}

ERASED: dict[str, Any] = {
    "id": "C-320100-0001",
    "erasedAt": "2026-01-31T12:00:00Z",
    "isRecognisable": True,
}
