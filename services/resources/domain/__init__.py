"""What resources decides: allocation, pools, numbers, plant. Pure: no I/O, clock or randomness."""
