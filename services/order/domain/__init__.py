"""What the order service decides. Pure: no I/O, no clock, no randomness.

catalogue     specifications and offerings in versions: eligibility, pricing, publication
acceptance    requested order → faults, or an accepted order; a repeated request → the stored
              response, or a conflict
order         an accepted order; it never changes
fulfilment    states: one table for items and orders; progress: the effect of each consumed
              message on an order; product: the installed base
"""
