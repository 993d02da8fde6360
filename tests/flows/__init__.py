"""Every flow end to end by HTTP, on real engines and service processes."""
