"""The catalogue: specifications, offerings, prices, eligibility, and its publication."""
