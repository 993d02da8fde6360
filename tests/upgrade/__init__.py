"""An upgrade of a system whose orders are under way."""
