"""What the order service decides. Pure: no I/O, no clock, no randomness.

catalogue     what is sold, in versions; publication says how it may change
request       an order as it was asked for, not yet believed
acceptance    request → faults, or an order; items, characteristics, disconnection and
              eligibility are its parts
price         what an item costs
order         an order as it was accepted; never changed
states        where it stands: one table for items and orders
progress      what each message from the others does to an order
product       the installed base
submission    the same request twice: the stored answer, or a conflict
"""
