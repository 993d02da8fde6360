"""Everything on one machine: the engines, and the supervisor that keeps them running."""
