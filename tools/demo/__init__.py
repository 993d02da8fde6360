"""`kaitong demo`: runs the whole of Kaitong on a province's orders, then verifies the result."""
