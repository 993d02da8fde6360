"""Examples of imports: one row of each kind, and the counts."""

from typing import Any

from services.resources.domain.plant.plant import (
    Address,
    Exchange,
    ImportedItem,
    ItemBlock,
    PairBlock,
    Segment,
    Splitter,
)

IMPORTED: dict[str, Any] = {
    "rows": 1,
    "made": 1,
    "changed": 0,
    "unchanged": 0,
    "things": 1000,
}

EXCHANGE = Exchange(
    id="NJ-XW", name="Nanjing Xuanwu", local_network="025", city="南京市", district="玄武区"
)
SEGMENT = Segment(
    id="seg-025-80000000",
    exchange_id="NJ-XW",
    local_network="025",
    first="+862580000000",
    count=1000,
    kind="fixed",
)
SPLITTER = Splitter(
    id="NJ-XW-SP001",
    exchange_id="NJ-XW",
    olt="NJ-XW-OLT01",
    pon_port="0/1/3",
    legs=8,
    svlan=101,
    first_cvlan=101,
)
ADDRESS = Address(
    id="addr-320102-002-0001",
    text="江苏省南京市玄武区梅园新村街道人民路1号",
    exchange_id="NJ-XW",
    local_network="025",
    splitter_id="NJ-XW-SP001",
)
PAIRS = PairBlock(exchange_id="NJ-XW", first=1, count=500)
ITEM = ImportedItem(
    kind="camera-account",
    value="cam-320100-000001",
    element="camera-cloud",
    attributes={"storage_gb": 64},
)
BLOCK = ItemBlock(kind="pair", pool="NJ-XW", first=501, count=64)
