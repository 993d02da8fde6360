"""What may be held, by whom, and who gets what. Pure: no I/O, no clock, no randomness."""
