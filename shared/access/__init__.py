"""Whose data a client sees and changes, what it was granted, and second approval."""
