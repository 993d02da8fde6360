"""Access rule, grants between clients, and approval by a second person."""
