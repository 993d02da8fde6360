"""What is sold: offerings, prices, eligibility, and how the catalogue is published."""
