"""Every flow from end to end, by HTTP, on real engines and real service processes."""
