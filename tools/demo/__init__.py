"""`kaitong demo`: runs all of Kaitong with a province's orders, then verifies the result."""
