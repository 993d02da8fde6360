"""The hand-over to billing: the day of a completed item, and the file that both sides compare."""
