"""`kaitong demo`: the whole of Kaitong, shown on a province's orders and then checked."""
