"""Examples of addresses."""

from typing import Any

ADDRESS: dict[str, Any] = {
    "id": "addr-320102-002-0001",
    "text": "江苏省南京市玄武区梅园新村街道人民路1号",
    "exchange": "NJ-XW",
    "local_network": "025",
    "splitter": "NJ-XW-SP001",
}
