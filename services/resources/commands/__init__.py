"""Commands: load, decide, store, publish; for the API, for a start, and for handlers.

assignment      the assignment of resources to a batch of orders
numbers         the selection of a number for some minutes
pool_items      withdrawing resources from their pools, and restoring them
imports         imports of numbers and plant
reservations    the review of old reservations, and the release of unneeded ones
order_history   the history of numbers and items in one order
"""
